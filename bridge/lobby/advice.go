package lobby

import (
	"time"

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

// frameDelay is how many frames of delay a player will get, as EmuLinker and our
// server compute it from the ping of its login; 0 if the connection type is none.
func frameDelay(c wire.ConnectionType, ping time.Duration) int {
	if !c.Valid() {
		return 0
	}
	return lockstep.Delay(c.Frames(), lockstep.FrameDelay(c.Frames(), ping))
}
