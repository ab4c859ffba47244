package playback

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kbridge/bridge/krec"
)

// maxListed is how many recordings are listed, the newest.
const maxListed = 2000

// About is what a recording is, after reading it once.
type About struct {
	File     string // its name without the folder
	Header   krec.Header
	Bytes    int64
	Frames   int
	Delay    int    // calls that returned nothing, at the start
	Size     int    // bytes of one player's input in a frame; 0 when there is no frame
	Complete bool   // it was ended in an ordinary way
	Problem  string // why it cannot be played; empty when it can

	changed time.Time
}

// Time is when the game started, as far as it is known.
func (a *About) Time() time.Time {
	if a.Header.Time.IsZero() {
		return a.changed
	}
	return a.Header.Time
}

// Look reads a recording from the first byte to the last. What is wrong with its
// content is its Problem; the error is the file system's.
func Look(file string) (About, error) {
	a := About{File: filepath.Base(file)}
	f, err := os.Open(file)
	if err != nil {
		return a, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return a, err
	}
	if !info.Mode().IsRegular() {
		return a, fmt.Errorf("%s is no file", file)
	}
	a.Bytes, a.changed = info.Size(), info.ModTime()
	if a.Bytes > 2*krec.MaxSize {
		a.Problem = fmt.Sprintf("it has %d bytes, more than any recording", a.Bytes)
		return a, nil
	}
	r, err := krec.NewReader(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		a.Problem = reasonOf(err)
		return a, nil
	}
	a.Header = r.Header()
	frame := 0
	for {
		rec, err := r.Next()
		if err != nil {
			a.Complete = r.Ended()
			if !errors.Is(err, io.EOF) && !errors.Is(err, krec.ErrTruncated) {
				a.Problem = reasonOf(err)
			}
			break
		}
		n := len(rec.Values)
		switch {
		case rec.Kind != krec.Frame:
		case n == 0 && a.Frames == 0:
			a.Delay++
		case n == 0:
		case frame == 0 && n%a.Header.Players != 0, frame != 0 && n != frame:
			a.Problem = fmt.Sprintf("frame %d has %d bytes, which does not fit %d players", a.Frames, n,
				a.Header.Players)
			return a, nil
		default:
			frame = n
			a.Frames++
		}
	}
	a.Size = frame / a.Header.Players
	if a.Frames == 0 && a.Problem == "" {
		a.Problem = "it has no frames"
	}
	return a, nil
}

func reasonOf(err error) string {
	var f *krec.FormatError
	if errors.As(err, &f) {
		return fmt.Sprintf("%v (at byte %d)", f.Err, f.Offset)
	}
	return err.Error()
}

// Shelf is a folder with recordings. What was read of one is remembered as long as
// the file does not change. Methods may be called from any goroutine.
type Shelf struct {
	mu    sync.Mutex
	known map[string]About
}

// List looks through a folder, the newest recordings first. A folder that is not
// there has none.
func (s *Shelf) List(folder string) ([]About, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the recordings in %s cannot be listed: %w", folder, err)
	}
	type found struct {
		name string
		info os.FileInfo
	}
	var all []found
	for _, e := range entries {
		if !isRecording(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil {
			all = append(all, found{e.Name(), info})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return b.info.ModTime().Compare(a.info.ModTime()) })
	all = all[:min(len(all), maxListed)]
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]About{}
	list := make([]About, 0, len(all))
	for _, f := range all {
		path := filepath.Join(folder, f.name)
		a, ok := s.known[path]
		if !ok || a.Bytes != f.info.Size() || !a.changed.Equal(f.info.ModTime()) {
			if a, err = Look(path); err != nil {
				continue // gone meanwhile
			}
		}
		seen[path] = a
		list = append(list, a)
	}
	s.known = seen
	slices.SortStableFunc(list, func(a, b About) int { return b.Time().Compare(a.Time()) })
	return list, nil
}

// Path is where a recording of that name lies, if the name is one: no way leads out
// of the folder.
func Path(folder, name string) (string, error) {
	if !isRecording(name) || filepath.Base(name) != name || strings.ContainsAny(name, `/\:`) ||
		strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("%q is not the name of a recording", name)
	}
	path := filepath.Join(folder, name)
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("there is no recording %q any more", name)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%q is not a recording", name)
	}
	return path, nil
}

// Delete removes a recording.
func Delete(folder, name string) error {
	path, err := Path(folder, name)
	if err != nil {
		return err
	}
	return os.Remove(path)
}

func isRecording(name string) bool {
	return len(name) > len(".krec") && strings.EqualFold(filepath.Ext(name), ".krec")
}
