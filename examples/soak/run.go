package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// sample is one line of the table.
type sample struct {
	at         time.Duration // since the games began
	rss        int           // bytes; 0 where the system does not tell
	files      int
	heap       int // bytes, after a collection
	goroutines int
	users      int
	pending    int
	received   float64       // datagrams a second
	hostile    float64       // of them, sent by attackers
	slowest    float64       // frames a second of the slowest player since the last sample
	stall      time.Duration // the longest wait for a frame since the last sample
}

// result is everything that the verdict is made of.
type result struct {
	samples   []sample
	games     []*game
	elapsed   time.Duration // that the players played
	newcomers *newcomers
	talkers   *talkers
	victims   []*victim
	server    error // how it ended
}

// run soaks and returns why the server did not pass; err is that it could not be tried.
func run(ctx context.Context, o options, out io.Writer) (reasons []string, err error) {
	r, err := soak(ctx, o, out)
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	report := verdict(r)
	fmt.Fprintf(out, "\n%d newcomers, %d not let in, the slowest took %v\n", r.newcomers.came.Load(),
		r.newcomers.failed.Load(),
		time.Duration(r.newcomers.slowest.Load()).Round(time.Millisecond))
	fmt.Fprintf(out, "%d lines said to %d listeners each\n", r.talkers.said.Load(), len(r.talkers.all))
	for _, v := range r.victims {
		fmt.Fprintln(out, v)
	}
	for _, g := range r.games {
		for _, p := range g.players {
			fmt.Fprintf(out, "%s in %s: %d frames, %.2f a second\n", p.name, g.name, p.frames.Load(),
				float64(p.frames.Load())/r.elapsed.Seconds())
		}
	}
	return report, nil
}

func soak(ctx context.Context, o options, out io.Writer) (*result, error) {
	// Whatever hangs: the soak ends.
	ctx, cancel := context.WithTimeout(ctx, o.length+time.Minute)
	defer cancel()
	s, err := startServer(ctx, o.self)
	if err != nil {
		return nil, err
	}
	playCtx, stop := context.WithCancel(ctx)
	defer stop()
	var working sync.WaitGroup
	r := &result{newcomers: &newcomers{}}
	a, err := newAttack(s.addr, o)
	if err == nil {
		r.games, err = openGames(playCtx, s.addr, &working)
	}
	if err == nil {
		r.talkers, err = openTalkers(playCtx, s.addr)
	}
	if err == nil {
		working.Go(func() { r.talkers.run(playCtx) })
		working.Go(func() { r.newcomers.run(playCtx, s.addr) })
		a.begin(playCtx, &working)
		err = r.watch(playCtx, o, s, a, out)
	}
	stop()
	working.Wait()
	if a != nil {
		r.victims = a.victims
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	r.server = s.stop()
	return r, nil
}

// watch samples until the time is over.
func (r *result) watch(ctx context.Context, o options, s *served, a *attack, out io.Writer) error {
	begun := time.Now()
	fmt.Fprintf(out, "%d players in %d games on %s, attacked at rate %v, seed %d\n\n", len(everybody(r.games)),
		len(r.games), s.addr, o.rate, o.seed)
	fmt.Fprintln(out,
		"   time   RSS MiB  heap MiB  goroutines  files  users  pending  datagrams/s  hostile/s  slowest fps  longest stall")
	before := map[*player]int64{}
	var received, hostile int
	last := begun
	for time.Since(begun) < o.length {
		pause(ctx, min(o.every, o.length-time.Since(begun)))
		if ctx.Err() != nil {
			return nil
		}
		now := time.Now()
		took := now.Sub(last).Seconds()
		last = now
		x := sample{at: now.Sub(begun), slowest: 1e9}
		for _, p := range everybody(r.games) {
			n := p.frames.Load()
			x.slowest = min(x.slowest, float64(n-before[p])/took)
			x.stall = max(x.stall, time.Duration(p.worst.Swap(0)))
			before[p] = n
		}
		said, err := s.ask()
		if err != nil {
			return err
		}
		if x.rss, x.files, err = footprint(s.cmd.Process.Pid); err != nil {
			return err
		}
		x.heap, x.goroutines, x.users, x.pending = said.heap, said.goroutines, said.users, said.pending
		sent := int(a.sent.Load())
		x.received, x.hostile = float64(said.received-received)/took, float64(sent-hostile)/took
		received, hostile = said.received, sent
		r.samples = append(r.samples, x)
		fmt.Fprintf(out, "%7s %9.1f %9.1f %11d %6d %6d %8d %12.0f %10.0f %12.1f %14v\n", x.at.Round(time.Second),
			float64(x.rss)/(1<<20), float64(x.heap)/(1<<20),
			x.goroutines, x.files, x.users, x.pending, x.received, x.hostile, x.slowest,
			x.stall.Round(time.Millisecond))
	}
	r.elapsed = time.Since(begun)
	return nil
}

func everybody(games []*game) (all []*player) {
	for _, g := range games {
		all = append(all, g.players...)
	}
	return all
}
