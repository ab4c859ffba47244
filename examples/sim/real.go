package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"kbridge/examples/internal/relay"
	"kbridge/kclient"
	"kbridge/kclient/sim/lab"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// inputSize is the lab's.
const inputSize = 4

// runReal plays ours in real time, whole clients and a whole server over UDP sockets with a
// relay for each player that loses what the simulation loses, and prints it beside the
// simulation of the same networks, rooms and seeds.
func runReal(o options, c lab.Campaign, out io.Writer) (ok bool, err error) {
	if o.profiles == "" {
		return false, errors.New("-real needs -profile: it plays in real time")
	}
	c.Length = time.Duration(o.real * float64(time.Minute))
	c.Strategies = []lab.Strategy{lab.Ours}
	if o.rooms == "" {
		c.Rooms = c.Rooms[:1]
	}
	simulated, err := c.Run()
	if err != nil {
		return false, err
	}
	var rows []lab.Row
	i := 0
	for _, w := range c.Weathers {
		if w.Blackout.Every > 0 || w.Moves > 0 {
			return false, fmt.Errorf("the relay cannot do the weather %q", w.Name)
		}
		for _, room := range c.Rooms {
			row := lab.Row{Weather: w.Name, Room: room.Name + " real", Strategies: c.Strategies,
				Results: make([]lab.Result, 1)}
			for _, seed := range c.Seeds {
				r, err := playReal(w, room.Connections, seed, c.Length, c.Mixed)
				if err != nil {
					return false, err
				}
				row.Results[0].Add(r)
			}
			rows = append(rows, simulated[i], row)
			i++
		}
	}
	if err := lab.WriteTable(out, rows); err != nil {
		return false, err
	}
	missed := lab.Missed(rows)
	for _, m := range missed {
		fmt.Fprintln(out, "NOT AS IT SHOULD BE:", m)
	}
	return len(missed) == 0, nil
}

// playReal is one game in real time.
func playReal(w lab.Weather, connections []int, seed uint64, length time.Duration, mixed lab.Mixed) (*lab.Result,
	error) {
	quiet := slog.New(slog.DiscardHandler)
	if mixed != lab.MixedDelays {
		return nil, fmt.Errorf("the server meets mixed types with delays, not %v", mixed)
	}
	srv, err := server.New(server.Config{MaxPing: time.Second, Logger: quiet})
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(conn, nil) }()
	defer func() { srv.Close("over"); <-served }()

	ctx, cancel := context.WithTimeout(context.Background(), length+2*time.Minute)
	defer cancel()
	var relays []*relay.Relay
	var rooms []*kclient.Room
	for p, c := range connections {
		r, err := relay.New(at, ways(seed, p, w.LineOf(p)))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		relays = append(relays, r)
		l, err := kclient.Dial(ctx, r.Addr().String(), kclient.Config{User: fmt.Sprintf("player%d", p+1),
			Emulator:   "sim 1",
			Connection: wire.ConnectionType(c), Logger: quiet, HelloTimeout: time.Minute, LoginTimeout: time.Minute,
			RequestTimeout: time.Minute})
		if err != nil {
			return nil, err
		}
		defer l.Quit("over")
		room, err := enter(ctx, l, p == 0)
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, room)
	}
	for len(rooms[0].Players()) < len(rooms) {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
	if err := rooms[0].Start(ctx); err != nil {
		return nil, err
	}
	var games []*kclient.Game
	var delays []int
	for _, room := range rooms {
		g, err := room.WaitStart(ctx)
		if err != nil {
			return nil, err
		}
		games, delays = append(games, g), append(delays, g.FrameDelay())
	}
	lags := lab.NewLags(connections, delays, mixed)
	var players sync.WaitGroup
	players.Add(len(rooms))
	results := make([]lab.Result, len(rooms))
	begun := make(chan struct{}) // closed when the first player's first call has returned
	var once sync.Once
	var sent, bytesSent int64
	for p, g := range games {
		go func() {
			defer players.Done()
			playerReal(ctx, &results[p], g, p, lags, seed, length, func() { once.Do(func() { close(begun) }) })
		}()
	}
	select {
	case <-begun:
		for _, r := range relays {
			datagrams, bytes := r.Traffic()
			sent, bytesSent = sent-datagrams, bytesSent-bytes
		}
	case <-ctx.Done():
	}
	players.Wait()
	total := &lab.Result{Games: 1}
	for p := range results {
		datagrams, bytes := relays[p].Traffic()
		sent, bytesSent = sent+datagrams, bytesSent+bytes
		total.Add(&results[p])
	}
	total.Datagrams, total.Bytes = int(sent), int(bytesSent)
	return total, nil
}

// ways do to real datagrams what the function in sim/network of seed, direction and millisecond says.
func ways(seed uint64, player int, p network.Profile) relay.Ways {
	begun := time.Now()
	way := func(path network.Path) relay.Way {
		return func(datagram []byte) relay.Fate {
			content := uint64(len(datagram))
			for _, c := range datagram[:min(len(datagram), 3)] {
				content = content<<8 | uint64(c)
			}
			f := path.Fate(time.Since(begun), content)
			return relay.Fate{Lost: f.Lost, Delay: f.Delay, Copied: f.Copied, CopyDelay: f.CopyDelay}
		}
	}
	return func(int) (up, down relay.Way) {
		s, c := netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{10, 0, 1, byte(player)}) // as in the lab
		return way(network.NewPath(seed, c, s, p)), way(network.NewPath(seed, s, c, p))
	}
}

func enter(ctx context.Context, l *kclient.Client, owner bool) (*kclient.Room, error) {
	if owner {
		return l.Create(ctx, "sim")
	}
	for len(l.Games()) == 0 {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return l.Join(ctx, l.Games()[0].ID)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// playerReal is one emulator: the lab's timetable by the real clock.
func playerReal(ctx context.Context, r *lab.Result, g *kclient.Game, p int, lags lab.Lags, seed uint64,
	length time.Duration, first func()) {
	fail := func(err error) {
		r.GamesLost++
		r.Failures = append(r.Failures, fmt.Sprintf("player %d: %v", p, err))
	}
	values, want := make([]byte, inputSize*wire.MaxPlayers), make([]byte, inputSize*g.Players())
	var begun time.Time
	var timetable lab.Timetable
	// All make the same number of calls, so that nobody waits for one who has finished.
	for call := range int(length * 60 / time.Second) {
		lab.Input(seed, p, call, values)
		n, err := g.Exchange(ctx, values, inputSize)
		if err != nil {
			fail(err)
			return
		}
		if call == 0 { // it has waited until all were ready
			begun = time.Now()
			timetable = lab.NewTimetable(p, 0)
			first()
		}
		if n == 0 { // calls are frames: inside the delay the machine runs one in which nobody presses anything
			n = len(want)
			clear(values[:n])
		}
		lags.Pressed(seed, call, inputSize, want)
		if !bytes.Equal(want, values[:n]) {
			r.Desyncs++
			fail(fmt.Errorf("call %d runs %x, pressed was %x", call, values[:n], want))
			return
		}
		r.Frames++
		next, late := timetable.Finish(time.Since(begun))
		r.Late(late)
		time.Sleep(time.Until(begun.Add(next)))
	}
	r.Played = time.Since(begun)
	r.Resends = g.Stats().Resends
	if err := sleep(ctx, time.Second); err != nil { // the others may need what was sent last
		fmt.Fprintln(os.Stderr, "sim:", err)
	}
}
