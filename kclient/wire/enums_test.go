package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConnectionTypes(t *testing.T) {
	names := []string{"LAN", "Excellent", "Good", "Average", "Low", "Bad"}
	for i, name := range names {
		c := ConnectionType(i + 1)
		require.True(t, c.Valid())
		require.Equal(t, i+1, c.Frames())
		require.Equal(t, name, c.String())
	}
	for c := 0; c < 256; c++ {
		require.Equal(t, c >= 1 && c <= 6, ConnectionType(c).Valid())
		require.True(t, ConnectionType(c).Frames() >= 1 && ConnectionType(c).Frames() <= 6)
	}
}

func TestStates(t *testing.T) {
	for s, name := range []string{"waiting", "playing", "netsync"} {
		require.True(t, GameState(s).Valid())
		require.Equal(t, name, GameState(s).String())
		// EmuLinker has 1 and 2 the other way round: neither takes players.
		require.Equal(t, s == 0, GameState(s).Joinable())
	}
	for s, name := range []string{"playing", "idle", "connecting"} {
		require.True(t, UserState(s).Valid())
		require.Equal(t, name, UserState(s).String())
	}
	require.False(t, GameState(3).Valid())
	require.False(t, GameState(255).Joinable())
	require.Equal(t, "game state 255", GameState(255).String())
	require.False(t, UserState(3).Valid())
	require.Equal(t, "user state 255", UserState(255).String())
}
