package server

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

func TestParseFrameDelay(t *testing.T) {
	for _, f := range []FrameDelay{FrameDelayAuto, FrameDelayOwn, FrameDelaySame} {
		got, err := ParseFrameDelay(f.String())
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := ParseFrameDelay("both")
	require.EqualError(t, err, `frame delay "both" is not one of auto, own, same`)
}

// delayRoom is a room whose players have these types, emulator and one-way distances.
func delayRoom(t *testing.T, cfg Config, emulator string, types []wire.ConnectionType, pings []uint32,
	ours bool) *room {
	t.Helper()
	s, err := New(cfg)
	require.NoError(t, err)
	r := &room{server: s, emulator: emulator}
	for i, typ := range types {
		r.members = append(r.members, &session{server: s, connection: typ, ping: pings[i], proven: ours})
	}
	return r
}

// Each player has the delay of its own ping; where types are mixed, with room for the batches of the others.
func TestOwnFrameDelayIsOfTheOwnPing(t *testing.T) {
	r := delayRoom(t, Config{}, "MAME", []wire.ConnectionType{1, 1, 1}, []uint32{10, 90, 400}, true)
	d, err := r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 6, 25}, d)

	r = delayRoom(t, Config{}, "MAME", []wire.ConnectionType{3, 3}, []uint32{10, 90}, true)
	d, err = r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, d, "one type: no more than EmuLinker gives")

	r = delayRoom(t, Config{}, "MAME", []wire.ConnectionType{1, 3}, []uint32{10, 40}, true)
	d, err = r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, d, "2.4 frames of ping and 2 of batches are two batches of 3")
}

// SupraClient's ring holds 15 batches.
func TestOldClientsAreNeverGivenMoreThan14(t *testing.T) {
	for _, delay := range []FrameDelay{FrameDelayOwn, FrameDelaySame} {
		r := delayRoom(t, Config{FrameDelay: delay}, "MAME", []wire.ConnectionType{1, 2}, []uint32{400, 900}, false)
		d, err := r.frameDelays()
		require.NoError(t, err)
		for _, d := range d {
			require.LessOrEqual(t, d, 14)
			require.Positive(t, d)
		}
	}
}

// The same delay in frames for everybody, whatever the types: the longest, rounded up to what all types have.
func TestSameFrameDelayIsTheSameInFrames(t *testing.T) {
	for _, row := range []struct {
		types []wire.ConnectionType
		pings []uint32
		want  int // D
	}{
		{[]wire.ConnectionType{1, 1}, []uint32{10, 90}, 6},
		{[]wire.ConnectionType{3, 3}, []uint32{10, 90}, 8},
		{[]wire.ConnectionType{1, 3}, []uint32{90, 10}, 8},
		{[]wire.ConnectionType{1, 2, 3}, []uint32{10, 10, 10}, 5},
		{[]wire.ConnectionType{1, 4, 6}, []uint32{10, 10, 10}, 11},
		{[]wire.ConnectionType{1, 6}, []uint32{10, 10}, 11},
		{[]wire.ConnectionType{1, 2}, []uint32{400, 10}, 13}, // 14 is the most for type 1, and odd
	} {
		r := delayRoom(t, Config{FrameDelay: FrameDelaySame}, "MAME", row.types, row.pings, false)
		d, err := r.frameDelays()
		require.NoError(t, err)
		for i, d := range d {
			require.Equal(t, row.want, lockstep.Delay(row.types[i].Frames(), d), "%v %v", row.types, row.pings)
		}
	}
}

// Where old clients' types have no delay in common that all can bear, the game does not start, and the owner is told
// why.
func TestTypesWithoutACommonDelayDoNotStart(t *testing.T) {
	r := delayRoom(t, Config{FrameDelay: FrameDelaySame}, "Nestopia", []wire.ConnectionType{1, 4, 5},
		[]uint32{10, 10, 10}, false)
	_, err := r.frameDelays()
	require.ErrorContains(t, err, "no frame delay in common below the 14 frames")
	r = delayRoom(t, Config{FrameDelay: FrameDelaySame}, "Nestopia", []wire.ConnectionType{1, 4, 5},
		[]uint32{10, 10, 10}, true)
	d, err := r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{19, 4, 3}, d)
}

