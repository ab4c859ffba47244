package logqueue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/logqueue"
)

// pipe is a writer that can be stopped, as a pipe is that nobody reads.
type pipe struct {
	gate sync.Mutex // held while nobody reads

	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) {
	p.gate.Lock()
	defer p.gate.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *pipe) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSpace(p.buf.String()), "\n")
}

func TestWhoLogsNeverWaitsAndIsToldWhatWasDropped(t *testing.T) {
	var p pipe
	h := logqueue.New(slog.NewTextHandler(&p, nil))
	log := slog.New(h)
	log.Info("before")
	require.True(t, h.Flush(time.Minute))
	p.gate.Lock()
	const lines = 10 * logqueue.MaxRecords
	for i := range lines { // waits for ever if anything of it waits for the pipe
		log.Info("line", "n", i)
	}
	require.False(t, h.Flush(time.Millisecond))
	dropped := h.Dropped()
	require.Greater(t, dropped, lines-2*logqueue.MaxRecords-1)
	p.gate.Unlock()
	require.True(t, h.Flush(time.Minute))

	got := p.lines()
	require.Contains(t, got[0], "msg=before")
	written, last, said := 0, -1, 0
	for _, line := range got[1:] {
		if _, after, ok := strings.Cut(line, "were dropped"); ok {
			n := 0
			_, err := fmt.Sscanf(after[strings.Index(after, "lines="):], "lines=%d", &n)
			require.NoError(t, err, line)
			said += n
			continue
		}
		n := 0
		_, err := fmt.Sscanf(line[strings.Index(line, "n="):], "n=%d", &n)
		require.NoError(t, err, line)
		require.Greater(t, n, last, "the order is kept")
		last = n
		written++
	}
	require.Contains(t, got[len(got)-1], "were dropped")
	require.Equal(t, dropped, said)
	require.Equal(t, lines, written+dropped)
}

func TestWhatWaitsIsBoundedInBytes(t *testing.T) {
	var p pipe
	h := logqueue.New(slog.NewTextHandler(&p, nil))
	p.gate.Lock()
	text := strings.Repeat("x", logqueue.MaxBytes/8)
	for range 100 {
		slog.New(h).Info("large", "text", text)
	}
	require.GreaterOrEqual(t, h.Dropped(), 100-8)
	p.gate.Unlock()
	require.True(t, h.Flush(time.Minute))
	dropped := h.Dropped()
	slog.New(h).Info("large", "text", text)
	require.True(t, h.Flush(time.Minute))
	require.Equal(t, dropped, h.Dropped(), "there is room again")
}

func TestNothingRunsWhileNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		var p pipe
		h := logqueue.New(slog.NewTextHandler(&p, nil))
		slog.New(h).Info("one")
		require.True(t, h.Flush(time.Second))
		require.True(t, h.Flush(0))
		require.Len(t, p.lines(), 1)
	})
}

type panics struct{ slog.Handler }

func (panics) Handle(_ context.Context, r slog.Record) error { panic("the handler's own fault") }

func TestAHandlerThatPanicsLosesItsRecordOnly(t *testing.T) {
	h := logqueue.New(panics{slog.NewTextHandler(&bytes.Buffer{}, nil)})
	for range 3 {
		slog.New(h).Info("x")
	}
	require.True(t, h.Flush(time.Minute))
}

func TestHandlerKeepsTheRulesOfSlog(t *testing.T) {
	var p pipe
	h := logqueue.New(slog.NewJSONHandler(&p, nil))
	require.NoError(t, slogtest.TestHandler(h, func() (all []map[string]any) {
		require.True(t, h.Flush(time.Minute))
		for _, line := range p.lines() {
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &m))
			all = append(all, m)
		}
		return all
	}))
}
