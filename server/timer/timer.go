// Package timer is a heap of times, so that what is due is found without looking at everybody for every datagram.
//
// A Timer is embedded in what it wakes, so that setting one never allocates. The heap's lock is a leaf: whoever has
// another lock may set timers, and nothing is called with it held. So when Due has taken a timer out, the caller takes
// the lock of its owner and looks whether that is still there.
package timer

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Owner is what a timer wakes.
type Owner interface {
	// Tick does what the time has come for, and sets the timer to the next time.
	Tick(now time.Time)
}

// Timer is one entry of a heap. Its zero value is not set.
type Timer struct {
	Owner Owner // does not change while the timer is set
	at    time.Time
	index int // in the heap, from 1; 0 when it is not in there
}

// Heap is a min-heap by time. Its zero value is empty. All methods may be called from any goroutine.
type Heap struct {
	mu     sync.Mutex
	timers []*Timer
}

// Next is the earliest time; zero when there is none.
func (h *Heap) Next() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.timers) == 0 {
		return time.Time{}
	}
	return h.timers[0].at
}

// Len is how many timers are set.
func (h *Heap) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.timers)
}

// IsSet reports whether a timer is set.
func (h *Heap) IsSet(t *Timer) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return t.index > 0
}

// At is the time that a timer is set to, or was last.
func (h *Heap) At(t *Timer) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return t.at
}

// Set schedules, moves or (with a zero time) cancels.
func (h *Heap) Set(t *Timer, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case at.IsZero():
		h.remove(t)
		return
	case t.index == 0:
		h.timers = append(h.timers, t)
		t.index = len(h.timers)
	case t.at.Equal(at):
		return
	}
	t.at = at
	h.up(t.index - 1)
	h.down(t.index - 1)
}

// Remove cancels.
func (h *Heap) Remove(t *Timer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(t)
}

// Due takes out a timer whose time has come, and returns its owner; nil when there is none. The owner's Tick must leave
// the timer in the future or nowhere.
func (h *Heap) Due(now time.Time) Owner {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.timers) == 0 || h.timers[0].at.After(now) {
		return nil
	}
	t := h.timers[0]
	h.remove(t)
	return t.Owner // read with the lock held: who is used again may be given another one
}

// Mend makes a heap again of whatever is there after a panic, without the timers whose owner is not there any more.
func (h *Heap) Mend(there func(Owner) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := slices.DeleteFunc(h.timers, func(t *Timer) bool { return t == nil })
	for _, t := range old {
		t.index = 0
	}
	slices.SortFunc(old, func(a, b *Timer) int { return a.at.Compare(b.at) }) // a sorted list is a heap
	h.timers = nil
	for _, t := range old {
		if t.index == 0 && there(t.Owner) {
			h.timers = append(h.timers, t)
			t.index = len(h.timers)
		}
	}
}

// Check says what is wrong with the heap, for tests; nil if nothing is.
func (h *Heap) Check(there func(Owner) bool) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, t := range h.timers {
		if t.at.IsZero() || t.index != i+1 || !there(t.Owner) {
			err = errors.Join(err, fmt.Errorf("timer %d is set to nothing, or wakes something that is gone", i))
		}
		if i > 0 && t.at.Before(h.timers[(i-1)/2].at) {
			err = errors.Join(err, fmt.Errorf("timer %d is out of order", i))
		}
	}
	return err
}

func (h *Heap) remove(t *Timer) {
	if t.index == 0 {
		return
	}
	i, last := t.index-1, len(h.timers)-1
	h.swap(i, last)
	h.timers[last] = nil
	h.timers = h.timers[:last]
	t.index = 0
	if i < last {
		moved := h.timers[i]
		h.up(moved.index - 1)
		h.down(moved.index - 1)
	}
}

func (h *Heap) swap(i, j int) {
	h.timers[i], h.timers[j] = h.timers[j], h.timers[i]
	h.timers[i].index, h.timers[j].index = i+1, j+1
}

func (h *Heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.timers[i].at.Before(h.timers[parent].at) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *Heap) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(h.timers) && h.timers[child].at.Before(h.timers[least].at) {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}

// Earliest is the earlier one of two times; the zero time is never.
func Earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
