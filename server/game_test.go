package server

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// gamer plays one game on a client: it answers the start, and then exchanges
// inputs frame by frame as an emulator does.
type gamer struct {
	*client
	batcher *lockstep.Batcher
	start   wire.GameStarted
	size    int
	frames  [][]byte // combined, those of the lead included
	lead    int      // frames of zeros at their beginning: the longest delay of the room less its own
	dropped bool     // the server told us so
}

// await takes messages up to the start message.
func (c *client) await() *gamer {
	c.t.Helper()
	g := &gamer{client: c, size: 4}
	g.start = parse(c.t, c.until(wire.TypeStartGame), wire.ParseGameStarted)
	b, err := lockstep.NewBatcher(lockstep.BatcherConfig{Connection: c.typ.Frames(),
		FrameDelay: int(g.start.FrameDelay), Players: int(g.start.Players)})
	require.NoError(c.t, err)
	g.batcher = b
	c.phase(link.Netsync)
	return g
}

func (c *client) phase(p link.Phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link.SetPhase(time.Now(), p)
	c.flush(time.Now())
}

// ready tells the server and waits until all are.
func (g *gamer) ready() {
	g.t.Helper()
	g.send(wire.TypeReady, wire.ReadyRequest{})
	g.until(wire.TypeReady)
	g.phase(link.Play)
}

// input is what a player presses in a frame.
func (g *gamer) input(frame int) []byte {
	b := make([]byte, g.size)
	for i := range b {
		b[i] = byte(int(g.start.Player)*31 + frame/3*7 + i)
	}
	b[0] = g.start.Player
	return b
}

// play exchanges n frames at 60 a second; it ends early when the player was
// dropped.
func (g *gamer) play(n int) {
	dst := make([]byte, 8*g.size)
	for range n {
		if g.dropped {
			return
		}
		time.Sleep(time.Second / 60)
		out, send, err := g.batcher.Collect(g.input(g.batcher.Frames() + len(g.frames)))
		require.NoError(g.t, err)
		if send {
			g.sendGame(out)
		}
		for g.batcher.Waiting() {
			if !g.receive() {
				return
			}
		}
		got, ok := g.batcher.Next(dst)
		require.True(g.t, ok)
		if got > 0 {
			g.frames = append(g.frames, append([]byte(nil), dst[:got]...))
		}
	}
}

func (g *gamer) sendGame(out lockstep.GameData) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if out.Cached {
		g.link.SendGame(now, wire.TypeGameCache, wire.AppendGameCache(nil, out.Position))
	} else {
		g.link.SendGame(now, wire.TypeGameData, wire.AppendGameData(nil, out.Payload))
	}
	g.flush(now)
}

// receive handles the next message; false when this player's game is over.
func (g *gamer) receive() bool {
	m := g.next()
	var err error
	switch m.typ {
	case wire.TypeGameData:
		var payload []byte
		if payload, err = wire.ParseGameData(m.body); err == nil {
			err = g.batcher.Receive(payload)
		}
	case wire.TypeGameCache:
		var pos uint8
		if pos, err = wire.ParseGameCache(m.body); err == nil {
			err = g.batcher.ReceiveCached(pos)
		}
	case wire.TypeDropGame:
		if d := parse(g.t, m, wire.ParsePlayerDropped); d.Player == g.start.Player {
			g.dropped = true
			return false
		}
	case wire.TypeCloseGame:
		return false
	default:
		return true
	}
	require.NoError(g.t, err)
	g.mu.Lock()
	g.link.ProveGame(time.Now(), g.batcher.ServerProven())
	g.mu.Unlock()
	return true
}

// room logs players of the given types in and puts them into one room; the first
// owns it.
func (w *world) room(types ...wire.ConnectionType) []*client {
	w.t.Helper()
	var cs []*client
	for i, typ := range types {
		c, _ := w.login(fmt.Sprintf("p%d", i+1), typ)
		cs = append(cs, c)
	}
	id := cs[0].create("Pong")
	for _, c := range cs[1:] {
		c.join(id)
	}
	return cs
}

// started starts the room's game and makes everyone ready.
func started(t *testing.T, cs []*client) []*gamer {
	t.Helper()
	cs[0].send(wire.TypeStartGame, wire.StartRequest{})
	var gs []*gamer
	for _, c := range cs {
		gs = append(gs, c.await())
	}
	longest := 0
	for _, g := range gs {
		longest = max(longest, g.batcher.Delay())
	}
	done := make(chan struct{})
	for _, g := range gs {
		g.lead = longest - g.batcher.Delay()
		go func() { g.ready(); done <- struct{}{} }()
	}
	for range gs {
		<-done
	}
	return gs
}

