package server

import "time"

// ticker is what a timer wakes: a session, a login under way or a room.
type ticker interface {
	// tick handles the time and schedules the next one.
	tick(now time.Time)
}

// timer is one entry of the heap; it is embedded in what it wakes, so that
// scheduling never allocates.
type timer struct {
	at    time.Time
	index int // in the heap, from 1; 0 when it is not in there
	owner ticker
}

// timers is a min-heap by time, so that what is due is found without looking at
// every session for every datagram.
type timers struct{ heap []*timer }

// next is the earliest time; zero when there is none.
func (h *timers) next() time.Time {
	if len(h.heap) == 0 {
		return time.Time{}
	}
	return h.heap[0].at
}

// set schedules, moves or (with a zero time) cancels.
func (h *timers) set(t *timer, at time.Time) {
	switch {
	case at.IsZero():
		h.remove(t)
		return
	case t.index == 0:
		h.heap = append(h.heap, t)
		t.index = len(h.heap)
	case t.at.Equal(at):
		return
	}
	t.at = at
	h.up(t.index - 1)
	h.down(t.index - 1)
}

func (h *timers) remove(t *timer) {
	if t.index == 0 {
		return
	}
	i, last := t.index-1, len(h.heap)-1
	h.swap(i, last)
	h.heap[last] = nil
	h.heap = h.heap[:last]
	t.index = 0
	if i < last {
		moved := h.heap[i]
		h.up(moved.index - 1)
		h.down(moved.index - 1)
	}
}

// due takes out a timer whose time has come; nil when there is none. Its owner's tick must
// leave it in the future or nowhere.
func (h *timers) due(now time.Time) *timer {
	if len(h.heap) == 0 || h.heap[0].at.After(now) {
		return nil
	}
	t := h.heap[0]
	h.remove(t)
	return t
}

func (h *timers) swap(i, j int) {
	h.heap[i], h.heap[j] = h.heap[j], h.heap[i]
	h.heap[i].index, h.heap[j].index = i+1, j+1
}

func (h *timers) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.heap[i].at.Before(h.heap[parent].at) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *timers) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(h.heap) && h.heap[child].at.Before(h.heap[least].at) {
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
