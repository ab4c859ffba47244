package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// record is what the plugin wrote of one frame.
type record struct {
	frame         int
	state, screen string
	time          float64 // of the machine, in seconds
}

// follower reads a file of digests while it grows.
type follower struct {
	path    string
	rest    []byte
	offset  int64
	records []record
	first   time.Time // when the first record was seen
	last    time.Time
}

// frame is the last frame that was read, 0 before the first.
func (f *follower) frame() int {
	if len(f.records) == 0 {
		return 0
	}
	return f.records[len(f.records)-1].frame
}

// read takes in what is new.
func (f *follower) read(now time.Time) error {
	file, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	var fresh bytes.Buffer
	if _, err := file.Seek(f.offset, 0); err != nil {
		return err
	}
	n, err := fresh.ReadFrom(file)
	if err != nil {
		return err
	}
	f.offset += n
	f.rest = append(f.rest, fresh.Bytes()...)
	for {
		line, rest, whole := bytes.Cut(f.rest, []byte("\n"))
		if !whole {
			return nil
		}
		f.rest = rest
		var r record
		if _, err := fmt.Sscanf(string(line), "%d %16s %16s %g", &r.frame, &r.state, &r.screen, &r.time); err != nil ||
			r.frame <= f.frame() {
			return fmt.Errorf("%s: the line %q is not understood", f.path, line)
		}
		f.records = append(f.records, r)
		if f.first.IsZero() {
			f.first = now
		}
		f.last = now
	}
}

// rate is frames per second from the first record to the last, and which share of the machine's own speed that was.
func (f *follower) rate() (frames, speed float64) {
	if len(f.records) < 2 || !f.last.After(f.first) {
		return 0, 0
	}
	a, b, took := f.records[0], f.records[len(f.records)-1], f.last.Sub(f.first).Seconds()
	return float64(b.frame-a.frame) / took, (b.time - a.time) / took
}

var errDesync = errors.New("DESYNC")

// compare returns how many frames both have, and an error for the first that differs.
func compare(a, b []record) (equal int, err error) {
	for equal < len(a) && equal < len(b) {
		x, y := a[equal], b[equal]
		switch {
		case x.frame != y.frame:
			return equal, fmt.Errorf("one machine reports frame %d where the other reports %d", x.frame, y.frame)
		case x.state != y.state:
			return equal, fmt.Errorf("%w: the machines' states differ at frame %d", errDesync, x.frame)
		case x.time != y.time:
			return equal, fmt.Errorf("%w: the machines' times differ at frame %d", errDesync, x.frame)
		case x.screen != y.screen:
			return equal, fmt.Errorf("%w: the machines show different pictures at frame %d", errDesync, x.frame)
		}
		equal++
	}
	return equal, nil
}

// pictures counts how many different ones there were.
func pictures(records []record) int {
	seen := map[string]bool{}
	for _, r := range records {
		seen[r.screen] = true
	}
	return len(seen)
}
