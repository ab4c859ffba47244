package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/server/servertest"
)

// burst is how many frames the partner plays at each order, as in testdata/kills.c.
const burst = 10

// partner is the other player of a driver: it plays when the driver tells it to. digests is made of a frame for each
// call, as the driver's own.
type partner struct {
	t       *testing.T
	orders  string // a pipe with a name
	digests []uint32
	done    chan struct{}
}

// enter joins the driver's room and plays as told, on a goroutine.
func enter(t *testing.T, s *servertest.Server) *partner {
	p := &partner{t: t, orders: filepath.Join(t.TempDir(), "orders"), done: make(chan struct{})}
	require.NoError(t, syscall.Mkfifo(p.orders, 0o600))
	go func() {
		defer close(p.done)
		if err := p.play(t.Context(), s); err != nil && t.Context().Err() == nil {
			t.Error("the partner:", err)
		}
	}()
	return p
}

func (p *partner) play(ctx context.Context, s *servertest.Server) error {
	lobby, err := kclient.Dial(ctx, s.Addr, kclient.Config{User: "partner", Emulator: "driver 1.0"})
	if err != nil {
		return err
	}
	defer lobby.Quit("")
	for len(lobby.Games()) == 0 {
		if _, err := lobby.NextEvent(ctx); err != nil {
			return err
		}
	}
	room, err := lobby.Join(ctx, lobby.Games()[0].ID)
	if err != nil {
		return err
	}
	game, err := room.WaitStart(ctx)
	if err != nil {
		return err
	}
	orders, err := os.OpenFile(p.orders, os.O_RDWR, 0) // so that it opens before the driver does
	if err != nil {
		return err
	}
	defer orders.Close()
	stop := context.AfterFunc(ctx, func() { orders.Close() })
	defer stop()
	digest := uint32(2166136261)
	for order := make([]byte, 1); ; {
		if _, err := orders.Read(order); err != nil {
			return err
		}
		if order[0] == 'e' {
			return nil
		}
		for range burst {
			values := make([]byte, 8*4)
			n, player := len(p.digests), game.Player()
			copy(values, []byte{byte(player), byte(n / 8), byte(n / 2048), byte(player * 31)})
			got, err := game.Exchange(ctx, values, 4)
			if err != nil {
				return fmt.Errorf("after %d frames: %w", n, err)
			}
			if got == 0 {
				clear(values)
			}
			for _, b := range values[:4*game.Players()] {
				digest = (digest ^ uint32(b)) * 16777619
			}
			p.digests = append(p.digests, digest)
		}
	}
}

// twoPlayers are the orders for a game that begins when the partner is in the room.
func twoPlayers(s *servertest.Server, p *partner) environment {
	env := alone(s)
	env["KAILLERA_PLAYERS"] = "2"
	env["DRIVER_PARTNER"] = p.orders
	return env
}

// A thread that dies while it waits in kailleraModifyPlayValues stops nobody: not the garbage collection, which waits
// for all threads that run Go, and not the next thread, which takes up the exchange of the dead one. Twenty times in a
// game, and before it: the frames stay those of the other player.
func TestAKilledPlayThreadStopsNobody(t *testing.T) {
	for name, driver := range map[string]*string{"C": &built.linked, "C++": &built.cplusplus} {
		t.Run(name, func(t *testing.T) {
			s := servertest.Start(t)
			other := enter(t, s)
			p := start(t, *driver, twoPlayers(s, other), "kill-play-thread")
			out := p.wait()
			<-other.done
			frames := len(other.digests)
			require.Equal(t, fmt.Sprintf("frames %d digest %08x\n", frames, other.digests[frames-1]), out)
		})
	}
}

// A thread that plays, and does not wait, is never killed in the middle of Go: not even where the C library has begun
// to when the thread calls (glibc 2.36).
func TestAThreadKilledWhileItPlaysStopsNobody(t *testing.T) {
	start(t, built.linked, alone(servertest.Start(t)), "kill-playing-thread").wait()
}

// The next dialog opens, and plays a game.
func TestAKilledDialogThreadStopsNobody(t *testing.T) {
	start(t, built.linked, alone(servertest.Start(t)), "kill-dialog-thread").wait()
}

// The thread that has the dialog and plays in its callback is killed in the game: the next dialog opens, whether
// kailleraEndGame was called or not.
func TestAThreadKilledInItsGameStopsNobody(t *testing.T) {
	for _, next := range []string{"end-game", "dialog"} {
		t.Run(next, func(t *testing.T) {
			s := servertest.Start(t)
			other := enter(t, s)
			start(t, built.linked, twoPlayers(s, other), "kill-in-game", next).wait()
			<-other.done
		})
	}
}

// A play thread that ends itself in the chat callback leaves its exchange to the next one.
func TestAThreadThatExitsInACallbackStopsNobody(t *testing.T) {
	start(t, built.linked, alone(servertest.Start(t)), "exit-in-callback").wait()
}
