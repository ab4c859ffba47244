package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"kbridge/examples/internal/relay"
)

type options struct {
	builds  string          // folder of kaillera-server and mame/
	players string          // folder of the scripts
	screens string          // where screenshots go
	logs    string          // where logs go
	seconds int             // of each scene
	speed   float64         // the least share of the machine's own frame rate
	far     []time.Duration // each player's distance from the server, one way
}

func main() {
	var o options
	short := flag.Bool("short", false, "seconds instead of minutes, and no demand on the speed: for busy test machines")
	flag.StringVar(&o.builds, "build", "build", "`folder` of kaillera-server and mame/")
	flag.StringVar(&o.players, "players", "examples/mame/players", "`folder` of the scripts that play")
	flag.StringVar(&o.logs, "logs", "", "`folder` for logs (default: mame/logs in the build folder)")
	flag.StringVar(&o.screens, "screens", "", "`folder` for screenshots (default: screens in the build folder)")
	flag.IntVar(&o.seconds, "seconds", 60, "how long each scene is, in seconds of 60 frames")
	flag.Float64Var(&o.speed, "speed", 0.97, "the least speed, as a share of the machine's own frame rate")
	distances := flag.String("distances", "5,45", "how far each player is from the server, in milliseconds one way")
	only := flag.String("scene", "", "play only this `scene`")
	flag.Parse()
	if flag.NArg() > 0 || o.seconds < 5 || o.seconds > 3600 {
		fmt.Fprintln(os.Stderr, "demo: only flags, and 5 to 3600 seconds; demo -help lists the flags")
		os.Exit(2)
	}
	var err error
	if o.far, err = relay.ParseDistances(*distances, 2); err != nil {
		fmt.Fprintf(os.Stderr, "demo: -distances: %v\n", err)
		os.Exit(2)
	}
	if *short {
		o.seconds, o.speed = 8, 0
	}
	if o.logs == "" {
		o.logs = filepath.Join(o.builds, "mame", "logs")
	}
	if o.screens == "" {
		o.screens = filepath.Join(o.builds, "screens")
	}
	// Debian keeps mame out of the usual PATH.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/games")
	for _, needed := range []string{"mame", "Xvfb"} {
		if _, err := exec.LookPath(needed); err != nil {
			fmt.Printf("skipped: %s is not installed (Debian: apt-get install mame xvfb liblua5.3-dev)\n", needed)
			return
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	chosen := slices.DeleteFunc(scenes(o, *short), func(s scene) bool { return *only != "" && s.name != *only })
	if len(chosen) == 0 {
		fmt.Fprintf(os.Stderr, "demo: there is no scene %q\n", *only)
		os.Exit(2)
	}
	if err := run(ctx, o, chosen); err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		stop()
		os.Exit(1)
	}
}

// scene is one game of two MAMEs.
type scene struct {
	name    string
	machine string
	script  string   // who plays; "": the one named after the machine
	apart   bool     // the machines must come apart, and it must be seen
	options []string // of mame
	loss    float64  // of datagrams, each way
	// The connection type, 0 as 1: how many frames travel together. More of them are a longer frame delay, which is
	// what a lost datagram needs to be sent again before anybody waits for it.
	connection int
	frames     int       // 0: the players must be turned away
	leaves     int       // after so many frames player 2 leaves; 0: at the end
	env        [2]string // of each MAME, beside the usual
}

func scenes(o options, short bool) []scene {
	frames := o.seconds * 60
	nes := []string{"-cart", filepath.Join(o.logs, "trails.nes")}
	all := []scene{
		{name: "pong", machine: "pong", frames: frames},
		{name: "pong-lossy", machine: "pong", frames: frames, loss: 0.05, connection: 3},
		{name: "nes", machine: "nes", options: nes, frames: min(frames, 1200)},
		{name: "one-leaves", machine: "nes", options: nes, frames: 480, leaves: 240},
		{name: "apart", machine: "nes", script: "apart", options: nes, frames: 480, apart: true},
		{name: "other-version", machine: "pong", env: [2]string{"", "KMAME_VERSION=0.999"}},
	}
	if short {
		return all[1:]
	}
	return all
}
