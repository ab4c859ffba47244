package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kbridge/examples/internal/process"
	"kbridge/examples/internal/relay"
)

// goodbye is how long a program that was asked to end may take before it is killed. Tests shorten it.
var goodbye = process.Goodbye

// Every wait has a bound.
const (
	serverStart = 10 * time.Second // until the server answers
	gameStart   = 60 * time.Second // until the first frame; the library waits 30 s for the room
	noFrame     = 25 * time.Second // between frames; the library gives up after 15 s without a datagram
	playerExit  = 15 * time.Second // from the last frame to the end of the emulator
)

// run is the whole demo; nil means that everything was in sync.
func run(ctx context.Context, o options, out *os.File) error {
	folder, temporary := o.logs, o.logs == ""
	if temporary {
		var err error
		if folder, err = os.MkdirTemp("", "kbridge-demo"); err != nil {
			return err
		}
	} else if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	err := play(ctx, o, folder, out)
	switch {
	case ctx.Err() != nil || err == nil:
		if temporary {
			os.RemoveAll(folder)
		}
	default:
		var logs strings.Builder
		for _, name := range []string{"server.out", "player1.out", "player1.log", "player2.out", "player2.log"} {
			logs.WriteString(process.Tail(filepath.Join(folder, name)))
		}
		fmt.Fprint(os.Stderr, logs.String())
		err = fmt.Errorf("%w (the logs are in %s)", err, folder)
	}
	return err
}

func play(ctx context.Context, o options, folder string, out *os.File) error {
	// The server outlives the players, so that they can say good-bye.
	serverContext, stopServer := context.WithCancel(context.Background())
	server, address, err := startServer(ctx, serverContext, o, folder)
	defer func() {
		stopServer()
		if server != nil {
			<-server.Done()
		}
	}()
	if err != nil {
		return err
	}

	g := &game{options: o, server: server, folder: folder, display: newDisplay(out, o.players),
		reports: make(chan report, 64)}
	fmt.Fprintf(out, "server on %s, playing %d frames of the machine\n", address, o.frames)
	for p, l := range o.lines {
		fmt.Fprintf(out, "player %d (%s) is %v from the server\n", p+1, o.players[p], l)
	}

	playersContext, cancelPlayers := context.WithCancel(ctx)
	stopPlayers := func() {
		cancelPlayers()
		for _, p := range g.players {
			if p != nil {
				<-p.Done()
			}
		}
	}
	defer stopPlayers()
	for p := range g.players {
		g.addresses[p] = address
		if l := o.lines[p]; !l.Perfect() {
			r, err := relay.New(address, l.Ways(o.seed+uint64(p)))
			if err != nil {
				return err
			}
			defer r.Close()
			g.addresses[p] = r.Addr()
		}
		if err := g.startPlayer(playersContext, p); err != nil {
			return err
		}
	}

	err = g.watch(ctx, playersContext)
	g.display.end(&g.comparison)
	if err != nil {
		return err
	}
	stopPlayers() // they have ended, unless their machines came apart
	return g.judge(folder, out)
}

