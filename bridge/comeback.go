package bridge

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kbridge/kclient"
)

// Comeback is what it takes to get back into a running game after the emulator
// has crashed. It is kept in a file while the game runs.
type Comeback struct {
	Server     string         `json:"server"` // as the user named it
	User       string         `json:"user"`
	Emulator   string         `json:"emulator"`
	Game       string         `json:"game"` // the emulator's entry for it, in UTF-8
	Charset    string         `json:"charset"`
	Connection int            `json:"connection"` // 1 to 6
	Ticket     kclient.Ticket `json:"ticket"`
	Process    int            `json:"process"` // that plays; while it lives there is nothing to come back from
	Start      time.Time      `json:"start"`
	Tried      time.Time      `json:"tried,omitzero"` // when coming back failed first

	file string
}

const (
	comebackPrefix = "comeback-"
	// maxComebackAge is after which nobody plays the game any more.
	maxComebackAge = 24 * time.Hour
	// maxUnnoticed is how long after a crash the server may begin to count Ticket.Comeback: when nobody waits for the
	// player it notices by its keep-alive time, 190 s by default.
	maxUnnoticed = 190 * time.Second
	// maxComebackFile bounds what is read of a file, in bytes; ours have about 400.
	maxComebackFile = 16 << 10
)

// private is the folder for what only this user may read: the place in
// somebody's game. "" if there is none.
func (s *Session) private() string {
	if s.state != nil {
		return s.state()
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "kbridge")
}

// KeepComeback writes down how to come back into the game that begins, in a file
// that only this user can read, and returns what removes it when the game is over
// in an ordinary way. What cannot be written is logged: the game is played without.
func (d *Dialog) KeepComeback(c Comeback) (remove func()) {
	c.Process, c.Start = os.Getpid(), time.Now()
	file, err := c.write(d.s.private())
	if err != nil {
		d.Logger().Warn("after a crash there is no way back into this game", "err", err)
		return func() {}
	}
	return func() { _ = os.Remove(file) }
}

func (c Comeback) write(folder string) (name string, err error) {
	if folder == "" {
		return "", fmt.Errorf("there is no folder for the user's settings: is HOME set?")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return c.writeAs(folder, comebackPrefix+"*.json")
}

// writeAs writes a new file, which only this user can read.
func (c Comeback) writeAs(folder, pattern string) (name string, err error) {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(folder, pattern) // with permissions 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(b, '\n'))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// Comebacks are the games that emulators of this name were playing on this
// machine when they crashed, the latest first. Whether their servers still keep the
// player's place only these know.
func (d *Dialog) Comebacks() (list []Comeback) {
	folder := d.s.private()
	entries, err := os.ReadDir(folder)
	if folder == "" || err != nil {
		return nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), comebackPrefix) || !strings.HasSuffix(e.Name(), ".json") ||
			!e.Type().IsRegular() {
			continue
		}
		c, err := readComeback(filepath.Join(folder, e.Name()))
		switch {
		case err != nil || time.Since(c.Start) > maxComebackAge || c.over():
			_ = os.Remove(filepath.Join(folder, e.Name()))
		case processLives(c.Process):
		case c.Emulator == d.Emulator(d.charset()).Name:
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Comeback) int { return b.Start.Compare(a.Start) })
	return list
}

func readComeback(file string) (c Comeback, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return c, err
	}
	if info.Size() > maxComebackFile {
		return c, fmt.Errorf("%s is too large", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	err = json.Unmarshal(b, &c)
	c.file = file
	return c, err
}

// over reports whether no server can still keep the place: it has been as long since a try that failed.
func (c Comeback) over() bool {
	return !c.Tried.IsZero() && time.Since(c.Tried) > c.Ticket.Comeback+maxUnnoticed
}

// Failed keeps the file for the next try, after one that did not get as far as to a server's answer about the place:
// the line, a full server, an emulator that was ended meanwhile. It is kept while a server may keep the place.
func (c Comeback) Failed() {
	if c.file == "" || !c.Tried.IsZero() {
		return
	}
	c.Tried = time.Now()
	name, err := c.writeAs(filepath.Dir(c.file), "new-"+comebackPrefix+"*")
	if err == nil {
		err = os.Rename(name, c.file)
	}
	if err != nil {
		_ = os.Remove(name)
	}
}

// Forget removes the file: the way back was taken and the next one is written down, or there is none any more.
func (c Comeback) Forget() {
	if c.file != "" {
		_ = os.Remove(c.file)
	}
}