// Emulators that are known to repeat a call until it returns a frame get the same delay, others do not.
func TestAutoFrameDelayGoesByTheEmulator(t *testing.T) {
	two, pings := []wire.ConnectionType{1, 1}, []uint32{10, 90}
	for _, row := range []struct {
		name string
		cfg  Config
		same bool
	}{
		{"Nestopia 1.09", Config{}, true},
		{"nestopia plus", Config{}, true},
		{"MAME32 Nestopia", Config{}, false},
		{"Nestopia 1.09", Config{FrameDelay: FrameDelayOwn}, false},
		{"MAME", Config{FrameDelay: FrameDelaySame}, true},
		{"Nestopia 1.09", Config{SameDelayEmulators: []string{}}, false},
		{"FCEUX", Config{SameDelayEmulators: []string{"FCE", "1964"}}, true},
	} {
		r := delayRoom(t, row.cfg, row.name, two, pings, true)
		d, err := r.frameDelays()
		require.NoError(t, err)
		require.Equal(t, row.same, d[0] == d[1], "%+v", row)
	}
}

// The owner's word in the room's chat decides, for the games that follow.
func TestSameDelayInTheRoomsChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 61, lan, Config{})
		near, _ := w.login("near", wire.LAN)
		w.net.SetProfile(network.Profile{Delay: 50 * time.Millisecond})
		far, _ := w.login("far", wire.LAN)
		far.join(near.create("Pong"))
		says := func(c *client, text, answer string) {
			t.Helper()
			c.drain()
			c.send(wire.TypeGameChat, wire.ChatRequest{Text: text})
			require.Contains(t, parse(t, c.untilFrom("Server"), wire.ParseChat).Text, answer)
		}
		delays := func() []int {
			gs := started(t, []*client{near, far})
			for _, g := range gs {
				g.send(wire.TypeDropGame, wire.DropRequest{})
			}
			time.Sleep(time.Second)
			near.drain()
			far.drain()
			return []int{int(gs[0].start.FrameDelay), int(gs[1].start.FrameDelay)}
		}
		require.Equal(t, []int{2, 7}, delays())
		says(far, "/samedelay true", "Only the owner")
		says(near, "/samedelay", "takes true")
		require.Equal(t, []int{2, 7}, delays())
		says(near, "/samedelay true", "Everybody has the longest")
		require.Equal(t, []int{7, 7}, delays())
		says(near, "/SameDelay false", "the frame delay of its own ping")
		require.Equal(t, []int{2, 7}, delays())
	})
}

// With players whose pings at the login were unequal every machine runs the same frame in the same call; the leads of
// the near ones are not rounded to their batches.
func TestUnequalDistancesLineUpCalls(t *testing.T) {
	for _, types := range [][]wire.ConnectionType{{1, 1}, {1, 2}, {2, 3}, {3, 3}, {1, 6}, {6, 6}, {1, 2, 3},
		{6, 1, 1}} {
		for _, cfg := range []Config{{}, {FrameDelay: FrameDelaySame}, {Padding: PaddingOn}} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 62, lan, cfg)
				var cs []*client
				var id uint32
				for i, typ := range types {
					w.net.SetProfile(network.Profile{Delay: time.Duration(5+40*i) * time.Millisecond})
					c, _ := w.login(string(rune('a'+i)), typ)
					if i == 0 {
						id = c.create("Pong")
					} else {
						c.join(id)
					}
					cs = append(cs, c)
				}
				gs := started(t, cs)
				for _, g := range gs {
					require.False(t, cfg.FrameDelay == FrameDelaySame && g.lead > 0, "%v", types)
				}
				together(303, gs...)
				sameFrames(t, 250, gs...)
			})
		}
	}
}
