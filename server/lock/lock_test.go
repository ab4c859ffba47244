package lock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/server/lock"
)

// flusher is somebody who sends what it has been told.
type flusher struct {
	sent int
	then func()
}

func (f *flusher) Flush(time.Time) {
	f.sent++
	if f.then != nil {
		f.then()
	}
}

// Whoever was touched is flushed before the next one gets the lock; also whom a flush has touched.
func TestWhoeverWasToldSomethingIsFlushedBeforeTheLockIsGivenBack(t *testing.T) {
	var l lock.Lock
	var a, b, c flusher
	a.then = func() { l.Touch(&c) }
	l.Lock()
	l.Touch(&a)
	l.Touch(&b)
	require.False(t, l.Idle())
	require.Zero(t, a.sent)
	next := make(chan [3]int)
	go func() {
		l.Lock()
		sent := [3]int{a.sent, b.sent, c.sent}
		l.Unlock(time.Time{})
		next <- sent
	}()
	l.Unlock(time.Time{})
	require.Equal(t, [3]int{1, 1, 1}, <-next, "and nobody twice")
}

// A flush that panics does not keep the lock, and the others are flushed by whoever has it next.
func TestAPanicInAFlushGivesTheLockBack(t *testing.T) {
	var l lock.Lock
	bad, good := flusher{then: func() { panic("full") }}, flusher{}
	l.Lock()
	l.Touch(&bad)
	l.Touch(&good)
	require.Panics(t, func() { l.Unlock(time.Time{}) })
	l.Lock()
	l.Unlock(time.Time{})
	require.Equal(t, 1, bad.sent, "what has panicked is not tried again")
	require.Equal(t, 1, good.sent)
}
