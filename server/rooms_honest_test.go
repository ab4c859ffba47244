package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Names of rooms by who may be in them.
const (
	quietRoom = "quiet" // honest players only: nobody who attacks may hurt their game
	openRoom  = "open"  // anybody
)

const (
	roomsEmulator = "emu"
	roomsFrame    = time.Second / 60
	honestSize    = 4 // bytes of input
)

// honest is a player who keeps the rules: one of our own clients, or a model of a deployed one.
type honest struct {
	t     *table
	name  string
	typ   wire.ConnectionType
	host  netip.Addr
	lobby *kclient.Client // ours
	room  *kclient.Room
	game  *kclient.Game
	old   *peers.Client // or n02 or SupraClient
	conn  *network.Conn // of ours
	cut   atomic.Bool   // its line was cut for longer than some servers keep a seat
	whole time.Time     // when it was whole again

	cutAgain atomic.Bool // its line was cut again at once, in sum for longer than any server keeps a seat

	mu      sync.Mutex
	digests []uint64
	late    time.Duration // the longest that a frame was late, once the game is under way
	since   time.Time     // when it was under way
	frames  int           // since then
	err     error         // how the game ended before its time
	over    bool
}

// table is the honest players of one room.
type table struct {
	sc      *scene
	name    string
	quiet   bool
	old     bool        // somebody of it is a deployed client
	off     atomic.Bool // no game could begin: these players have no frame delay in common
	players []*honest
	ready   chan struct{} // closed when the owner may start
	stop    chan struct{} // closed when they may end their game
	done    sync.WaitGroup
}

// enter logs a player in.
func (h *honest) enter(kind int) (err error) {
	a := h.t.sc.a
	switch kind {
	case 0:
		h.lobby, err = a.ours(h.name, func(c *kclient.Config) {
			c.Emulator, c.Connection, c.Numbering = roomsEmulator, h.typ, h.t.sc.cfg.Numbering
			c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
				conn, err := a.net.Listen(netip.AddrPortFrom(h.host, 0))
				h.conn = conn
				return conn, err
			}
		})
	default:
		o := peers.Options{User: h.name, Emulator: roomsEmulator, Connection: h.typ, Host: h.host}
		h.old, err = a.old(kind == 2, o)
	}
	if err != nil {
		return fmt.Errorf("%s cannot log in: %w", h.name, err)
	}
	return nil
}

// sit opens the room, or joins it.
func (h *honest) sit(ctx context.Context, owner bool) (err error) {
	switch {
	case h.old != nil && owner:
		err = h.old.Create(h.t.name)
	case h.old != nil:
		err = h.old.Join(h.t.name)
	case owner:
		h.room, err = h.lobby.Create(ctx, h.t.name)
	default:
		games := h.lobby.Games()
		i := slices.IndexFunc(games, func(g kclient.GameInfo) bool { return g.Name == h.t.name })
		if i < 0 {
			return fmt.Errorf("%s does not see %q", h.name, h.t.name)
		}
		h.room, err = h.lobby.Join(ctx, games[i].ID)
	}
	if err != nil {
		return fmt.Errorf("%s cannot enter %q: %w", h.name, h.t.name, err)
	}
	return nil
}

func (h *honest) start(ctx context.Context) error {
	if h.old != nil {
		return h.old.Start()
	}
	return h.room.Start(ctx)
}

// begin waits for the start, and returns the player's number from 0, and of how many.
func (h *honest) begin(ctx context.Context) (player, players int, err error) {
	if h.old != nil {
		err = h.old.Begin()
		s := h.old.Started()
		return int(s.Player) - 1, int(s.Players), err
	}
	g, err := h.room.WaitStart(ctx)
	if err != nil {
		return 0, 0, err
	}
	h.mu.Lock()
	h.game = g
	h.mu.Unlock()
	return g.Player() - 1, g.Players(), nil
}

