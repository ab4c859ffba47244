package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kbridge/examples/internal/relay"
)

func main() {
	o, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(err)
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, o, os.Stdout)
	if ctx.Err() != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: interrupted")
		os.Exit(130)
	}
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

// helpError is flag.ErrHelp with the text that was asked for.
type helpError string

func (e helpError) Error() string        { return string(e) }
func (e helpError) Is(target error) bool { return target == flag.ErrHelp }

// framesPerSecond is what the emulators are paced at, and what frames are turned into milliseconds with.
const framesPerSecond = 60

type options struct {
	lines   [2]relay.Line // between each emulator and the server
	frames  int           // of the machine, to be played
	builds  string        // the folder with the programs
	logs    string        // where logs go; "" = a temporary folder
	seed    uint64        // of the relay and the bots
	players [2]string
	crash   int // the frame at which player 2 is killed, and started again a second later; 0 = never

	gameStart time.Duration // the longest wait for the first frame
	noFrame   time.Duration // and for each later one
}

// parseFlags returns an error that is flag.ErrHelp, and says all, if help was asked for.
func parseFlags(arguments []string) (options, error) {
	o := options{players: [2]string{"ann", "bob"}, gameStart: gameStart, noFrame: noFrame}
	var loss, jitter, seconds, crash float64
	var distances, delay string
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.Float64Var(&loss, "loss", 0, "how many of 100 datagrams are lost on each line, each way")
	flags.StringVar(&distances, "distances", "5,45",
		"how long a datagram takes on each player's line, one way, in milliseconds")
	flags.StringVar(&delay, "delay", "", "the same for both lines, instead of -distances")
	flags.Float64Var(&jitter, "jitter", 0, "how much earlier or later than that it may come, in milliseconds")
	flags.Float64Var(&seconds, "seconds", 10, "how long to play, in seconds of 60 frames")
	flags.Float64Var(&crash, "crash", 0,
		"kill player 2 after so many `seconds`, and start it again one second later (0 = do not)")
	flags.StringVar(&o.builds, "lib-dir", "build", "`folder` of chip8, kaillera-server and libkailleraclient.so")
	flags.StringVar(&o.logs, "log-dir", "",
		"`folder` to keep the logs in (default: a temporary one, kept only if something failed)")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the computer players and of the losses")
	var said strings.Builder
	flags.SetOutput(&said)
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return o, helpError(said.String())
	case err != nil:
		return o, fmt.Errorf("%w; demo -help lists the flags", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("there is no argument %q, only flags: demo -help lists them", flags.Arg(0))
	}
	for _, f := range []struct {
		name               string
		value, least, most float64
	}{
		{"loss", loss, 0, 90},
		{"jitter", jitter, 0, 1000},
		{"seconds", seconds, 0.1, 3600},
		{"crash", crash, 0, seconds},
	} {
		if math.IsNaN(f.value) || f.value < f.least || f.value > f.most {
			return o, fmt.Errorf("-%s got %v; it takes a number from %v to %v", f.name, f.value, f.least, f.most)
		}
	}
	milliseconds := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	name, text := "distances", distances
	if delay != "" {
		name, text = "delay", delay
	}
	far, err := relay.ParseDistances(text, len(o.lines))
	if err != nil {
		return o, fmt.Errorf("-%s: %w", name, err)
	}
	for p := range o.lines {
		o.lines[p] = relay.Line{Loss: loss / 100, Delay: far[p], Jitter: milliseconds(jitter)}
	}
	o.crash = int(math.Round(crash * framesPerSecond))
	o.frames = int(math.Round(seconds * framesPerSecond))
	return o, nil
}
