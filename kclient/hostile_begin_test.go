package kclient_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kbridge/kclient/sim/network"
)

// Row 44: whose line breaks between its ready and the server's rejoins a game that has begun without it, and
// its call that waited for the beginning counts: its machine runs the same frames as the others'.
func TestALineThatBreaksAtTheBeginningShiftsNoMachine(t *testing.T) {
	line := network.Profile{Delay: 30 * time.Millisecond}
	forRooms(t, match{seed: 110, frames: 1500, profile: line}, func(t *testing.T, m match) {
		m.table(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
			for _, s := range seats {
				all.Go(func() { s.play(ctx, m.frames) })
			}
			// The readys leave together when the start has reached everybody, and the answer takes as long as they.
			time.Sleep(line.Delay + line.Delay/2)
			w.cut(seats[1], true)
			time.Sleep(15 * time.Second)
			w.cut(seats[1], false)
			all.Wait()
			for _, s := range seats {
				if s.err != nil {
					t.Fatal(s.name, s.err)
				}
			}
			if seats[1].behind == 0 || seats[0].behind != 0 {
				t.Fatal("the line has not broken at the right moment")
			}
			requireSame(t, seats...)
		})
	})
}

// Row 44: when the lines of all players break before the first frame, nobody is there to say how long an input is. They
// rejoin all the same, and the game begins.
func TestAGameOfWhichNobodyHasHeardBegins(t *testing.T) {
	line := network.Profile{Delay: 30 * time.Millisecond}
	for _, types := range rejoinRooms { // a game of one player keeps no seat
		t.Run(fmt.Sprint(types), func(t *testing.T) {
			m := match{seed: 120, types: types, size: 4, frames: 600, profile: line}
			m.table(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
				for _, s := range seats {
					all.Go(func() { s.play(ctx, m.frames) })
				}
				time.Sleep(line.Delay + line.Delay/2)
				for _, s := range seats {
					w.cut(s, true)
				}
				time.Sleep(15 * time.Second)
				for i, s := range seats {
					w.cut(s, false)
					time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				}
				time.Sleep(20 * time.Second)
				for _, s := range seats {
					if s.count() < m.frames {
						t.Fatalf("%s has run %d frames", s.name, s.count())
					}
				}
				all.Wait()
				for _, s := range seats {
					if s.err != nil {
						t.Fatal(s.name, s.err)
					}
				}
				requireSame(t, seats...)
			})
		})
	}
}
