package main

import (
	"fmt"
	"slices"
	"time"
)

// What still counts as flat and as 60 frames a second.
const (
	// memorySlack is how much the middle sample of the second half may be above the middle one of the second quarter;
	// the first quarter is for tables and caches to get their size. Not the largest ones: the hoarders' games fill
	// caches of some megabytes and give them back, now in one half, now in the other. A leak of 100 bytes for each of
	// 2,500 datagrams a second is 15 MB a minute.
	memorySlack = 6 << 20

	// mostMemory is what the server may take in all, whatever is thrown at it.
	mostMemory = 64 << 20

	// mostRatio is how many bytes may go to a host that has proven nothing for each that came from there.
	mostRatio = 3

	// leastFrames is per second and player over the whole soak, leastInterval between two samples: a tenth of a
	// second may be lost to the machine's own business.
	leastFrames   = 59.7
	leastInterval = 58.0

	// slowLogin is how long a newcomer may wait: a login has four round trips and a goodbye.
	slowLogin = 3 * time.Second
)

// verdict says what is wrong; nothing is a pass.
func verdict(r *result) (reasons []string) {
	fail := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if r.server != nil {
		fail("the server did not end well: %v", r.server)
	}
	if len(r.samples) < 4 {
		fail("only %d samples: nothing can be said", len(r.samples))
		return reasons
	}
	for _, of := range []struct {
		what  string
		unit  float64
		slack int
		of    func([]int) int // the samples of a part of the soak
		value func(sample) int
	}{
		{"resident memory (MiB)", 1 << 20, memorySlack, middle, func(s sample) int { return s.rss }},
		{"heap (MiB)", 1 << 20, memorySlack, middle, func(s sample) int { return s.heap }},
		{"goroutines", 1, 0, slices.Max[[]int], func(s sample) int { return s.goroutines }},
		{"open files", 1, 0, slices.Max[[]int], func(s sample) int { return s.files }},
	} {
		early, late := growth(r.samples, of.of, of.value)
		if late > early+of.slack {
			fail("%s grew from %.1f to %.1f", of.what, float64(early)/of.unit, float64(late)/of.unit)
		}
	}
	for _, g := range r.games {
		if g.desync > 0 {
			fail("%s: the players' machines were given different input by frame %d", g.name, g.desync)
		}
		if least := int(leastFrames * r.elapsed.Seconds() / checkpoint); g.compared < least {
			fail("%s: the players were compared at %d frames, and should have been at %d", g.name, g.compared, least)
		}
		for _, p := range g.players {
			if err := p.err.Load(); err != nil {
				fail("%v", *err)
			} else if fps := float64(p.frames.Load()) / r.elapsed.Seconds(); fps < leastFrames {
				fail("%s in %s played %.2f frames a second", p.name, g.name, fps)
			}
		}
	}
	for _, v := range r.victims {
		if v.sent.Load() >= leastSent && v.ratio() > mostRatio {
			fail("the server was used against somebody: %v", v)
		}
	}
	if r.talkers != nil {
		reasons = append(reasons, r.talkers.lost()...)
		if err := r.talkers.err.Load(); err != nil {
			fail("%v", *err)
		}
	}
	for _, s := range r.samples {
		if s.rss > mostMemory {
			fail("resident memory was %.1f MiB after %v", float64(s.rss)/(1<<20), s.at.Round(time.Second))
		}
		if s.slowest < leastInterval {
			fail("the slowest player had %.1f frames a second before %v", s.slowest, s.at.Round(time.Second))
		}
	}
	if n := r.newcomers; n.came.Load() == 0 || n.failed.Load() > 0 {
		fail("%d of %d newcomers were not let in", n.failed.Load(), n.came.Load())
		if err := n.err.Load(); err != nil {
			fail("the last of them: %v", *err)
		}
	} else if d := time.Duration(n.slowest.Load()); d > slowLogin {
		fail("a newcomer's visit took %v", d.Round(time.Millisecond))
	}
	return reasons
}

// growth is what of makes of the second quarter of the soak and of its second half.
func growth(samples []sample, of func([]int) int, value func(sample) int) (early, late int) {
	n := len(samples)
	var second, last []int
	for i, s := range samples {
		switch {
		case i >= n/2:
			last = append(last, value(s))
		case i >= n/4:
			second = append(second, value(s))
		}
	}
	return of(second), of(last)
}

func middle(values []int) int {
	slices.Sort(values)
	return values[len(values)/2]
}
