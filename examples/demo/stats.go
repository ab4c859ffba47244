package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"kbridge/examples/internal/relay"
)

// stats is what the library says about a game that is over, in its log.
type stats struct {
	reason                           string
	player, players                  int
	frames, frameDelay               int
	ping, stall, longestStall        time.Duration
	duration                         time.Duration
	bytesSent, bytesReceived         int
	datagramsSent, datagramsReceived int
	inputs, inputsCached             int
}

var errNoStats = errors.New(`there is no line msg="game ended" in it`)

// readStats finds the last game in a library's log.
func readStats(path string) (stats, error) {
	file, err := os.Open(path)
	if err != nil {
		return stats{}, err
	}
	defer file.Close()
	s, err := parseStats(file)
	if err != nil {
		return s, fmt.Errorf("the library's log %s: %w", path, err)
	}
	return s, nil
}

func parseStats(log io.Reader) (stats, error) {
	var s stats
	found := errNoStats
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		values := attributes(lines.Text())
		if values["msg"] == "game ended" {
			s, found = statsOf(values)
		}
	}
	if err := lines.Err(); err != nil {
		return s, err
	}
	return s, found
}

func statsOf(values map[string]string) (stats, error) {
	s := stats{reason: values["reason"]}
	for name, number := range map[string]*int{
		"player": &s.player, "players": &s.players, "frames": &s.frames, "frame_delay": &s.frameDelay,
		"bytes_sent": &s.bytesSent, "bytes_received": &s.bytesReceived,
		"datagrams_sent": &s.datagramsSent, "datagrams_received": &s.datagramsReceived,
		"inputs": &s.inputs, "inputs_cached": &s.inputsCached,
	} {
		var err error
		if *number, err = strconv.Atoi(values[name]); err != nil {
			return s, fmt.Errorf("%s is %q, which is not a number", name, values[name])
		}
	}
	for name, duration := range map[string]*time.Duration{
		"ping": &s.ping, "stall": &s.stall, "longest_stall": &s.longestStall, "duration": &s.duration,
	} {
		var err error
		if *duration, err = time.ParseDuration(values[name]); err != nil {
			return s, fmt.Errorf("%s is %q, which is not a duration", name, values[name])
		}
	}
	return s, nil
}

// attributes splits a line of slog's text form: key=value, the value quoted as in Go where it needs to be.
func attributes(line string) map[string]string {
	values := map[string]string{}
	for {
		key, rest, ok := strings.Cut(strings.TrimLeft(line, " "), "=")
		if !ok {
			return values
		}
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			values[key], _ = strconv.Unquote(quoted)
			line = rest[len(quoted):]
			continue
		}
		values[key], line, _ = strings.Cut(rest, " ")
	}
}

// callsAreFrames checks by the library's own count that the machine ran a frame for each call that was answered: frames
// would line up on every server if the machine waited in the frame delay, and say nothing about hosts that do not.
func (s *stats) callsAreFrames(player, machine int) error {
	if calls := s.frameDelay + s.frames; machine != calls {
		return fmt.Errorf("the machine of player %d ran %d frames in %d calls", player+1, machine, calls)
	}
	return nil
}

// perSecond is a count as a rate over the game.
func (s *stats) perSecond(count int) float64 {
	if s.duration <= 0 {
		return 0
	}
	return float64(count) / s.duration.Seconds()
}

// printSummary prints what the end of the demo shows for each player.
func printSummary(out io.Writer, names [2]string, lines [2]relay.Line, c *comparison, all [2]stats) {
	row := func(name string, value func(player int) string) {
		fmt.Fprintf(out, "  %-24s %-24s %s\n", name, value(0), value(1))
	}
	milliseconds := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
	row("", func(p int) string { return fmt.Sprintf("player %d (%s)", p+1, names[p]) })
	row("distance, one way", func(p int) string { return lines[p].Distance() })
	row("frames of the machine", func(p int) string { return strconv.Itoa(c.last[p].number) })
	row("frames per second", func(p int) string { return fmt.Sprintf("%.1f", c.framesPerSecond(p)) })
	row("frame delay", func(p int) string {
		unit := "frames"
		if all[p].frameDelay == 1 {
			unit = "frame"
		}
		return fmt.Sprintf("%d %s (%.0f ms)", all[p].frameDelay, unit, float64(all[p].frameDelay)*1000/framesPerSecond)
	})
	row("ping", func(p int) string { return milliseconds(all[p].ping) })
	row("longest stall", func(p int) string { return milliseconds(all[p].longestStall) })
	row("total stall", func(p int) string { return milliseconds(all[p].stall) })
	row("sent", func(p int) string {
		return fmt.Sprintf("%.0f bytes/s", all[p].perSecond(all[p].bytesSent))
	})
	row("", func(p int) string { return fmt.Sprintf("%.1f datagrams/s", all[p].perSecond(all[p].datagramsSent)) })
	row("received", func(p int) string {
		return fmt.Sprintf("%.0f bytes/s", all[p].perSecond(all[p].bytesReceived))
	})
	row("", func(p int) string { return fmt.Sprintf("%.1f datagrams/s", all[p].perSecond(all[p].datagramsReceived)) })
	row("inputs sent cached", func(p int) string { return fmt.Sprintf("%d of %d", all[p].inputsCached, all[p].inputs) })
	row("state digest", func(p int) string { return fmt.Sprintf("%016x", c.last[p].digest) })
}
