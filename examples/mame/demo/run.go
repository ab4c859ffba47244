package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"kbridge/examples/internal/process"
	"kbridge/examples/internal/relay"
)

// Every wait has a bound.
const (
	serverStart = 10 * time.Second
	noFrame     = 60 * time.Second // without a frame of either, from the start on: MAME may take long to start
	playerExit  = 20 * time.Second // from the last frame to the end; the lobby lingers for 5 s
	look        = 20 * time.Millisecond
)

// turnedAwayBy is the frame by which players who cannot play together have long said so.
const turnedAwayBy = 600

// digestEvery is how many frames of the machine lie between two digests that are compared.
const digestEvery = 10

// run plays all scenes; nil means that all was as it should be.
func run(ctx context.Context, o options, all []scene) error {
	if err := os.RemoveAll(o.logs); err != nil {
		return err
	}
	for _, folder := range []string{o.logs, o.screens} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := writeCartridge(filepath.Join(o.players, "nes.hex"), filepath.Join(o.logs, "trails.nes")); err != nil {
		return err
	}
	var failed error
	for _, s := range all {
		if err := play(ctx, o, s); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w (the logs are in %s)", s.name, err,
				filepath.Join(o.logs, s.name)))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// play plays one scene.
func play(ctx context.Context, o options, s scene) error {
	folder, err := filepath.Abs(filepath.Join(o.logs, s.name))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// Ending what was started is the same whatever happens: MAMEs first, so that they can say good-bye.
	var running []*process.Process
	outer, stopOuter := context.WithCancel(context.Background())
	inner, stopInner := context.WithCancel(ctx)
	defer func() {
		stopInner()
		for _, p := range running[min(len(running), 3):] {
			<-p.Done()
		}
		stopOuter()
		for _, p := range running {
			<-p.Done()
		}
	}()

	server, address, err := startServer(ctx, outer, o, folder)
	if server != nil {
		running = append(running, server)
	}
	if err != nil {
		return err
	}
	var screens [2]*screen
	for n := range screens {
		if screens[n], err = startScreen(outer, fmt.Sprintf("screen%d", n+1), folder); screens[n] != nil {
			running = append(running, screens[n].process)
		}
		if err != nil {
			return err
		}
	}
	g := game{scene: s, options: o, screens: screens}
	var lines []string
	for n := range g.mames {
		line := relay.Line{Delay: o.far[n], Loss: s.loss}
		r, err := relay.New(address, line.Ways(uint64(n+1)))
		if err != nil {
			return err
		}
		defer r.Close()
		lines = append(lines, line.String())
		if err := g.startMAME(inner, n, r.Addr(), folder); err != nil {
			return err
		}
		running = append(running, g.mames[n])
	}
	fmt.Printf("%s: two MAMEs, %v, their lines to the server: %s\n", s.name, s.machine, strings.Join(lines, "; "))
	if s.frames == 0 {
		return g.turnedAway(ctx)
	}
	err = g.watch(ctx)
	if s.apart {
		if !errors.Is(err, errDesync) {
			return fmt.Errorf("one wrong byte was not noticed: %v", err)
		}
		fmt.Printf("  one wrong byte after frame 100, and: %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	return g.judge()
}

// startServer starts kaillera-server on a free port and waits until it answers.
func startServer(ctx, lifetime context.Context, o options, folder string) (*process.Process, netip.AddrPort, error) {
	probe, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	address := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close()
	server, err := process.Start(lifetime, process.Options{Name: "server", Folder: folder},
		filepath.Join(o.builds, "kaillera-server"), "-listen", address.String())
	if err != nil {
		return nil, address, err
	}
	ping, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return server, address, err
	}
	defer ping.Close()
	for end := time.Now().Add(serverStart); time.Now().Before(end) && ctx.Err() == nil &&
		!server.Ended(); time.Sleep(look) {
		ping.Write([]byte("PING\x00"))
		ping.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		var answer [16]byte
		if n, err := ping.Read(answer[:]); err == nil && strings.HasPrefix(string(answer[:n]), "PONG") {
			return server, address, nil
		}
	}
	return server, address, fmt.Errorf("the server on %s does not answer; see %s", address, server.Out)
}

// game is one game of two MAMEs.
type game struct {
	scene   scene
	options options
	screens [2]*screen
	mames   [2]*process.Process
	digests [2]follower

	shots, same int // screenshots, and those on which both screens were equal in each pixel
}

// frames is how many a player is to play.
func (g *game) frames(n int) int {
	if n == 1 && g.scene.leaves > 0 {
		return g.scene.leaves
	}
	return g.scene.frames
}

func (g *game) startMAME(ctx context.Context, n int, server netip.AddrPort, folder string) error {
	name := fmt.Sprintf("mame%d", n+1)
	script, err := filepath.Abs(filepath.Join(g.options.players, cmp.Or(g.scene.script, g.scene.machine)+".lua"))
	if err != nil {
		return err
	}
	g.digests[n].path = filepath.Join(folder, name+".digests")
	environment := []string{
		"DISPLAY=" + g.screens[n].display, "XDG_RUNTIME_DIR=" + folder, "KMAME_HOME=" + filepath.Join(folder, name),
		"KMAME_SCRIPT=" + script, "KMAME_DIGESTS=" + g.digests[n].path, "KMAME_EVERY=" + strconv.Itoa(digestEvery),
		"KMAME_HOLD=" + strconv.Itoa(g.shotEvery()), "KMAME_FRAMES=" +
			strconv.Itoa(cmp.Or(g.frames(n), turnedAwayBy)),
		"KAILLERA_SERVER=" + server.String(), "KAILLERA_NICK=" + [2]string{"ann", "bob"}[n], "KAILLERA_ROLE=" +
			[2]string{"create", "join"}[n],
		"KAILLERA_GAME=", "KAILLERA_PLAYERS=2", "KAILLERA_CONNECTION=" + strconv.Itoa(max(g.scene.connection, 1)),
		"KAILLERA_CHARSET=", "KAILLERA_RECORD=",
		"KAILLERA_LOG=" + filepath.Join(folder, name+".log"),
	}
	if g.scene.env[n] != "" {
		environment = append(environment, g.scene.env[n])
	}
	arguments := append([]string{g.scene.machine}, g.scene.options...)
	if longest := g.scene.frames/50 + 60; longest < 300 {
		// A run with an end below 300 s does not ask anybody to confirm that the machine is not emulated perfectly.
		arguments = append(arguments, "-seconds_to_run", strconv.Itoa(longest))
	}
	arguments = append(arguments, "-window", "-video", "soft", "-sound", "none", "-resolution",
		fmt.Sprintf("%dx%d", screenWidth, screenHeight))
	g.mames[n], err = process.Start(ctx, process.Options{Name: name, Folder: folder, Environment: environment,
		Goodbye: goodbye}, filepath.Join(g.options.builds, "mame", "kmame"), arguments...)
	return err
}

// shotEvery is the number of frames between screenshots: ten seconds of the game, less in short ones.
func (g *game) shotEvery() int {
	if g.scene.frames < 1200 {
		return 240
	}
	return 600
}

// watch follows both until they have ended, and takes a screenshot every ten seconds of the game.
func (g *game) watch(ctx context.Context) error {
	shots := g.shotEvery()
	next, last := shots, time.Now()
	for !g.mames[0].Ended() || !g.mames[1].Ended() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		now := time.Now()
		for n := range g.digests {
			before := g.digests[n].frame()
			if err := g.digests[n].read(now); err != nil {
				return err
			}
			if g.digests[n].frame() > before {
				last = now
			}
		}
		if _, err := compare(g.digests[0].records, g.digests[1].records); err != nil {
			return err
		}
		if min(g.digests[0].frame(), g.digests[1].frame()) >= next {
			path := filepath.Join(g.options.screens, fmt.Sprintf("%s-%02ds.png", g.scene.name, next/60))
			same, err := shoot(path, g.screens)
			if err != nil {
				return err
			}
			g.shots++
			if same {
				g.same++
			}
			next += shots
		}
		limit := noFrame
		if g.digests[0].frame() >= g.frames(0) && g.digests[1].frame() >= g.frames(1) {
			limit = playerExit
		}
		if now.Sub(last) > limit {
			return fmt.Errorf("nothing happens any more: at frames %d and %d of %d", g.digests[0].frame(),
				g.digests[1].frame(), g.scene.frames)
		}
	}
	return nil
}