// together lets everyone play n frames and returns when all are done.
func together(n int, gs ...*gamer) {
	done := make(chan struct{})
	for _, g := range gs {
		go func() { g.play(n); done <- struct{}{} }()
	}
	for range gs {
		<-done
	}
}

// sameFrames asserts that everyone got the same frames in the same calls, as far as they got any.
func sameFrames(t *testing.T, least int, gs ...*gamer) {
	t.Helper()
	first := gs[0].frames[min(gs[0].lead, len(gs[0].frames)):]
	for _, g := range gs {
		require.GreaterOrEqual(t, len(g.frames), least, g.name)
		for f, frame := range g.frames {
			if at := f - g.lead; at < 0 {
				require.Equal(t, make([]byte, len(frame)), frame, "%s, leading frame %d", g.name, f+1)
			} else if at < len(first) {
				require.Equal(t, first[at], frame, "%s, frame %d", g.name, at+1)
			}
		}
	}
}

func TestStartReadyPlayOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 20, lan, Config{})
		cs := w.room(wire.LAN, wire.LAN)
		watcher, _ := w.login("watcher", wire.LAN)
		for _, c := range append(cs, watcher) {
			c.drain()
		}
		state := func(c *client) wire.GameState { return parse(t, c.next(), wire.ParseGameStatus).State }

		cs[0].send(wire.TypeStartGame, wire.StartRequest{})
		for i, c := range cs {
			require.Equal(t, wire.GameNetsync, state(c))
			require.Equal(t, wire.GameStarted{FrameDelay: 2, Player: uint8(i + 1), Players: 2},
				parse(t, c.next(), wire.ParseGameStarted))
		}
		require.Equal(t, wire.GameNetsync, state(watcher))

		cs[1].send(wire.TypeReady, wire.ReadyRequest{})
		cs[1].quiet(time.Second) // not before everyone is ready
		cs[0].send(wire.TypeReady, wire.ReadyRequest{})
		for _, c := range cs {
			require.Equal(t, wire.GamePlaying, state(c))
			require.Equal(t, wire.TypeReady, c.next().typ)
		}
		require.Equal(t, wire.GamePlaying, state(watcher))
		watcher.quiet(time.Second)
		require.Equal(t, 1, w.server.Stats().Games)

		// Game data goes to the players, and to nobody else.
		cs[0].send(wire.TypeGameData, rawBody(wire.AppendGameData(nil, []byte{1, 2})))
		cs[1].send(wire.TypeGameData, rawBody(wire.AppendGameData(nil, []byte{3, 4})))
		for _, c := range cs {
			g := c.next()
			require.Equal(t, wire.TypeGameData, g.typ)
			require.Equal(t, []byte{0, 4, 0, 1, 2, 3, 4}, g.body)
		}
		watcher.quiet(time.Second)

		// Drop: 0E to all, 14 to the room; the last one makes the room waiting.
		cs[1].send(wire.TypeDropGame, wire.DropRequest{})
		for _, c := range cs {
			require.Equal(t, wire.GamePlaying, state(c))
			require.Equal(t, wire.PlayerDropped{User: "p2", Player: 2}, parse(t, c.next(), wire.ParsePlayerDropped))
		}
		cs[0].send(wire.TypeDropGame, wire.DropRequest{})
		for _, c := range cs {
			require.Equal(t, wire.GameWaiting, state(c))
			require.Equal(t, wire.PlayerDropped{User: "p1", Player: 1}, parse(t, c.next(), wire.ParsePlayerDropped))
		}
		require.Zero(t, w.server.Stats().Games)

		// And the owner may start again.
		together(100, started(t, cs)...)
	})
}

// rawBody is a body that is made already.
type rawBody []byte

func (r rawBody) AppendTo(b []byte) []byte { return append(b, r...) }

func TestGamesOfMixedTypes(t *testing.T) {
	bad := network.Profile{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.1, Duplicate: 0.05,
		Reorder: 0.1}
	for _, tc := range []struct {
		name    string
		types   []wire.ConnectionType
		padding Padding
		net     network.Profile
	}{
		{"two of LAN", []wire.ConnectionType{1, 1}, PaddingAuto, lan},
		{"alone", []wire.ConnectionType{3}, PaddingAuto, lan},
		{"1 2 3 padded", []wire.ConnectionType{1, 2, 3}, PaddingOn, lan},
		{"1 2 3 not padded", []wire.ConnectionType{1, 2, 3}, PaddingOff, lan},
		{"1 to 6, 1, 6, lossy", []wire.ConnectionType{1, 2, 3, 4, 5, 6, 1, 6}, PaddingAuto, bad},
		{"6 and 1, lossy, not padded", []wire.ConnectionType{6, 1}, PaddingOff, bad},
		{"two of LAN, lossy", []wire.ConnectionType{1, 1}, PaddingOn, bad},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 21, tc.net, Config{Padding: tc.padding})
				gs := started(t, w.room(tc.types...))
				const n = 600
				together(n, gs...)
				least := n
				for _, g := range gs {
					least = min(least, n-g.batcher.Delay())
				}
				sameFrames(t, least, gs...)
				require.Zero(t, w.server.Stats().Refusals[RefusedMalformed])
				require.Zero(t, w.server.Stats().Refusals[RefusedMisplaced])
			})
		})
	}
}

