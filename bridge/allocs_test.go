package bridge_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient"
	"kbridge/kclient/race"
	"kbridge/kclient/text"
	"kbridge/server/servertest"
)

// playAlone is a UI that plays a game of one player on a server.
func playAlone(addr string) runUI {
	return func(ctx context.Context, d *bridge.Dialog) error {
		e := d.Emulator(text.Charset{})
		lobby, err := kclient.Dial(ctx, addr, kclient.Config{User: "alone", Emulator: e.Name})
		if err != nil {
			return err
		}
		defer lobby.Quit("")
		room, err := lobby.Create(ctx, e.Games[0].Name)
		if err != nil {
			return err
		}
		if err := room.Start(ctx); err != nil {
			return err
		}
		game, err := room.WaitStart(ctx)
		if err != nil {
			return err
		}
		_, err = d.Play(ctx, bridge.Match{Game: game, Name: e.Games[0]})
		return err
	}
}

// One kailleraModifyPlayValues, the server's part and the way back included,
// allocates nothing in the steady state.
func TestPlayDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	h := newHost(t, playAlone(servertest.Start(t).Addr))
	id := h.begin(threadA)
	c, _ := h.next(id)
	require.Equal(t, bridge.CallGame, c.Kind)

	values := buffer(4)
	call := 0
	play := func() {
		call++
		values[0], values[1] = byte(call), byte(call>>8) // all different: nothing is cached
		if n := h.play(threadA, values, 4, nil); n < 0 {
			t.Fatalf("call %d returned %d", call, n)
		}
	}
	for range 600 { // until every cache is full and every buffer has grown
		play()
	}
	require.Zero(t, testing.AllocsPerRun(600, play))

	// A call that is refused in every frame allocates nothing either.
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var c bridge.Call
		h.ModifyPlayValues(threadA, nil, 4, &c)
	}))
	h.Shutdown()
}

func BenchmarkPlay(b *testing.B) {
	h := newHost(b, playAlone(servertest.Start(b).Addr))
	h.next(h.begin(threadA))
	values := buffer(4)
	b.ReportAllocs()
	for b.Loop() {
		if h.play(threadA, values, 4, nil) < 0 {
			b.Fatal("the game is over")
		}
	}
	h.Shutdown()
}
