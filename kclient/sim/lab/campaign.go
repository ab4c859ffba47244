package lab

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"kbridge/kclient/guard"
)

// Room is who plays together: the connection type of each player.
type Room struct {
	Name        string
	Connections []int
}

// Rooms are those of the campaign.
func Rooms() []Room {
	return []Room{
		{"2", []int{1, 1}},
		{"4", []int{1, 1, 1, 1}},
		{"8", []int{1, 1, 1, 1, 1, 1, 1, 1}},
		{"2slow", []int{3, 3}},
		{"2bad", []int{6, 6}},
		{"mixed", []int{1, 2, 3, 4}},
		{"1+6", []int{1, 6}},
	}
}

// Campaign is many games: every strategy in every room and weather on every seed.
type Campaign struct {
	Weathers   []Weather
	Rooms      []Room
	Strategies []Strategy
	Seeds      []uint64
	Length     time.Duration // of each game
	Mixed      Mixed
	Workers    int // 0 is one for each processor
	Progress   func(done, of int)
}

// Row is what came of one room in one weather, all seeds together.
type Row struct {
	Weather    string
	Room       string
	Strategies []Strategy
	Results    []Result // of each strategy
	Failing    []Config // what to run again, with a trace
}

// Of is the result of a strategy; ok is false if it did not play.
func (r *Row) Of(s Strategy) (*Result, bool) {
	if i := slices.Index(r.Strategies, s); i >= 0 {
		return &r.Results[i], true
	}
	return nil, false
}

// Run plays the campaign. The rows do not depend on Workers.
func (c Campaign) Run() ([]Row, error) {
	type job struct {
		row      int
		cfg      Config
		strategy int
		result   Result
		err      error
	}
	var rows []Row
	var jobs []*job
	for _, w := range c.Weathers {
		for _, room := range c.Rooms {
			for _, seed := range c.Seeds {
				for i, s := range c.Strategies {
					cfg := Config{Strategy: s, Weather: w, Connections: room.Connections, Seed: seed, Length: c.Length,
						Mixed: c.Mixed}
					jobs = append(jobs, &job{row: len(rows), cfg: cfg, strategy: i})
				}
			}
			rows = append(rows, Row{Weather: w.Name, Room: room.Name, Strategies: c.Strategies,
				Results: make([]Result, len(c.Strategies))})
		}
	}
	var (
		workers sync.WaitGroup
		mu      sync.Mutex // guards next and done
		next    int
		done    int
	)
	for range c.workers() {
		guard.GoIn(&workers, "lab", func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(jobs) {
					return
				}
				jobs[i].err = guard.Try("lab", func() (err error) {
					jobs[i].result, err = Run(jobs[i].cfg)
					return err
				})
				mu.Lock()
				done++
				if c.Progress != nil {
					c.Progress(done, len(jobs))
				}
				mu.Unlock()
			}
		}, nil)
	}
	workers.Wait()
	for _, j := range jobs {
		if j.err != nil {
			return nil, j.err
		}
		row := &rows[j.row]
		row.Results[j.strategy].Add(&j.result)
		if len(j.result.Failures) > 0 {
			row.Failing = append(row.Failing, j.cfg)
		}
	}
	return rows, nil
}

func (c Campaign) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// The target: in a weather that loses 1, 5 or 10 % of everything, ours stalls at most
// maxStall times as long as the floor does and sends no more datagrams. Differences
// below smallStall in a minute are not looked at: where the frame delay has room for
// several frames the floor hardly ever stalls.
const (
	maxStall   = 1.5
	smallStall = 60 * time.Millisecond // a thousandth of the time
)

var targetWeathers = []string{"loss1", "loss5", "loss10"}

// Missed says in words what is not as it should be: any desync, lost message or lost
// game of ours or the floor's, and the target.
func Missed(rows []Row) (missed []string) {
	miss := func(r *Row, format string, args ...any) {
		missed = append(missed, fmt.Sprintf("%s, room %s: %s", r.Weather, r.Room, fmt.Sprintf(format, args...)))
	}
	for i := range rows {
		r := &rows[i]
		for _, s := range []Strategy{Ours, Floor} {
			if res, ok := r.Of(s); ok && (res.Desyncs+res.Lost+res.GamesLost > 0 || len(res.Failures) > 0) {
				miss(r, "%v: %d desyncs, %d messages lost, %d games lost: %s", s, res.Desyncs, res.Lost, res.GamesLost,
					strings.Join(res.Failures, "; "))
			}
		}
		ours, played := r.Of(Ours)
		floor, beside := r.Of(Floor)
		if !played || !beside || !slices.Contains(targetWeathers, r.Weather) {
			continue
		}
		if a, b := ours.StallPerMinute(), floor.StallPerMinute(); a-b > smallStall && float64(a) > maxStall*float64(b) {
			miss(r, "ours stalls %v a minute, the floor %v", a.Round(time.Millisecond), b.Round(time.Millisecond))
		}
		if a, b := ours.DatagramsPerFrame(), floor.DatagramsPerFrame(); a > b {
			miss(r, "ours sends %.3f datagrams a frame, the floor %.3f", a, b)
		}
	}
	return missed
}
