package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-serve" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "soak: the server: %v\n", err)
			os.Exit(1)
		}
		return
	}
	o, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	reasons, err := run(ctx, o, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "soak: interrupted")
		os.Exit(130)
	case err != nil:
		fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		os.Exit(1)
	case len(reasons) > 0:
		for _, r := range reasons {
			fmt.Printf("FAILED: %s\n", r)
		}
		os.Exit(1)
	}
	fmt.Println("flat, in sync, 60 frames a second")
}

type options struct {
	length time.Duration
	every  time.Duration // between two samples
	rate   float64       // of the attacks, 1 is usual
	seed   uint64
	self   []string // the command that serves; empty is this program
}

func parseFlags(arguments []string) (options, error) {
	var o options
	var minutes float64
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.Float64Var(&minutes, "minutes", 2, "how long to soak")
	flags.Float64Var(&o.rate, "rate", 1, "how hard to attack: 1 is about 2,500 datagrams a second, 0 is not at all")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the attacks")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("there is no argument %q, only flags: soak -help lists them", flags.Arg(0))
	}
	for _, f := range []struct {
		name               string
		value, least, most float64
	}{{"minutes", minutes, 0.5, 7 * 24 * 60}, {"rate", o.rate, 0, 100}} {
		if math.IsNaN(f.value) || f.value < f.least || f.value > f.most {
			return o, fmt.Errorf("-%s got %v; it takes a number from %v to %v", f.name, f.value, f.least, f.most)
		}
	}
	o.length = time.Duration(minutes * float64(time.Minute))
	o.every = min(max(o.length/24, 5*time.Second), time.Minute)
	return o, nil
}
