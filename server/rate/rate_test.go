package rate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/server/rate"
)

func TestABurstAndThenOneForEachTime(t *testing.T) {
	r := rate.Rate{Every: 2 * time.Second, Burst: 3}
	now := time.Unix(1000, 0)
	var l rate.Limiter
	burst := func() (n int) {
		for l.Allow(now, r) {
			n++
		}
		return n
	}
	require.Equal(t, 3, burst())
	now = now.Add(1900 * time.Millisecond)
	require.Zero(t, burst())
	now = now.Add(100 * time.Millisecond)
	require.Equal(t, 1, burst())
	now = now.Add(time.Hour)
	require.Equal(t, 3, burst(), "what was not used does not add up")
	for range 1000 {
		require.True(t, l.Allow(now, rate.Rate{Burst: -1}))
	}
}

func TestABucketSpreadsBytes(t *testing.T) {
	const flow, burst = 64 << 10, 32 << 10 // bytes a second, and at once
	now := time.Unix(1000, 0)
	var b rate.Bucket
	sent := 0
	for end := now.Add(10 * time.Second); now.Before(end); now = now.Add(time.Millisecond) {
		for !b.FitsAt(0, flow, burst).After(now) {
			require.True(t, b.Fits(now, 0, flow, burst))
			b.Spend(now, 1400, flow)
			sent += 1400
		}
		require.False(t, b.Fits(now, 0, flow, burst))
	}
	require.InDelta(t, burst+10*flow, sent, 3000)
	require.False(t, b.EmptyAt().Before(now))
}
