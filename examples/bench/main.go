// Bench prints the project's numbers as one table: `make bench` runs it.
//
// It runs the Go benchmarks of the codec, the cache and the frame paths, then a C
// host that plays through the built library and server, and in the same minute a
// bare C UDP echo, so that the ratio of the two means something on any machine. In the end it compares
// what a frame costs a server that answers each client from the address that it asked with one that does not.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

func main() {
	build := flag.String("build", "build", "folder with kaillera-server, libkailleraclient.so and roundtrip")
	count := flag.Int("count", 20000, "frames and pings of the round trip")
	turns := flag.Int("turns", 60, "seconds that each server plays when the costs of its addresses are compared")
	only := flag.Bool("addresses", false, "compare the costs of the server's addresses, and nothing else")
	kind := flag.String("serve", "", "for this program's own use: be a server, plain or apart")
	flag.Parse()
	var err error
	switch {
	case *kind != "":
		err = serve(*kind, os.Stdin, os.Stdout)
	case *only:
		err = addresses(*turns)
	default:
		if err = run(*build, *count); err == nil {
			err = addresses(*turns)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(build string, count int) error {
	if err := goBenchmarks(); err != nil {
		return err
	}
	return roundTrip(build, count)
}

var benchmarkLine = regexp.MustCompile(`^(Benchmark\S+?)(-\d+)?\s+\d+\s+(.*)$`)

// goBenchmarks runs every benchmark of the module and prints those with their
// metrics, package by package.
func goBenchmarks() error {
	cmd := exec.Command(goTool(), "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "200ms",
		"./kclient/...", "./server/...", "./bridge/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Printf("%-58s %12s %10s %10s  %s\n", "benchmark", "ns/op", "B/op", "allocs/op", "more")
	var rows []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if pkg, ok := strings.CutPrefix(line, "pkg: kbridge/"); ok {
			rows = append(rows, "\n"+pkg)
			continue
		}
		m := benchmarkLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		metrics := map[string]string{}
		fields := strings.Fields(m[3])
		for i := 0; i+1 < len(fields); i += 2 {
			metrics[fields[i+1]] = fields[i]
		}
		row := fmt.Sprintf("%-58s %12s %10s %10s ", strings.TrimPrefix(m[1], "Benchmark"), metrics["ns/op"],
			metrics["B/op"], metrics["allocs/op"])
		for _, known := range []string{"ns/op", "B/op", "allocs/op"} {
			delete(metrics, known)
		}
		for _, unit := range sortedKeys(metrics) {
			row += " " + metrics[unit] + " " + unit
		}
		rows = append(rows, row)
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return fmt.Errorf("go test -bench: %w", err)
	}
	for i, row := range rows {
		if strings.HasPrefix(row, "\n") && (i+1 == len(rows) || strings.HasPrefix(rows[i+1], "\n")) {
			continue // a package without benchmarks
		}
		fmt.Println(row)
	}
	return nil
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// roundTrip measures one frame from a C host through library and server and back,
// and a datagram of the same size through a bare C echo.
func roundTrip(build string, count int) error {
	program := filepath.Join(build, "roundtrip")
	server, addr, err := startServer(filepath.Join(build, "kaillera-server"))
	if err != nil {
		return err
	}
	defer stop(server)
	echo := exec.Command(program, "echo")
	out, err := echo.StdoutPipe()
	if err != nil {
		return err
	}
	if err := echo.Start(); err != nil {
		return err
	}
	defer stop(echo)
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the echo did not start: %w", err)
	}

	n := strconv.Itoa(count)
	bare, err := measure(program, nil, "ping", strings.TrimSpace(port), n)
	if err != nil {
		return err
	}
	env := []string{"KAILLERA_SERVER=" + addr, "KAILLERA_NICK=bench", "KAILLERA_ROLE=create", "KAILLERA_PLAYERS=1"}
	frame, err := measure(program, env, "game", n)
	if err != nil {
		return err
	}
	few := strconv.Itoa(max(count/20, 200)) // these sleep between two samples, as an emulator does
	call, err := measure(program, env, "call", few)
	if err != nil {
		return err
	}
	send, err := measure(program, nil, "send", strings.TrimSpace(port), few)
	if err != nil {
		return err
	}
	idle, err := measure(program, nil, "idle", few)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-58s %12s %12s\n", "round trip", "p50", "p99")
	for _, row := range []struct {
		name string
		s    sample
	}{
		{"bare C UDP echo, one hop", bare},
		{"one frame: C host, library, server, library, C host", frame},
		{"bare C UDP send, after a sleep", send},
		{"one kailleraModifyPlayValues call that need not wait", call},
		{"the same outside a game: C to Go and back", idle},
	} {
		fmt.Printf("%-58s %12v %12v\n", row.name, row.s.p50, row.s.p99)
	}
	fmt.Printf("%-58s %12.1f %12.1f\n", "frame / bare echo", ratio(frame.p50, bare.p50), ratio(frame.p99, bare.p99))
	fmt.Printf("%-58s %12.1f %12.1f\n", "call / bare send", ratio(call.p50, send.p50), ratio(call.p99, send.p99))
	return nil
}

type sample struct{ p50, p99 time.Duration }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// measure runs the C program and reads "p50 N p99 N" nanoseconds.
func measure(program string, env []string, args ...string) (s sample, err error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return s, fmt.Errorf("%s %v: %w", program, args, err)
	}
	if _, err := fmt.Sscanf(string(out), "p50 %d p99 %d", &s.p50, &s.p99); err != nil {
		return s, fmt.Errorf("%s %v said %q: %w", program, args, out, err)
	}
	return s, nil
}

// startServer runs the server on a free loopback port and waits until it answers.
func startServer(program string) (*exec.Cmd, string, error) {
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	addr := free.LocalAddr().String()
	free.Close()
	cmd := exec.Command(program, "-listen", addr, "-log-level", "error")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	conn, err := net.Dial("udp4", addr)
	if err != nil {
		stop(cmd)
		return nil, "", err
	}
	defer conn.Close()
	for range 50 {
		conn.Write([]byte("PING\x00"))
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 16)); err == nil {
			return cmd, addr, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop(cmd)
	return nil, "", fmt.Errorf("%s did not answer PING at %s", program, addr)
}

func stop(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

func goTool() string {
	if tool := os.Getenv("GO"); tool != "" {
		return tool
	}
	return "go"
}
