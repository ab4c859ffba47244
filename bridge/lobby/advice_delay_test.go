package lobby

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// What the room shows is what the server will give: of the player's own ping, and longer where types are mixed.
func TestTheRoomShowsTheFrameDelayOfTheGame(t *testing.T) {
	player := func(c wire.ConnectionType, ping int) kclient.Player {
		return kclient.Player{Connection: c, Ping: time.Duration(ping) * time.Millisecond}
	}
	require.Equal(t, []int{1, 6}, frameDelays([]kclient.Player{player(1, 10), player(1, 90)}))
	require.Equal(t, []int{5, 5}, frameDelays([]kclient.Player{player(3, 10), player(3, 40)}))
	require.Equal(t, []int{1, 0, 8}, frameDelays([]kclient.Player{player(1, 10), player(9, 10), player(3, 40)}),
		"no type 9")
	require.Empty(t, frameDelays(nil))
}
