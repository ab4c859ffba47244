package timer_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/server/timer"
)

type woken struct {
	timer timer.Timer
	heap  *timer.Heap
	order *[]time.Time
}

func (w *woken) Tick(time.Time) { *w.order = append(*w.order, w.heap.At(&w.timer)) }

func TestTimersFireInOrder(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	var h timer.Heap
	var order []time.Time
	base := time.Unix(1000, 0)
	all := make([]*woken, 300)
	for i := range all {
		all[i] = &woken{heap: &h, order: &order}
		all[i].timer.Owner = all[i]
	}
	set := map[int]bool{}
	for range 5000 {
		i := rng.IntN(len(all))
		if rng.IntN(4) == 0 {
			h.Set(&all[i].timer, time.Time{})
			delete(set, i)
		} else {
			h.Set(&all[i].timer, base.Add(time.Duration(rng.IntN(1000))*time.Millisecond))
			set[i] = true
		}
		for _, w := range all {
			if h.IsSet(&w.timer) {
				require.False(t, h.At(&w.timer).Before(h.Next()), "seed %d", seed)
			}
		}
	}
	fire := func(now time.Time) {
		for due := h.Due(now); due != nil; due = h.Due(now) {
			due.Tick(now)
		}
	}
	fire(base.Add(500 * time.Millisecond))
	for _, at := range order {
		require.False(t, at.After(base.Add(500*time.Millisecond)))
	}
	fire(base.Add(time.Hour))
	require.Len(t, order, len(set), "seed %d", seed)
	require.IsNonDecreasing(t, unix(order))
	require.True(t, h.Next().IsZero())
}

func unix(ts []time.Time) (out []int64) {
	for _, t := range ts {
		out = append(out, t.UnixNano())
	}
	return out
}
