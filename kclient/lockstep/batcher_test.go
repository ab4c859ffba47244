package lockstep_test

import (
	"errors"
	"strings"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
)

func TestBatcherConfig(t *testing.T) {
	good := lockstep.BatcherConfig{Connection: 1, Players: 1}
	_, err := lockstep.NewBatcher(good)
	must(t, err == nil, "%v", err)
	for _, row := range []struct {
		change func(*lockstep.BatcherConfig)
		says   string
	}{
		{func(c *lockstep.BatcherConfig) { c.Connection = 0 }, "connection type 0"},
		{func(c *lockstep.BatcherConfig) { c.Connection = 7 }, "connection type 7"},
		{func(c *lockstep.BatcherConfig) { c.Connection = 255 }, "connection type 255"},
		{func(c *lockstep.BatcherConfig) { c.FrameDelay = -1 }, "frame delay -1"},
		{func(c *lockstep.BatcherConfig) { c.FrameDelay = 0xFFFF }, "frame delay 65535"},
		{func(c *lockstep.BatcherConfig) { c.Players = 0 }, "0 players"},
		{func(c *lockstep.BatcherConfig) { c.Players = 9 }, "9 players"},
		{func(c *lockstep.BatcherConfig) { c.Numbering = 2 }, "numbering 2"},
	} {
		config := good
		row.change(&config)
		b, err := lockstep.NewBatcher(config)
		must(t, b == nil && errors.Is(err, lockstep.ErrConfig), "%+v: %v", config, err)
		must(t, strings.Contains(err.Error(), row.says), "%v does not say %q", err, row.says)
	}
}

func TestCollectRefusesBadSizes(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 2, FrameDelay: 3, Players: 2})
	refuse := func(want error, n int) {
		t.Helper()
		_, send, err := b.Collect(make([]byte, n))
		equal(t, want, err, "%d bytes", n)
		must(t, !send)
	}
	refuse(lockstep.ErrSize, 0)
	refuse(lockstep.ErrSize, lockstep.MaxFrameSize+1)
	refuse(lockstep.ErrSize, 1<<20)
	equal(t, 0, b.Size(), "a refused input fixes no size")
	refuse(nil, 4)
	equal(t, 4, b.Size())
	equal(t, 8, b.FrameSize())
	n, ok := b.Next(nil)
	must(t, ok && n == 0)
	refuse(lockstep.ErrSizeChanged, 5)
	refuse(lockstep.ErrSizeChanged, 2)
	refuse(lockstep.ErrSize, 0)
	// None of them counted: this is call 2, and fills the batch.
	out, send, err := b.Collect([]byte("abcd"))
	must(t, err == nil && send, "%v", err)
	equal(t, "\x00\x00\x00\x00abcd", string(out.Payload))
}

// One Collect, one answer.
func TestOrderOfCalls(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, FrameDelay: 1, Players: 1})
	var dst [1]byte
	_, ok := b.Next(dst[:])
	must(t, !ok, "Next before Collect")
	must(t, !b.Waiting(), "nobody waits before the first call")
	_, _, err := b.Collect([]byte("a"))
	must(t, err == nil, "%v", err)
	_, _, err = b.Collect([]byte("b"))
	equal(t, lockstep.ErrOrder, err)
	n, ok := b.Next(dst[:])
	must(t, ok && n == 0)
	_, ok = b.Next(dst[:])
	must(t, !ok, "an answer is given once")
	_, _, err = b.Collect([]byte("b"))
	must(t, err == nil && b.Waiting(), "%v", err)
	_, _, err = b.Collect([]byte("c"))
	equal(t, lockstep.ErrOrder, err)
	must(t, b.Receive([]byte("a")) == nil)
	must(t, b.Receive([]byte("b")) == nil)
	n, ok = b.Next(dst[:])
	must(t, ok && n == 1)
	_, ok = b.Next(dst[:])
	must(t, !ok, "a frame is queued, but it belongs to the next call")
	must(t, !b.Waiting())
	equal(t, 1, b.Queued())
}

// The payload that Collect gave out stays as it was until the next one is given out, though more input is collected.
func TestPayloadStaysWhileTheNextIsCollected(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 3, FrameDelay: 9, Players: 1})
	var last lockstep.GameData
	for i, input := range "abcdefghijkl" {
		out, send, err := b.Collect([]byte{byte(input)})
		must(t, err == nil, "%v", err)
		b.Next(nil)
		if send {
			last = out
		}
		if i >= 2 {
			from := (i+1)/3*3 - 3
			equal(t, "abcdefghijkl"[from:from+3], string(last.Payload), "after call %d", i+1)
		}
	}
}

func TestInputAndReceivedPayloadAreCopied(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, Players: 1})
	input, payload, dst := []byte("a"), []byte("x"), make([]byte, 1)
	out, _, _ := b.Collect(input)
	input[0] = '!'
	equal(t, "a", string(out.Payload))
	must(t, b.Receive(payload) == nil)
	payload[0] = '!'
	_, ok := b.Next(dst)
	must(t, ok)
	equal(t, "x", string(dst))
	_, _, err := b.Collect([]byte("a"))
	must(t, err == nil, "%v", err)
	must(t, b.ReceiveCached(0) == nil)
	_, ok = b.Next(dst)
	must(t, ok)
	equal(t, "x", string(dst))
}

// The next game begins with empty caches, an open size and no counts, whatever the one before was.
func TestReset(t *testing.T) {
	b := begun(t, lockstep.BatcherConfig{Connection: 1, FrameDelay: 0, Players: 4}, 24)
	must(t, b.Receive(make([]byte, 96)) == nil)
	must(t, b.Reset(lockstep.BatcherConfig{Connection: 9}) != nil)
	equal(t, 1, b.Messages(), "a refused Reset changes nothing")
	equal(t, 96, b.FrameSize())
	for _, numbering := range []framecache.Numbering{framecache.Window, framecache.Window, framecache.Ring,
		framecache.Ring} {
		must(t, b.Reset(lockstep.BatcherConfig{Connection: 2, FrameDelay: 1, Players: 1, Numbering: numbering}) == nil)
		equal(t, 0, b.Size()+b.FrameSize()+b.Batches()+b.Messages()+b.Frames()+b.Cached()+b.Queued()+b.ServerProven())
		equal(t, 3, b.Delay())
		equal(t, lockstep.ErrPosition, b.ReceiveCached(0))
		equal(t, lockstep.ErrEarly, b.Receive([]byte("xy")))
		for i := range 4 {
			out, send, err := b.Collect([]byte{0})
			must(t, err == nil, "%v", err)
			equal(t, i%2 == 1, send)
			equal(t, i == 3, out.Cached)
			must(t, b.Waiting() == (i == 3))
			b.Next(nil)
		}
		must(t, b.Receive([]byte("xy")) == nil)
	}
}