// startServer starts kaillera-server on a free port of loopback and waits until it answers.
func startServer(ctx, lifetime context.Context, o options, folder string) (*process.Process, netip.AddrPort, error) {
	loopback := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0"))
	probe, err := net.ListenUDP("udp4", loopback)
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("no UDP on loopback: %w", err)
	}
	address := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close()
	server, err := process.Start(lifetime, process.Options{Name: "server", Folder: folder},
		filepath.Join(o.builds, "kaillera-server"), "-listen", address.String(), "-log-level", "info")
	if err != nil {
		return nil, address, err
	}

	ctx, cancel := context.WithTimeout(ctx, serverStart)
	defer cancel()
	ping, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return server, address, err
	}
	defer ping.Close()
	for {
		// An error here is the port unreachable of a server that is not up yet.
		ping.Write([]byte("PING\x00"))
		ping.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		var answer [16]byte
		if n, err := ping.Read(answer[:]); err == nil && strings.HasPrefix(string(answer[:n]), "PONG") {
			return server, address, nil
		}
		select {
		case <-server.Done():
			return server, address, fmt.Errorf("the server ended at once: %v", server.Err())
		case <-ctx.Done():
			return server, address, fmt.Errorf("the server on %s does not answer: %w", address, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// game is one game of two emulators. One goroutine owns it.
type game struct {
	options    options
	server     *process.Process
	players    [2]*process.Process
	addresses  [2]netip.AddrPort // where each player's emulator finds the server
	reports    chan report
	comparison comparison
	display    *display
	folder     string
	crash      crash
}

// report is one thing that came through an emulator's pipe: a frame, or with err its end.
type report struct {
	player int
	frame  frame
	err    error // io.EOF for an orderly end
}

// startPlayer starts one emulator and follows its reports.
func (g *game) startPlayer(ctx context.Context, player int) error {
	folder := g.folder
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	role := [2]string{"create", "join"}[player]
	name := fmt.Sprintf("player%d", player+1)
	environment := []string{
		"KAILLERA_SERVER=" + g.addresses[player].String(), "KAILLERA_NICK=" + g.options.players[player],
		"KAILLERA_ROLE=" + role,
		"KAILLERA_GAME=", "KAILLERA_PLAYERS=2", "KAILLERA_CONNECTION=1", "KAILLERA_CHARSET=", "KAILLERA_RECORD=",
		"KAILLERA_LOG=" + filepath.Join(folder, name+".log"),
		// Where the library keeps the way back into a game, and nobody else's.
		"XDG_CONFIG_HOME=" + filepath.Join(folder, name+".config"),
	}
	// The library appends, and what an earlier run left there is not this game's.
	if err := os.Remove(filepath.Join(folder, name+".log")); g.crash.at.IsZero() && err != nil &&
		!errors.Is(err, os.ErrNotExist) {
		return err
	}
	g.players[player], err = process.Start(ctx, process.Options{Name: name, Folder: folder, Environment: environment,
		Extra: []*os.File{write}, Goodbye: goodbye}, filepath.Join(g.options.builds, "chip8"),
		"--bot", "--seed", fmt.Sprint(g.options.seed+uint64(player)), "--frames", fmt.Sprint(g.options.frames),
		"--no-screen", "--report", "3")
	write.Close()
	if err != nil {
		read.Close()
		return err
	}
	go func() {
		defer read.Close()
		followReport(ctx, player, read, g.reports)
	}()
	return nil
}

// followReport passes on what an emulator reports, until it ends or ctx does.
func followReport(ctx context.Context, player int, from io.Reader, to chan<- report) {
	send := func(r report) bool {
		select {
		case to <- r:
			return r.err == nil
		case <-ctx.Done():
			return false
		}
	}
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		f, err := parseFrame(lines.Text())
		if !send(report{player, f, err}) {
			return
		}
	}
	err := lines.Err()
	if err == nil {
		err = io.EOF
	}
	send(report{player: player, err: err})
}

// watch follows the game until both emulators have ended, or something went wrong.
func (g *game) watch(ctx, players context.Context) error {
	begun := time.Now()
	redraw := time.NewTicker(g.display.interval())
	defer redraw.Stop()
	waiting := time.NewTimer(g.options.gameStart)
	defer waiting.Stop()

	for ended := 0; ended < len(g.players); {
		select {
		case r := <-g.reports:
			switch {
			case r.err == io.EOF && r.player == 1 && g.crash.under():
				// It was killed.
			case r.err == io.EOF:
				if err := g.ended(ctx, r.player); err != nil {
					return err
				}
				ended++
			case r.err != nil:
				return fmt.Errorf("player %d: %w", r.player+1, r.err)
			default:
				again, err := g.crash.follow(r)
				if err != nil {
					return err
				}
				if again {
					break // compared before the crash
				}
				if err := g.comparison.add(r.player, r.frame, time.Now()); err != nil {
					return err
				}
				if g.options.crash > 0 && r.player == 1 && r.frame.number == g.options.crash && g.crash.at.IsZero() {
					g.kill()
				}
			}
			waiting.Reset(g.options.noFrame)
		case <-g.crash.restart:
			if err := g.comeBack(players); err != nil {
				return err
			}
		case <-redraw.C:
			g.display.show(&g.comparison, time.Since(begun))
		case <-waiting.C:
			return fmt.Errorf("no frame for a long time: player 1 stands at frame %d, player 2 at frame %d of %d",
				g.comparison.last[0].number, g.comparison.last[1].number, g.options.frames)
		case <-g.server.Done():
			return fmt.Errorf("the server ended in mid-game: %v", g.server.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
		if g.comparison.desync != nil {
			return nil // nothing that comes after it says more
		}
	}
	return nil
}

// ended waits for an emulator whose report is over, and says what was wrong with how it ended.
func (g *game) ended(ctx context.Context, player int) error {
	p := g.players[player]
	select {
	case <-p.Done():
	case <-time.After(playerExit):
		return fmt.Errorf("player %d does not end", player+1)
	case <-ctx.Done():
		return ctx.Err()
	}
	played := g.comparison.last[player].number
	if p.Err() != nil {
		return fmt.Errorf("player %d ended with %v after %d of %d frames", player+1, p.Err(), played, g.options.frames)
	}
	if played != g.options.frames {
		return fmt.Errorf("player %d ended after %d of %d frames", player+1, played, g.options.frames)
	}
	return nil
}

// judge prints the summary and the verdict.
func (g *game) judge(folder string, out io.Writer) error {
	var all [2]stats
	var missing error
	for p := range all {
		var err error
		if all[p], err = readStats(filepath.Join(folder, fmt.Sprintf("player%d.log", p+1))); err != nil {
			missing = errors.Join(missing, err)
		}
	}
	fmt.Fprintln(out)
	printSummary(out, g.options.players, g.options.lines, &g.comparison, all)
	fmt.Fprintln(out)
	err := g.comparison.verdict(g.options.frames)
	var apart *desyncError
	switch {
	case errors.As(err, &apart):
		fmt.Fprintln(out, err)
		return errors.New(apart.String())
	case err != nil:
		return err
	case missing != nil:
		return missing
	}
	for p := range all {
		if err := all[p].callsAreFrames(p, g.comparison.last[p].number); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "in sync")
	return nil
}
