package lobby

import (
	"time"

	"kbridge/kclient"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// advice is which connection type a measured ping recommends. A type of c sends
// one datagram for c frames and adds about c frames of delay, so the lowest type
// that the line bears plays best. Long lines are usually those that also lose
// and jitter more, and fewer, larger datagrams get through these better; the steps
// are those that players of the classic clients use.
var advice = []struct {
	connection wire.ConnectionType
	upTo       time.Duration // 0: any
}{
	{wire.LAN, 60 * time.Millisecond},
	{wire.LAN + 1, 100 * time.Millisecond},
	{wire.LAN + 2, 150 * time.Millisecond},
	{wire.LAN + 3, 200 * time.Millisecond},
	{wire.LAN + 4, 250 * time.Millisecond},
	{wire.Bad, 0},
}

// recommend is the type for a ping; 0 when none was measured.
func recommend(ping time.Duration) int {
	if ping <= 0 {
		return 0
	}
	for _, a := range advice {
		if a.upTo == 0 || ping <= a.upTo {
			return int(a.connection)
		}
	}
	return 0
}

// frameDelays is how many frames of delay each player of a room will get in a game, as our server computes it from the
// pings of their logins, and EmuLinker, which starts games of one connection type only; 0 where a type is none. A room
// in which everybody gets the same delay, and direlera-rs, give others.
func frameDelays(players []kclient.Player) []int {
	delays := make([]int, len(players))
	var types, at []int
	var pings []time.Duration
	for i, p := range players {
		if p.Connection.Valid() {
			at, types, pings = append(at, i), append(types, p.Connection.Frames()), append(pings, p.Ping)
		}
	}
	for k, d := range lockstep.FrameDelays(types, pings) {
		delays[at[k]] = lockstep.Delay(types[k], d)
	}
	return delays
}