// judge prints what was measured and says what is wrong with it.
func (g *game) judge() error {
	for n := range g.digests {
		if err := g.digests[n].read(time.Now()); err != nil {
			return err
		}
		if got := g.digests[n].frame(); got != g.frames(n) {
			return fmt.Errorf("player %d played %d of %d frames and said: %s", n+1, got, g.frames(n),
				strings.Join(said(g.mames[n]), "; "))
		}
		for _, line := range said(g.mames[n]) {
			if strings.HasPrefix(line, "DESYNC") || strings.HasPrefix(line, "error") {
				return errors.New(line)
			}
		}
	}
	equal, err := compare(g.digests[0].records, g.digests[1].records)
	if err != nil {
		return err
	}
	if want := min(g.frames(0), g.frames(1)) / digestEvery; equal < want {
		return fmt.Errorf("only %d of %d digests were compared", equal, want)
	}
	// Machines that stand still, or see no input, are equal too and prove nothing.
	shown := pictures(g.digests[0].records)
	if shown < equal/4 {
		return fmt.Errorf("only %d different pictures in %d compared frames: do the scripts play?", shown, equal)
	}
	fmt.Printf("  %d frames of the machine; equal states and pictures in all %d compared; %d different pictures\n",
		g.scene.frames, equal, shown)
	fmt.Printf("  %d screenshots, %d of them with every pixel the same on both screens\n", g.shots, g.same)
	slowest := 1.0
	for n := range g.digests {
		frames, speed := g.digests[n].rate()
		fmt.Printf("  player %d: %.1f frames a second, %.1f %% of the machine's own speed\n", n+1, frames, 100*speed)
		slowest = min(slowest, speed)
		for _, line := range said(g.mames[n]) {
			if strings.Contains(line, "has left the game") && g.scene.leaves > 0 {
				fmt.Printf("  player %d read: %s\n", n+1, line)
			}
		}
	}
	if slowest < g.options.speed {
		load, _ := os.ReadFile("/proc/loadavg") // a busy computer is the usual cause
		return fmt.Errorf("%.1f %% of the machine's speed is too slow: %.1f %% was asked for (load average %.14s on %d processors)",
			100*slowest, 100*g.options.speed, load, runtime.NumCPU())
	}
	return nil
}

// turnedAway waits until both have refused to play.
func (g *game) turnedAway(ctx context.Context) error {
	for _, p := range g.mames {
		select {
		case <-p.Done():
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(noFrame):
			return fmt.Errorf("%s plays on with a player that it should refuse", p.Name)
		}
		var refusal string
		for _, line := range said(p) {
			if strings.HasPrefix(line, "no game with these players: ") {
				refusal = line
			}
		}
		if refusal == "" {
			return fmt.Errorf("%s did not refuse and said: %s", p.Name, strings.Join(said(p), "; "))
		}
		fmt.Printf("  %s\n", refusal)
	}
	return nil
}

// goodbye is how long MAME may take to end before it is killed.
const goodbye = 5 * time.Second

// said is what the plugin printed.
func said(p *process.Process) []string {
	text, _ := os.ReadFile(p.Out)
	var lines []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if words, ok := strings.CutPrefix(line, "kaillera: "); ok {
			lines = append(lines, words)
		}
	}
	return lines
}