// The worked example of the protocol notes: c = 1, 2, 3 with padding gives
// frame 1 = [P0 f1][00][00], frame 2 = [P0 f2][P1 f1][00], frame 3 = [P0 f3][P1 f2][P2 f1].
func TestPaddingOnTheWire(t *testing.T) {
	for _, tc := range []struct {
		padding Padding
		frames  string
	}{
		{PaddingOn, "[A1 00 00] [A2 B1 00] [A3 B2 C1]"},
		{PaddingAuto, "[A1 B1 C1] [A2 B2 C2] [A3 B3 C3]"},
		{PaddingOff, "[A1 B1 C1] [A2 B2 C2] [A3 B3 C3]"},
	} {
		t.Run(tc.padding.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// With the same delay for everybody nobody has leading zeros.
				w := newWorld(t, 22, lan, Config{Padding: tc.padding, FrameDelay: FrameDelaySame})
				cs := w.room(1, 2, 3)
				for _, g := range started(t, cs) {
					g.drain()
				}
				send := func(c *client, payload ...byte) {
					c.send(wire.TypeGameData, rawBody(wire.AppendGameData(nil, payload)))
				}
				send(cs[2], 0xC1, 0xC2, 0xC3)
				send(cs[1], 0xB1, 0xB2)
				send(cs[1], 0xB3, 0xB4)
				send(cs[0], 0xA1)
				send(cs[0], 0xA2)
				send(cs[0], 0xA3)
				time.Sleep(time.Second)
				payload := func(c *client) (out []byte) {
					g := c.next()
					require.Equal(t, wire.TypeGameData, g.typ)
					p, err := wire.ParseGameData(g.body)
					require.NoError(t, err)
					return p
				}
				var frames []byte
				for range 3 {
					frames = append(frames, payload(cs[0])...)
				}
				require.Equal(t, tc.frames, fmt.Sprintf("[% X] [% X] [% X]", frames[0:3], frames[3:6], frames[6:9]))
				require.Equal(t, frames[:6], payload(cs[1]), "frames 1-2 in one message")
				require.Equal(t, frames, payload(cs[2]), "frames 1-3 in one message")
			})
		})
	}
}

func TestLeaveInMidGame(t *testing.T) {
	for _, how := range []string{"drop", "leave", "quit", "kick"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 23, lan, Config{})
				cs := w.room(1, 2, 3)
				gs := started(t, cs)
				together(120, gs...)
				switch how {
				case "drop":
					cs[1].send(wire.TypeDropGame, wire.DropRequest{})
				case "leave":
					cs[1].send(wire.TypeQuitGame, wire.LeaveRequest{})
				case "quit":
					cs[1].send(wire.TypeUserQuit, wire.QuitRequest{})
				case "kick":
					cs[0].send(wire.TypeKick, wire.KickRequest{UserID: 2})
				}
				time.Sleep(100 * time.Millisecond)
				together(300, gs[0], gs[2])
				sameFrames(t, 300, gs[0], gs[2])
				last := gs[0].frames[len(gs[0].frames)-1]
				require.Len(t, last, 12, "the layout stays")
				require.Equal(t, make([]byte, 4), last[4:8], "the dropped player's part is zeros")
				require.Equal(t, byte(1), last[0])
				require.Equal(t, byte(3), last[8])
			})
		})
	}
}

func TestOwnerLeavingInMidGameEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 24, lan, Config{})
		cs := w.room(1, 1)
		gs := started(t, cs)
		together(60, gs...)
		cs[1].drain()
		cs[0].send(wire.TypeQuitGame, wire.LeaveRequest{})
		require.Equal(t, []wire.Type{wire.TypeGameStatus, wire.TypeDropGame, wire.TypeCloseGame, wire.TypeQuitGame},
			cs[1].types(4))
		require.Zero(t, w.server.Stats().Rooms)
		cs[1].create("Next")
	})
}

// Row 19: both directions pass 65,535 in one game, and nobody notices.
func TestNumbersWrapInAGameUnnoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 25, network.Profile{Delay: time.Millisecond, Loss: 0.02}, Config{})
		gs := started(t, w.room(1, 1))
		const n = 66_500
		together(n, gs...)
		sameFrames(t, n-10, gs...)
	})
}
