package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// at is the frame n of a machine in which both players press keys.
func at(n int) frame {
	return frame{number: n, digest: uint64(n) * 77, keys: 0x2020}
}

func TestComparisonInSync(t *testing.T) {
	var c comparison
	begin := time.Now()
	for n := 1; n <= 121; n++ { // player 2 is five frames behind
		require.NoError(t, c.add(0, at(n), begin.Add(time.Duration(n)*time.Second/60)))
		if n > 5 {
			require.NoError(t, c.add(1, at(n-5), begin.Add(time.Duration(n)*time.Second/30)))
		}
	}
	require.EqualError(t, c.verdict(121), "player 2 played 116 of 121 frames")
	for n := 117; n <= 121; n++ {
		require.NoError(t, c.add(1, at(n), begin.Add(time.Duration(n+5)*time.Second/30)))
	}
	require.NoError(t, c.verdict(121))
	require.Equal(t, 121, c.compared)
	require.InDelta(t, 60, c.framesPerSecond(0), 0.01)
	require.InDelta(t, 30, c.framesPerSecond(1), 0.01)
	require.EqualError(t, c.verdict(122), "player 1 played 121 of 122 frames")
}

func TestComparisonDesync(t *testing.T) {
	for _, first := range []int{0, 1} { // whichever reports first
		var c comparison
		for n := 1; n <= 3; n++ {
			odd := at(n)
			if n == 2 {
				odd.digest = 5
			}
			for _, p := range []int{first, 1 - first} {
				f := at(n)
				if p == 1 {
					f = odd
				}
				require.NoError(t, c.add(p, f, time.Now()))
			}
		}
		err := c.verdict(3)
		require.EqualError(t, err, "DESYNC at frame 2")
		require.Equal(t,
			"both machines got the keys 2020, and came to the states 000000000000009a and 0000000000000005",
			c.desync.String())
	}

	var c comparison
	f := at(1)
	f.keys = 0x0020
	require.NoError(t, c.add(0, at(1), time.Now()))
	require.NoError(t, c.add(1, f, time.Now()))
	require.EqualError(t, c.verdict(1), "DESYNC at frame 1")
	require.Equal(t, "the machines got different keys, 2020 and 0020", c.desync.String())
}

func TestComparisonFaults(t *testing.T) {
	var c comparison
	require.EqualError(t, c.add(0, at(2), time.Now()), "player 1 reported frame 2 after frame 0")
	require.NoError(t, c.add(1, at(1), time.Now()))
	require.EqualError(t, c.add(1, at(1), time.Now()), "player 2 reported frame 1 after frame 1")

	// Two machines that stand still together are equal, but nobody has played.
	c = comparison{}
	for p := range 2 {
		f := at(1)
		f.keys = 0x0020
		require.NoError(t, c.add(p, f, time.Now()))
	}
	require.EqualError(t, c.verdict(1), "no key of player 2 has reached the machines")

	c = comparison{}
	for n := 1; n <= maxAhead; n++ {
		require.NoError(t, c.add(0, at(n), time.Now()))
	}
	require.ErrorContains(t, c.add(0, at(maxAhead+1), time.Now()), "ahead of the other")
}
