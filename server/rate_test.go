package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRate(t *testing.T) {
	r := Rate{Every: 2 * time.Second, Burst: 3}
	now := time.Unix(1000, 0)
	var l rater
	burst := func() (n int) {
		for l.allow(now, r) {
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
		require.True(t, l.allow(now, Rate{Burst: -1}))
	}
}

func TestPacer(t *testing.T) {
	now := time.Unix(1000, 0)
	var p pacer
	sent := 0
	for end := now.Add(10 * time.Second); now.Before(end); now = now.Add(time.Millisecond) {
		for !p.next().After(now) {
			p.spend(now, 1400)
			sent += 1400
		}
	}
	require.InDelta(t, paceBurst+10*paceRate, sent, 3000)
}
