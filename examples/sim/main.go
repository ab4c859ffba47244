// Command sim plays hours of netplay over bad networks in minutes, without a socket, and
// prints what the players would have felt: our rules of resending, those of a classic
// client and server, and an oracle that no rule at the pace of the frames can beat. See
// README.md.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kbridge/kclient/sim/lab"
)

type options struct {
	seeds, first uint64
	minutes      float64
	profiles     string
	rooms        string
	strategies   string
	keep         string
	real         float64
	quiet        bool
	mixed        string
}

func main() {
	var o options
	flag.Uint64Var(&o.seeds, "seeds", 3, "how many seeds each game is played on")
	flag.Uint64Var(&o.first, "seed", 1, "the first seed")
	flag.Float64Var(&o.minutes, "minutes", 10, "simulated minutes of each game")
	flag.StringVar(&o.profiles, "profile", "", "comma-separated networks (default: all): "+strings.Join(weatherNames(),
		" "))
	flag.StringVar(&o.rooms, "room", "", "comma-separated rooms (default: all): "+strings.Join(roomNames(), " "))
	flag.StringVar(&o.strategies, "strategy", "", "comma-separated strategies (default: all): ours classic floor")
	flag.StringVar(&o.keep, "keep", "", "directory for the traces of failing seeds")
	flag.Float64Var(&o.real, "real", 0,
		"instead: minutes of real time over real sockets through a lossy relay, beside the simulation")
	flag.StringVar(&o.mixed, "mixed", "delays",
		"what the server does about mixed connection types: delays, padded or plain")
	flag.BoolVar(&o.quiet, "quiet", false, "no progress on stderr")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "sim: %q is not a flag; sim -help lists them\n", flag.Arg(0))
		os.Exit(2)
	}
	ok, err := run(o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run plays what the options say; ok is whether everything was as it should be.
func run(o options, out io.Writer) (ok bool, err error) {
	c, err := o.campaign()
	if err != nil {
		return false, err
	}
	if o.real > 0 {
		return runReal(o, c, out)
	}
	begun := time.Now()
	rows, err := c.Run()
	if err != nil {
		return false, err
	}
	if err := lab.WriteTable(out, rows); err != nil {
		return false, err
	}
	played := time.Duration(0)
	for i := range rows {
		for k := range rows[i].Results {
			played += rows[i].Results[k].Played
		}
	}
	fmt.Fprintf(out, "\n%.1f hours of play (all players and strategies), simulated in %v; seeds %d to %d, %v each\n",
		played.Hours(), time.Since(begun).Round(time.Second), o.first, o.first+o.seeds-1, c.Length)
	missed := lab.Missed(rows)
	for _, m := range missed {
		fmt.Fprintln(out, "NOT AS IT SHOULD BE:", m)
	}
	if len(missed) == 0 {
		fmt.Fprintln(out,
			"no desync, no message lost, no game of ours lost; where both played, 1, 5 and 10 % loss stall at most 1.5 times the floor, with no more datagrams")
	}
	return len(missed) == 0, keep(o, rows, out)
}

func (o options) campaign() (c lab.Campaign, err error) {
	if o.seeds < 1 || o.minutes <= 0 || o.minutes > 100_000 {
		return c, fmt.Errorf("%d seeds of %g minutes: both must be above 0", o.seeds, o.minutes)
	}
	c = lab.Campaign{Length: time.Duration(o.minutes * float64(time.Minute))}
	if c.Mixed, err = lab.ParseMixed(cmp.Or(o.mixed, lab.MixedDelays.String())); err != nil {
		return c, err
	}
	for i := range o.seeds {
		c.Seeds = append(c.Seeds, o.first+i)
	}
	if c.Weathers, err = choose(o.profiles, lab.Weathers(), weatherNames(), "network"); err != nil {
		return c, err
	}
	if c.Rooms, err = choose(o.rooms, lab.Rooms(), roomNames(), "room"); err != nil {
		return c, err
	}
	c.Strategies = lab.Strategies
	if o.strategies != "" {
		c.Strategies = nil
		for name := range strings.SplitSeq(o.strategies, ",") {
			s, err := lab.ParseStrategy(name)
			if err != nil {
				return c, err
			}
			c.Strategies = append(c.Strategies, s)
		}
	}
	if !o.quiet {
		c.Progress = func(done, of int) {
			fmt.Fprintf(os.Stderr, "\r%d of %d games", done, of)
			if done == of {
				fmt.Fprintln(os.Stderr)
			}
		}
	}
	return c, nil
}

// choose picks the named ones of all, in the order of all.
func choose[T any](wanted string, all []T, names []string, what string) (chosen []T, err error) {
	if wanted == "" {
		return all, nil
	}
	asked := strings.Split(wanted, ",")
	for _, name := range asked {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no %s %q: use one or more of %s", what, name, strings.Join(names, " "))
		}
	}
	for i, name := range names {
		if slices.Contains(asked, name) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}

func weatherNames() (names []string) {
	for _, w := range lab.Weathers() {
		names = append(names, w.Name)
	}
	return names
}

func roomNames() (names []string) {
	for _, r := range lab.Rooms() {
		names = append(names, r.Name)
	}
	return names
}

// keep plays every failing game again with a trace, and writes the end of it to a file.
func keep(o options, rows []lab.Row, out io.Writer) error {
	if o.keep == "" {
		return nil
	}
	for i := range rows {
		for _, cfg := range rows[i].Failing {
			if err := os.MkdirAll(o.keep, 0o755); err != nil {
				return err
			}
			tail := &tailWriter{limit: 1 << 20}
			cfg.Trace = tail
			result, err := lab.Run(cfg)
			if err != nil {
				return err
			}
			name := filepath.Join(o.keep, fmt.Sprintf("%s-%s-%v-%d.txt", rows[i].Weather, rows[i].Room, cfg.Strategy,
				cfg.Seed))
			again := fmt.Sprintf("go run ./examples/sim -profile %s -room %s -strategy %v -seeds 1 -seed %d -minutes %g\n",
				rows[i].Weather, rows[i].Room, cfg.Strategy, cfg.Seed, o.minutes)
			text := again + strings.Join(result.Failures, "\n") + "\n\n" + string(tail.kept)
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				return err
			}
			fmt.Fprintln(out, "kept", name)
		}
	}
	return nil
}

// tailWriter keeps the last bytes written to it.
type tailWriter struct {
	limit int
	kept  []byte
}

func (t *tailWriter) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if len(t.kept) > 2*t.limit {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-t.limit:]...)
	}
	return len(b), nil
}
