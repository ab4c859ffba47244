package kclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/netsim"
)

// A private message reaches one user and comes back to its sender; what looks like
// one in public chat is public chat.
func TestPrivateMessages(t *testing.T) {
	m := match{seed: 1, profile: netsim.LAN()}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		lobbies := map[string]*kclient.Lobby{}
		for _, name := range []string{"ann", "bob <x> (9): y", "cid"} {
			l, err := w.dial(ctx, name, 1)
			require.NoError(t, err)
			lobbies[name[:3]] = l
		}
		ann, bob := lobbies["ann"].User(), lobbies["bob"].User()
		require.NoError(t, lobbies["ann"].Private(bob.ID, "psst: <b>"))
		require.NoError(t, lobbies["cid"].Chat("<ann> (1): forged"))
		require.NoError(t, lobbies["cid"].Chat("/msg 999 nobody"))
		require.NoError(t, lobbies["cid"].Chat("/dance"))
		time.Sleep(time.Second)
		seen := map[string][]kclient.PrivateChat{}
		public, told := 0, 0
		for name, l := range lobbies {
			for {
				soon, cancel := context.WithTimeout(ctx, time.Millisecond)
				e, err := l.NextEvent(soon)
				cancel()
				if err != nil {
					break
				}
				switch e := e.(type) {
				case kclient.PrivateChat:
					seen[name] = append(seen[name], e)
				case kclient.GlobalChat:
					require.Equal(t, "<ann> (1): forged", e.Text)
					public++
				case kclient.ServerMessage:
					if name == "cid" {
						told++
					}
				}
			}
		}
		want := kclient.PrivateChat{From: "ann", FromID: ann.ID, To: bob.Name, ToID: bob.ID, Text: "psst: <b>"}
		require.Equal(t, []kclient.PrivateChat{want}, seen["bob"])
		require.Len(t, seen["ann"], 1)
		require.Equal(t, "psst: <b>", seen["ann"][0].Text[len(seen["ann"][0].Text)-9:])
		require.Empty(t, seen["cid"])
		require.Equal(t, 3, public, "everybody sees the public line, and no command")
		require.GreaterOrEqual(t, told, 3, "the welcome and two answers")
	})
}
