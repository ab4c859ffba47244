package krec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxFileGame bounds the game's part of a file name, in bytes. File systems allow
	// names of 255 bytes, and Windows by default paths of 260 characters in all.
	maxFileGame = 100
	// maxSameName bounds how many recordings of one game may start in one second.
	maxSameName = 100
)

// FileName returns the name of a recording of a game, given as UTF-8, that started at t: eight hex
// digits of the unix time, an underscore and the game's name, as n02 names
// its files. What Windows or Linux do not take in a file name, or what would mislead
// a reader of a listing, becomes an underscore. The zero time is written as 00000000.
func FileName(t time.Time, game string) string {
	return fileName(t, game, "")
}

func fileName(t time.Time, game, suffix string) string {
	safe := cut(strings.Map(safeRune, game), maxFileGame)
	if safe = strings.Trim(safe, " "); safe == "" {
		safe = "game"
	}
	return fmt.Sprintf("%08X_%s%s.krec", unixTime(t), safe, suffix)
}

// safeRune keeps letters, digits and a few signs. Invalid UTF-8 arrives as utf8.RuneError.
func safeRune(r rune) rune {
	if r != utf8.RuneError && (unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune(" -_.,()[]+!'",
		r)) {
		return r
	}
	return '_'
}

// Create starts a recording in a new file in dir, which is made if it does not exist. The
// file is named by FileName from h.Time and game, the game's name in UTF-8 (h.Game is
// raw bytes); if that name is taken, say by a second player on
// this machine, _2, _3 ... follows the game. It never overwrites a file.
func Create(dir, game string, h Header) (*Writer, error) {
	w, err := NewWriter(nil, h)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("krec: cannot make the folder for recordings: %w", err)
	}
	suffix := ""
	for i := 2; ; i++ {
		w.name = filepath.Join(dir, fileName(h.Time, game, suffix))
		f, err := os.OpenFile(w.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			w.w, w.closer = f, f
			break
		}
		if !errors.Is(err, os.ErrExist) || i > maxSameName {
			return nil, fmt.Errorf("krec: cannot start a recording: %w", err)
		}
		suffix = fmt.Sprintf("_%d", i)
	}
	// A full disk is found now, not in the game.
	if err := w.Flush(); err != nil {
		w.Close()
		return nil, fmt.Errorf("krec: cannot start a recording: %w", err)
	}
	return w, nil
}
