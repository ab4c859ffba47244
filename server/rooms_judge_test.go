package server_test

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// What must hold in every scene, whatever the rogues do.

const (
	// maxLate is how late a frame may be at a quiet table, where every line is perfect: the rounding of timers.
	maxLate = 3 * roomsFrame
	// unprovenBytes is how much more than what came in its name goes to a host that never said a word.
	unprovenBytes = 3
	// heapSlack is what may be left in the heap of a server that everybody has left. Sessions under attack hold
	// some megabytes each.
	heapSlack = 8 << 20
)

// complain judges how an honest player's game has ended before its time.
func (sc *scene) complain(t *table, h *honest, err error) {
	select {
	case <-t.stop:
		return // it waited for those who have finished already
	default:
	}
	switch {
	case sc.closed, t.off.Load(), errors.Is(err, kclient.ErrClosed), errors.Is(err, peers.ErrClosed):
	case !t.quiet && mayEnd(err):
	case h.cut.Load() && (errors.Is(err, kclient.ErrForgotten) || errors.Is(err, kclient.ErrLost)):
	case h.cutAgain.Load() && errors.As(err, new(*kclient.TimeoutError)): // it gives up before it knows more
	default:
		sc.t.Errorf("%s at %q: %v", h.name, t.name, err)
	}
}

// look judges what can be seen at any moment.
func (sc *scene) look() {
	st := sc.a.server.Stats()
	if st.Users < 0 || st.Users > sc.cfg.MaxUsers || st.Logins < st.Users ||
		st.Rooms > sc.cfg.MaxGames || st.Games > st.Rooms {
		sc.t.Errorf("the server's counts do not fit together: %+v of at most %d users, %d games", st,
			sc.cfg.MaxUsers, sc.cfg.MaxGames)
	}
	for _, t := range sc.tables {
		t.same()
	}
}

// same judges that the machines of a table have run the same frames, as far as each of them has got.
func (t *table) same() {
	var all [][]uint64
	for _, h := range t.players {
		h.mu.Lock()
		all = append(all, h.digests)
		h.mu.Unlock()
	}
	for i := 1; i < len(all); i++ {
		n := min(len(all[0]), len(all[i]))
		if n > 0 && all[0][n-1] != all[i][n-1] {
			f := 0
			for all[0][f] == all[i][f] {
				f++
			}
			t.sc.t.Errorf("at %q the machines of %s and %s differ from frame %d on, of %d", t.name,
				t.players[0].name, t.players[i].name, f, n)
			return
		}
	}
}

// playOn judges that the honest ones are not held up for longer than the server's patience once the rogues are gone.
func (sc *scene) playOn() {
	if sc.closed {
		return
	}
	time.Sleep(roomsNetsync + roomsStall + roomsWait + time.Second)
	before := map[*honest]int{}
	each := func(f func(t *table, h *honest)) {
		for _, t := range sc.tables {
			for _, h := range t.players {
				f(t, h)
			}
		}
	}
	each(func(_ *table, h *honest) { before[h], _ = h.count() })
	time.Sleep(time.Second)
	each(func(t *table, h *honest) {
		n, plays := h.count()
		if t.off.Load() || h.cut.Load() { // a client gives a server that has forgotten it 15 s
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if plays && (n-before[h] < 10 || t.quiet && n-before[h] < 55) || len(h.digests) == 0 && !h.over {
			sc.t.Errorf("%s at %q is held up: %d frames in a second, after %d", h.name, t.name, n-before[h], before[h])
		}
		if played := time.Since(h.since).Seconds(); t.quiet && h.frames > 0 && plays {
			if h.late > maxLate || float64(h.frames) < 59*played {
				sc.t.Errorf("%s at %q played %d frames in %.1f s, the latest %v late: %v", h.name, t.name,
					h.frames, played, h.late, sc)
			}
		}
	})
	for _, t := range sc.tables {
		t.same()
	}
}

// judge judges what is left when everybody has gone: nothing, and whoever comes now can play.
func (sc *scene) judge() {
	if sc.closed {
		return
	}
	time.Sleep(roomsKeep + roomsComeback + time.Minute)
	if st := sc.a.server.Stats(); st.Users != 0 || st.Rooms != 0 || st.Games != 0 || st.Pending != 0 {
		sc.t.Errorf("everybody is gone, and there still are %d users, %d rooms, %d games, %d logins",
			st.Users, st.Rooms, st.Games, st.Pending)
	}
	if after := heapNow(); after > sc.before+heapSlack {
		sc.t.Errorf("the heap was %d KB before, and is %d KB when everybody is gone", sc.before>>10, after>>10)
	}
	for _, host := range sc.victims {
		if in, out := sc.a.from(host).bytes, sc.a.to(host).bytes; out > unprovenBytes*in {
			sc.t.Errorf("%d bytes went to %v, which never said a word, for %d in its name", out, host, in)
		}
	}
	c := sc.a.plain(netip.MustParseAddrPort("10.3.0.1:4000"))
	c.send(wire.TypeLogin, wire.LoginRequest{User: "late", Emulator: roomsEmulator, Connection: wire.LAN}.AppendTo(nil))
	c.await(wire.TypeUserJoined)
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: fmt.Sprint(quietRoom, " again")}.AppendTo(nil))
	c.await(wire.TypeJoinGame)
	c.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
	c.await(wire.TypeStartGame)
	c.send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
}

// String is who is there, for messages.
func (sc *scene) String() string {
	text := fmt.Sprintf("padding %v, delays %v, numbering %v", sc.cfg.Padding, sc.cfg.FrameDelay, sc.cfg.Numbering)
	for _, t := range sc.tables {
		for _, h := range t.players {
			kind := "ours"
			if h.old != nil {
				kind = h.old.Name()
			}
			text += fmt.Sprintf("; %q at %q: %s, type %d", h.name, t.name, kind, h.typ)
		}
	}
	return text
}
