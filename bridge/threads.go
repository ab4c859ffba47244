package bridge

import (
	"sync"
	"sync/atomic"
	"time"
)

// Threads are the threads of the emulator. Each is known by a number that no other
// thread of the process has or had, and that is not 0.
type Threads interface {
	// Wake ends the wait of a thread that was told CallWait, or else its next one. Any
	// goroutine calls it, with locks held: it must not wait, nor call the Session.
	Wake(thread uintptr)
	// Lives reports whether the thread still runs. In doubt it does.
	Lives(thread uintptr) bool
}

// waiter is the thread that is told when there is something new. The zero value is
// nobody.
type waiter struct{ thread atomic.Uintptr }

// arm: from now on the thread is woken; look once more before it waits.
func (w *waiter) arm(thread uintptr) { w.thread.Store(thread) }

// wake is for any goroutine. The thread has to arm again.
func (w *waiter) wake(threads Threads) {
	if thread := w.thread.Swap(0); thread != 0 {
		threads.Wake(thread)
	}
}

// goroutines are the threads of a program in Go, which numbers them as it likes.
type goroutines struct {
	mu      sync.Mutex
	threads map[uintptr]*goroutine
}

type goroutine struct {
	wake  chan struct{}
	timer *time.Timer
}

func (g *goroutines) Wake(thread uintptr) {
	select {
	case g.of(thread).wake <- struct{}{}:
	default:
	}
}

func (g *goroutines) Lives(uintptr) bool { return true }

func (g *goroutines) of(thread uintptr) *goroutine {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.threads == nil {
		g.threads = make(map[uintptr]*goroutine)
	}
	t := g.threads[thread]
	if t == nil {
		t = &goroutine{make(chan struct{}, 1), time.NewTimer(0)}
		g.threads[thread] = t
	}
	return t
}

// Wait does what a call asks for whose Kind is CallWait: it waits until thread is
// woken, at most for c.Wait. It is for programs in Go, whose Config has no Threads, and
// does not allocate.
func (s *Session) Wait(thread uintptr, c *Call) {
	g, ok := s.threads.(*goroutines)
	if !ok {
		return
	}
	t := g.of(thread)
	t.timer.Reset(c.Wait)
	select {
	case <-t.wake:
	case <-t.timer.C:
	}
}
