package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/udp"
	"kbridge/server"
)

// What it costs that a server on all addresses answers from the one that was asked: two servers, one whose socket tells
// its addresses apart and one whose socket does not, play the same games in turns, and the CPU time of each is taken
// for each turn.
const (
	benchRooms   = 6
	benchPlayers = 4  // of a room
	benchFrames  = 60 // of a turn, one second
)

// serve is the server of one kind in a process of its own. It says its port, and for each line that it reads what it
// has used, in ns.
func serve(kind string, in io.Reader, out io.Writer) error {
	var conn server.PacketConn
	var err error
	if kind == "apart" {
		conn, _, err = server.Listen(":0", 0)
	} else {
		conn, err = udp.Listen("udp", nil)
	}
	if err != nil {
		return err
	}
	unlimited := server.Rate{Burst: -1}
	s, err := server.New(server.Config{MaxPing: time.Second, Stall: time.Hour, Flood: server.Flood{Login: unlimited,
		Create: unlimited, Join: unlimited, Start: unlimited}})
	if err != nil {
		return err
	}
	guard.Go("bench: server", func() { _ = s.Serve(conn, nil) }, func(f *guard.Fault) { fmt.Fprintln(os.Stderr, f) })
	fmt.Fprintln(out, conn.LocalAddr().(*net.UDPAddr).Port)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		fmt.Fprintln(out, cpuTime().Nanoseconds())
	}
	return s.Close("")
}

// benched is one such server, and the games that are played on it.
type benched struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	games []*kclient.Game
	users []*kclient.Client
}

func startBenched(ctx context.Context, kind string) (*benched, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &benched{cmd: exec.Command(self, "-serve", kind)}
	b.cmd.Stderr = os.Stderr
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReader(out)
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	port, err := b.out.ReadString('\n')
	if err != nil {
		return b, fmt.Errorf("the server %q did not start: %w", kind, err)
	}
	return b, b.fill(ctx, "127.0.0.1:"+strings.TrimSpace(port))
}

// fill starts a game in every room.
func (b *benched) fill(ctx context.Context, addr string) error {
	for r := range benchRooms {
		var rooms []*kclient.Room
		for p := range benchPlayers {
			l, err := kclient.Dial(ctx, addr, kclient.Config{User: fmt.Sprintf("player %d %d", r, p),
				Emulator: "bench"})
			if err != nil {
				return err
			}
			b.users = append(b.users, l)
			var room *kclient.Room
			if p == 0 {
				room, err = l.Create(ctx, fmt.Sprintf("game %d", r))
			} else {
				room, err = l.Join(ctx, uint32(r+1))
			}
			if err != nil {
				return err
			}
			rooms = append(rooms, room)
		}
		for len(rooms[0].Players()) < benchPlayers {
			if _, err := b.users[r*benchPlayers].NextEvent(ctx); err != nil {
				return err
			}
		}
		if err := rooms[0].Start(ctx); err != nil {
			return err
		}
		for _, room := range rooms {
			g, err := room.WaitStart(ctx)
			if err != nil {
				return err
			}
			b.games = append(b.games, g)
		}
	}
	return nil
}

func (b *benched) used() (ns int64, err error) {
	if _, err = fmt.Fprintln(b.in); err != nil {
		return 0, err
	}
	_, err = fmt.Fscan(b.out, &ns)
	return ns, err
}

// turn plays one second, and returns what the server has used for one frame of one player, in ns.
func (b *benched) turn(ctx context.Context) (float64, error) {
	before, err := b.used()
	if err != nil {
		return 0, err
	}
	failed := make([]error, len(b.games))
	var all sync.WaitGroup
	for i, g := range b.games {
		guard.GoIn(&all, "bench: player", func() {
			values := make([]byte, 8*4)
			next := time.Now()
			for f := range benchFrames {
				values[0], values[1] = byte(f/7), byte(i)
				if _, failed[i] = g.Exchange(ctx, values, 4); failed[i] != nil {
					return
				}
				next = next.Add(time.Second / 60)
				time.Sleep(time.Until(next))
			}
		}, func(f *guard.Fault) { failed[i] = f })
	}
	all.Wait()
	after, err := b.used()
	return float64(after-before) / float64(len(b.games)*benchFrames), errors.Join(append(failed, err)...)
}

func (b *benched) stop() {
	for _, l := range b.users {
		_ = l.Quit("")
	}
	_ = b.in.Close()
	_ = b.cmd.Wait()
}

// addresses compares the two in so many turns of each.
func addresses(turns int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+time.Duration(turns)*4*time.Second)
	defer cancel()
	var kinds [2]*benched
	for i, kind := range []string{"plain", "apart"} {
		b, err := startBenched(ctx, kind)
		if b != nil {
			defer b.stop()
		}
		if err != nil {
			return err
		}
		kinds[i] = b
	}
	var costs [2][]float64
	var ratios []float64
	for n := range turns + 1 {
		var now [2]float64
		for k := range 2 {
			i := (k + n) % 2 // each begins as often as the other
			cost, err := kinds[i].turn(ctx)
			if err != nil {
				return err
			}
			now[i] = cost
		}
		if n == 0 {
			continue // the first calls, and caches that fill
		}
		for i := range now {
			costs[i] = append(costs[i], now[i])
		}
		ratios = append(ratios, now[1]/now[0])
	}
	fmt.Printf("\n%-58s %12s %12s %12s\n", "server's CPU for a player's frame, in turns", "quartile", "median",
		"quartile")
	row := func(name, format string, list []float64) {
		slices.Sort(list)
		n := len(list)
		fmt.Printf("%-58s %12s %12s %12s\n", name, fmt.Sprintf(format, list[n/4]), fmt.Sprintf(format, list[n/2]),
			fmt.Sprintf(format, list[n*3/4]))
	}
	row("all addresses alike, ns", "%.0f", costs[0])
	row("told apart, ns", "%.0f", costs[1])
	row("ratio", "%.3f", ratios)
	return nil
}