func (h *honest) call(ctx context.Context) peers.Call {
	if h.old != nil {
		return func(values []byte) (int, error) { return h.old.Exchange(values, honestSize) }
	}
	return func(values []byte) (int, error) { return h.game.Exchange(ctx, values, honestSize) }
}

// underWay is how many calls the beginning of a game has: players come in at different times, and wait for the first
// batch of the slowest one.
const underWay = 90

// play is a game from its start until the table stops, at 60 frames a second of the player's own clock.
func (h *honest) play(ctx context.Context) error {
	player, players, err := h.begin(ctx)
	if err != nil {
		return err
	}
	if h.t.quiet && players != len(h.t.players) {
		h.t.sc.t.Errorf("%d players in %q, where %d are", players, h.t.name, len(h.t.players))
	}
	machine := peers.NewHost(peers.HostConfig{Player: player, Players: players, Size: honestSize})
	call := h.call(ctx)
	next := time.Now()
	for frame := 0; ; frame++ {
		select {
		case <-h.t.stop:
			return nil
		default:
		}
		time.Sleep(time.Until(next))
		before := time.Now()
		if err := machine.Frame(call); err != nil {
			return err
		}
		now := time.Now()
		h.mu.Lock()
		h.digests = machine.Digests()
		switch {
		case frame == underWay:
			h.since = now
		case frame > underWay:
			h.frames++
			h.late = max(h.late, now.Sub(before))
		}
		h.mu.Unlock()
		next = next.Add(roomsFrame)
		if next.Before(now) {
			next = now
		}
	}
}

// count is how many frames its machine has run in all, and whether it plays.
func (h *honest) count() (frames int, plays bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.digests), len(h.digests) > 0 && !h.over
}

// leave ends what is left, as a user does who has finished.
func (h *honest) leave(ctx context.Context) {
	switch {
	case h.old != nil:
		h.old.Drop()
		_ = h.old.Leave()
		h.old.Quit()
	default:
		if h.game != nil {
			_ = h.game.Drop()
		}
		if h.room != nil {
			_ = h.room.Leave(ctx)
		}
		_ = h.lobby.Quit("bye")
	}
}

// begin has everybody of the table in the room, and then a game until stop.
func (t *table) begin(ctx context.Context) {
	for i, h := range t.players {
		if err := h.sit(ctx, i == 0); err != nil {
			t.sc.complain(t, h, err)
			return
		}
		time.Sleep(300 * time.Millisecond) // the room is on everybody's list
	}
	for i, h := range t.players {
		t.done.Go(func() {
			var err error
			if i == 0 {
				select {
				case <-t.ready:
				case <-t.stop:
				}
				err = h.start(ctx)
				t.off.Store(err != nil && t.sc.mayRefuse(err))
			}
			if err == nil {
				err = h.play(ctx)
			}
			h.mu.Lock()
			h.over, h.err = true, err
			h.mu.Unlock()
			if err != nil {
				t.sc.complain(t, h, err)
			}
		})
	}
}

// mayRefuse reports whether the server may refuse to start the game of an honest owner.
func (sc *scene) mayRefuse(err error) bool {
	var refused *kclient.RefusedError
	return sc.cfg.FrameDelay == server.FrameDelaySame &&
		(errors.As(err, &refused) || errors.Is(err, peers.ErrRefused) || errors.Is(err, peers.ErrNoAnswer))
}

// mayEnd reports whether a game with anybody in it may end so. Whose input comes first gives the game its size: one who
// was away then, and has another size, rejoins in vain.
func mayEnd(err error) bool {
	for _, fair := range []error{kclient.ErrDropped, kclient.ErrKicked, kclient.ErrRoomClosed, kclient.ErrNotInRoom,
		lockstep.ErrSizeChanged, peers.ErrDropped, peers.ErrRoomClosed} {
		if errors.Is(err, fair) {
			return true
		}
	}
	return false
}
