package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"time"

	"kbridge/examples/internal/process"
	"kbridge/server"
)

// serve runs a server on loopback until in ends. It writes its address, and for every line that it reads a line with a
// report.
func serve(in io.Reader, out io.Writer) error {
	s, err := server.New(server.Config{
		Name: "soak", MOTD: "welcome\nto the flood",
		// Room for the attackers' own users: not being let in because the server is full would be right, and is not
		// what is looked for.
		MaxUsers: 1000, MaxGames: 500,
		MaxPing:   time.Second,      // a busy machine answers late
		KeepAlive: 70 * time.Second, // the least: users that vanish are to be gone while we watch
	})
	if err != nil {
		return err
	}
	query, game, err := server.Listen("127.0.0.1:0", 0)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(query, game) }()
	fmt.Fprintln(out, query.LocalAddr())
	for lines := bufio.NewScanner(in); lines.Scan(); {
		select {
		case err := <-served:
			return fmt.Errorf("it ended by itself (error: %w)", err)
		default:
		}
		// What is held is to be seen, not what waits to be collected.
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		st := s.Stats()
		fmt.Fprintln(out, m.HeapAlloc, runtime.NumGoroutine(), st.Users, st.Games, st.Pending, st.DatagramsReceived,
			st.Refusals.Total())
	}
	s.Close("the soak is over")
	return <-served
}

// report is what the server says of itself.
type report struct {
	heap, goroutines, users, games, pending int
	received                                int // datagrams so far
	refused                                 int // of them, or of their messages
}

// served is the server at work.
type served struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
}

func startServer(ctx context.Context, command []string) (*served, error) {
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self, "-serve"}
	}
	p := &served{cmd: process.Command(ctx, command[0], command[1:]...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the server: %w", err)
	}
	if _, err := fmt.Fscanln(p.out, &p.addr); err != nil {
		p.stop()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	return p, nil
}

func (p *served) ask() (r report, err error) {
	if _, err = fmt.Fprintln(p.in, "report"); err == nil {
		_, err = fmt.Fscanln(p.out, &r.heap, &r.goroutines, &r.users, &r.games, &r.pending, &r.received, &r.refused)
	}
	if err != nil {
		return r, fmt.Errorf("the server does not answer any more (did it crash?): %w", err)
	}
	return r, nil
}

// stop ends the server and returns how it ended.
func (p *served) stop() error {
	p.in.Close()
	return p.cmd.Wait()
}
