package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// n02 holds sixteen messages until it looks, and one more ends it. What is said in its room beside frames, after a
// moment in which nothing has come through to it, is more than that; so it is told what it has room for, and the rest
// when it has looked, all of it and in order. With a set ping it never proves where it is, so what it is told waits for
// bytes that pay for it, too.
func TestAnOldClientInAGameIsToldNoMoreThanItHolds(t *testing.T) {
	for name, ping := range map[string]time.Duration{"n02": 0, "n02 with a set ping": 40 * time.Millisecond} {
		for _, connection := range []wire.ConnectionType{1, 3, 6} {
			for _, length := range []int{0, 60, 200} {
				t.Run(fmt.Sprint(name, ", type ", uint8(connection), ", lines of ", length), func(t *testing.T) {
					inArena(t, 1, network.Profile{Delay: 30 * time.Millisecond}, server.Config{}, func(a *arena) {
						said, heard, err := a.talkToOld(peers.Options{User: "old", Emulator: "emu",
							Connection: connection, SetPing: ping}, length)
						if ping > 0 && length > 0 { // its bytes do not pay for all of it, and it may lose the game
							require.NotErrorIs(a.t, err, peers.ErrOverrun)
							for _, line := range heard {
								at := slices.Index(said, line)
								require.GreaterOrEqual(a.t, at, 0, "%q was said, before what came later", line)
								said = said[at+1:]
							}
							return
						}
						require.NoError(a.t, err)
						require.Equal(a.t, said, heard)
					})
				})
			}
		}
	}
}

// talkToOld plays a game with an n02 in which somebody talks a lot, four times, and nothing comes through to n02 for a
// second. It returns what was said and what n02 has heard of it, and how the game ended for n02.
func (a *arena) talkToOld(o peers.Options, length int) (said, heard []string, err error) {
	const frames = 600
	line := network.Profile{Delay: 30 * time.Millisecond}
	ours, err := a.ours("ours", nil)
	require.NoError(a.t, err)
	room, err := ours.Create(a.t.Context(), "Duel")
	require.NoError(a.t, err)
	old, err := a.old(false, o)
	require.NoError(a.t, err)
	require.NoError(a.t, old.Join("Duel"))
	require.NoError(a.t, room.Start(a.t.Context()))
	result := make(chan error, 1)
	go func() { result <- old.Play(2, frames, func(int, []byte) {}) }()
	g, err := room.WaitStart(a.t.Context())
	require.NoError(a.t, err)
	values := make([]byte, 2*wire.MaxPlayers)
	for frame := range frames {
		if frame%150 == 100 {
			down := line
			down.Loss = 1
			a.net.SetPath(a.addr.Addr(), old.AddrPort().Addr(), down)
			time.AfterFunc(time.Second, func() { a.net.SetPath(a.addr.Addr(), old.AddrPort().Addr(), line) })
			for i := range 40 {
				text := fmt.Sprintf("%d.%d %s", frame, i, strings.Repeat("x", length))
				require.NoError(a.t, room.Chat(text))
				said = append(said, "ours: "+strings.TrimSpace(text))
			}
		}
		if _, err := g.Exchange(a.t.Context(), values, 2); err != nil {
			break // n02 tells how it ended
		}
		time.Sleep(time.Second / 60)
	}
	err = <-result
	time.Sleep(10 * time.Second)
	for _, line := range old.Chats() {
		if strings.HasPrefix(line, "ours: ") {
			heard = append(heard, strings.TrimSpace(line))
		}
	}
	return said, heard, err
}
