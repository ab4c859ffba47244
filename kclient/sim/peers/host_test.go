package peers

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// late is a client that returns nothing d times, and then every input of everybody alone at that place, d calls later.
func late(d int) Call {
	var queue [][]byte
	return func(values []byte) (int, error) {
		queue = append(queue, append([]byte(nil), values...))
		if len(queue) <= d {
			return 0, nil
		}
		copy(values, queue[0])
		queue = queue[1:]
		return len(values), nil
	}
}

func TestAHostThatAdvancesRunsAFrameOnEveryCall(t *testing.T) {
	h, other := NewHost(HostConfig{Players: 1, Size: 4}), NewHost(HostConfig{Players: 1, Size: 4})
	call, later := late(3), late(4)
	for range 20 {
		require.NoError(t, h.Frame(call))
		require.NoError(t, other.Frame(later))
	}
	require.Len(t, h.Digests(), 20)
	require.Equal(t, 20, h.Calls())
	least, most, ok := h.OwnLag(0)
	require.True(t, ok)
	require.Equal(t, 3, least)
	require.Equal(t, 3, most)
	require.Equal(t, h.Digests()[:3], other.Digests()[:3], "zeros")
	require.NotEqual(t, h.Digests()[3], other.Digests()[3], "one frame apart")
}

func TestAHostThatRepeatsRunsOnlyFrames(t *testing.T) {
	h, other := NewHost(HostConfig{Players: 1, Size: 4, Repeats: true}),
		NewHost(HostConfig{Players: 1, Size: 4, Repeats: true})
	call, later := late(3), late(4)
	for range 20 {
		require.NoError(t, h.Frame(call))
		require.NoError(t, other.Frame(later))
	}
	require.Equal(t, 23, h.Calls())
	require.Equal(t, 24, other.Calls())
	require.Equal(t, h.Digests(), other.Digests())
	least, most, _ := h.OwnLag(0)
	require.Equal(t, 0, least, "the first inputs were all given before the first frame")
	require.Equal(t, 3, most)
	least, _, _ = h.OwnLag(10)
	require.Equal(t, 3, least)
}

func TestAHostThatIsToldOfAnErrorDoesNotRun(t *testing.T) {
	h := NewHost(HostConfig{Players: 2, Size: 4})
	gone := errors.New("gone")
	require.ErrorIs(t, h.Frame(func([]byte) (int, error) { return 0, gone }), gone)
	require.Empty(t, h.Digests())
	_, _, ok := h.OwnLag(0)
	require.False(t, ok)
}
