package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/server"
)

// Row 26: a panic in a room closes that room, one in a session ends that session; one while that is done cuts it out of
// every table. The members of a room that is closed stay users, and may open another one.
func TestAPanicInARoomOrSessionEndsThatOneOnly(t *testing.T) {
	for _, broken := range []struct {
		what   string
		closes bool // the room; else its owner's session ends, and the guest plays on
	}{
		{"mixer", true}, {"lines", true}, {"timer", true}, {"room", true}, {"history", true},
		{"link", false}, {"session", true}, {"names", false},
	} {
		t.Run(broken.what, func(t *testing.T) {
			var log errorLog
			cfg := server.Config{Logger: log.logger()}
			inArena(t, 26, network.Profile{Delay: 10 * time.Millisecond}, cfg, func(a *arena) {
				t := a.t
				others := []<-chan []run{bystanders(a, 1), bystanders(a, 2)}
				var lobbies []*kclient.Client
				var seats []*kclient.Room
				for _, name := range []string{"owner", "guest"} {
					lobby, err := a.ours(name, nil)
					require.NoError(t, err)
					lobbies = append(lobbies, lobby)
					seats = append(seats, enterRoom(t, lobby, 3))
				}
				require.NoError(t, seats[0].Start(t.Context()))
				plays := playAll(a, seats, 300)
				time.Sleep(2 * time.Second)
				a.server.Break(broken.what, 3)
				if broken.what == "names" { // seen when the next one comes
					_, err := a.ours("third", func(c *kclient.Config) { c.LoginTimeout = 3 * time.Second })
					require.Error(t, err)
				}
				results := <-plays
				for i, r := range results {
					switch {
					case broken.what == "names", !broken.closes && i == 1:
						require.NoError(t, r.err, "player %d", i)
					case broken.closes && !(broken.what == "session" && i == 0):
						require.ErrorIs(t, r.err, kclient.ErrRoomClosed, "player %d", i)
					}
				}
				for _, room := range others {
					requirePlayed(t, <-room)
				}
				time.Sleep(20 * time.Second)
				require.Empty(t, a.server.Disorder())
				st := a.server.Stats()
				require.Zero(t, st.Pending)
				require.Positive(t, st.InternalErrors)
				require.LessOrEqual(t, len(log.lines), 3, "%s", strings.Join(log.lines, ""))
				a.faults = st.InternalErrors
				if broken.closes && broken.what != "session" {
					require.Equal(t, 6, st.Users)
					require.Equal(t, 2, st.Rooms)
					seats = []*kclient.Room{enterRoom(t, lobbies[0], 4), enterRoom(t, lobbies[1], 4)}
					require.NoError(t, seats[0].Start(t.Context()))
					requirePlayed(t, <-playAll(a, seats, 100))
				}
				_, err := a.ours("later", nil)
				require.NoError(t, err)
				t.Logf("faults %d, lines in the log %d, users %d, rooms %d", st.InternalErrors, len(log.lines),
					st.Users, st.Rooms)
			})
		})
	}
}
