package server

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type woken struct {
	timer timer
	order *[]time.Time
}

func (w *woken) tick(time.Time) { *w.order = append(*w.order, w.timer.at) }

func TestTimersFireInOrder(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	var h timers
	var order []time.Time
	base := time.Unix(1000, 0)
	all := make([]*woken, 300)
	for i := range all {
		all[i] = &woken{order: &order}
		all[i].timer.owner = all[i]
	}
	set := map[int]bool{}
	for range 5000 {
		i := rng.IntN(len(all))
		if rng.IntN(4) == 0 {
			h.set(&all[i].timer, time.Time{})
			delete(set, i)
		} else {
			h.set(&all[i].timer, base.Add(time.Duration(rng.IntN(1000))*time.Millisecond))
			set[i] = true
		}
		for _, w := range all {
			if w.timer.index > 0 {
				require.False(t, w.timer.at.Before(h.next()), "seed %d", seed)
			}
		}
	}
	fire := func(now time.Time) {
		for due := h.due(now); due != nil; due = h.due(now) {
			due.owner.tick(now)
		}
	}
	fire(base.Add(500 * time.Millisecond))
	for _, at := range order {
		require.False(t, at.After(base.Add(500*time.Millisecond)))
	}
	fire(base.Add(time.Hour))
	require.Len(t, order, len(set), "seed %d", seed)
	require.IsNonDecreasing(t, unix(order))
	require.True(t, h.next().IsZero())
}

func unix(ts []time.Time) (out []int64) {
	for _, t := range ts {
		out = append(out, t.UnixNano())
	}
	return out
}
