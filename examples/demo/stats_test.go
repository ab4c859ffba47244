package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/examples/internal/relay"
)

const gameEnded = `time=2026-01-02T03:04:05.678Z level=INFO msg="game ended" reason="the emulator \"left\" it" player=2 players=2 ` +
	`frames=600 frame_delay=1 ping=412.5µs stall=1.5s longest_stall=300ms duration=10s bytes_sent=30000 bytes_received=40005 ` +
	`datagrams_sent=610 datagrams_received=620 inputs=602 inputs_cached=590`

func TestParseStats(t *testing.T) {
	want := stats{
		reason: `the emulator "left" it`, player: 2, players: 2, frames: 600, frameDelay: 1,
		ping: 412500 * time.Nanosecond, stall: 1500 * time.Millisecond, longestStall: 300 * time.Millisecond,
		duration:  10 * time.Second,
		bytesSent: 30000, bytesReceived: 40005, datagramsSent: 610, datagramsReceived: 620, inputs: 602,
		inputsCached: 590,
	}
	other := strings.Replace(gameEnded, "frames=600", "frames=1", 1)
	got, err := parseStats(strings.NewReader("\nnonsense = \n" + other + "\nmsg=\"game started\" player=1\n" +
		gameEnded + "\nmsg=end\n"))
	require.NoError(t, err)
	require.Equal(t, want, got, "the last game counts")
	require.InDelta(t, 61.0, got.perSecond(got.datagramsSent), 1e-9)

	_, err = parseStats(strings.NewReader(`msg="game started"`))
	require.ErrorIs(t, err, errNoStats)
	_, err = parseStats(strings.NewReader(strings.Replace(gameEnded, "inputs=602", "inputs=many", 1)))
	require.EqualError(t, err, `inputs is "many", which is not a number`)
	_, err = parseStats(strings.NewReader(strings.Replace(gameEnded, "ping=412.5µs", "", 1)))
	require.EqualError(t, err, `ping is "", which is not a duration`)
	_, err = readStats(t.TempDir() + "/none")
	require.Error(t, err)
}

// TestAttributes reads back what slog writes.
func TestAttributes(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info(`a "line"`, "empty", "", "equals", "a=b", "newline", "a\nb", "plain",
		7, "odd key", "x")
	got := attributes(strings.TrimSpace(log.String()))
	delete(got, "time")
	require.Equal(t, "7", got["plain"])
	require.Equal(t, `a "line"`, got["msg"])
	require.Equal(t, "", got["empty"])
	require.Equal(t, "a=b", got["equals"])
	require.Equal(t, "a\nb", got["newline"])
}

func TestSummary(t *testing.T) {
	var c comparison
	for p := range 2 {
		for n := 1; n <= 3; n++ {
			require.NoError(t, c.add(p, at(n), time.Unix(0, 0).Add(time.Duration(n)*time.Second/60)))
		}
	}
	s, err := parseStats(strings.NewReader(gameEnded))
	require.NoError(t, err)
	var out strings.Builder
	printSummary(&out, [2]string{"ann", "bob"}, [2]relay.Line{{Delay: 5 * time.Millisecond},
		{Delay: 45 * time.Millisecond, Jitter: 10 * time.Millisecond}}, &c, [2]stats{s, s})
	require.Equal(t, `                           player 1 (ann)           player 2 (bob)
  distance, one way        5 ms                     45 ± 10 ms
  frames of the machine    3                        3
  frames per second        60.0                     60.0
  frame delay              1 frame (17 ms)          1 frame (17 ms)
  ping                     0.4 ms                   0.4 ms
  longest stall            300.0 ms                 300.0 ms
  total stall              1500.0 ms                1500.0 ms
  sent                     3000 bytes/s             3000 bytes/s
                           61.0 datagrams/s         61.0 datagrams/s
  received                 4000 bytes/s             4000 bytes/s
                           62.0 datagrams/s         62.0 datagrams/s
  inputs sent cached       590 of 602               590 of 602
  state digest             00000000000000e7         00000000000000e7
`, out.String())
}
