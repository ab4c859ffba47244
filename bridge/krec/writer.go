package krec

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

const (
	// bufferSize is how much a Writer holds back: some seconds of a game, which is also
	// what a crash of the emulator can cost.
	bufferSize = 4096
	// MaxSize bounds a recording, in bytes: a day of eight players with 24 bytes each. An
	// emulator that somebody left running does not fill the disk.
	MaxSize = 1 << 30
)

// tail ends a recording: an end record, and zeros for n02's player (see the package comment).
var tail = [10]byte{byte(Frame), 0xff, 0xff}

// Writer writes a recording. Its methods may be called from any goroutine; records
// stand in the order of the calls. After an error of the underlying writer,
// all of them return that error and write nothing more.
type Writer struct {
	name   string
	closer io.Closer // nil when the caller closes

	mu     sync.Mutex // guards what follows
	w      io.Writer
	err    error // the first error of w, or ErrFull
	closed bool
	size   int64 // bytes of the recording so far, those in buf included
	limit  int64
	n      int // bytes in buf
	buf    [bufferSize]byte
}

// NewWriter starts a recording on w, which the caller closes after the Writer. Nothing is
// written to w before the buffer of 4 KiB is full, Flush or Close. Of h, the strings are cut
// to what their fields hold, and Version is ignored.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if !validPlayers(h.Player, h.Players) {
		return nil, fmt.Errorf("krec: cannot record as player %d of %d: a game has 1 to %d players", h.Player,
			h.Players, maxPlayers)
	}
	rec := &Writer{w: w, limit: MaxSize, n: sizeKRC1, size: sizeKRC1}
	b := rec.buf[:sizeKRC1]
	copy(b, "KRC1")
	copy(b[appAt:], cut(h.App, MaxName))
	copy(b[gameAt:], cut(h.Game, MaxName))
	binary.LittleEndian.PutUint32(b[timeAt:], unixTime(h.Time))
	binary.LittleEndian.PutUint32(b[playerAt:], uint32(h.Player))
	binary.LittleEndian.PutUint32(b[playersAt:], uint32(h.Players))
	for i, name := range h.Names[:min(len(h.Names), maxNames)] {
		copy(b[namesAt+i*playerName:], cut(name, MaxPlayerName))
	}
	return rec, nil
}

// Name returns the path of the file that Create made, or "".
func (w *Writer) Name() string { return w.name }

// Frame records what one call of kailleraModifyPlayValues returned: the combined values of
// that frame, or nothing while inside the frame delay. It copies values and
// allocates nothing. After a call that returned -1 comes Close.
func (w *Writer) Frame(values []byte) error {
	if len(values) > MaxFrame {
		return ErrFrameTooLong
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.roomLocked(3 + len(values)); err != nil {
		return err
	}
	w.putLocked(byte(Frame))
	w.putLocked(byte(len(values)))
	w.putLocked(byte(len(values) >> 8))
	for len(values) > 0 {
		values = values[w.fillLocked(copy(w.buf[w.n:], values)):]
	}
	return w.err
}

// Chat records a chat line that was shown before the next frame. Nick and text
// are raw bytes; they are cut at a NUL and to MaxNick and MaxText.
func (w *Writer) Chat(nick, text string) error {
	nick, text = cut(nick, MaxNick), cut(text, MaxText)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.roomLocked(3 + len(nick) + len(text)); err != nil {
		return err
	}
	w.putLocked(byte(Chat))
	w.putStringLocked(nick)
	w.putStringLocked(text)
	return w.err
}

// Drop records that a player (1 to 8) dropped before the next frame.
func (w *Writer) Drop(nick string, player int) error {
	nick = cut(nick, MaxNick)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.roomLocked(6 + len(nick)); err != nil {
		return err
	}
	w.putLocked(byte(Drop))
	w.putStringLocked(nick)
	for shift := 0; shift < 32; shift += 8 {
		w.putLocked(byte(player >> shift))
	}
	return w.err
}

// Flush hands everything recorded so far to the underlying writer.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	w.flushLocked()
	return w.err
}

// Close ends the recording, and closes the file if Create made it. Its error
// is the first that the recording met, if any; a further Close returns the same.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.closed = true
	full := w.err == ErrFull
	if full {
		w.err = nil // the end still fits
	}
	for _, c := range tail {
		w.putLocked(c)
	}
	w.flushLocked()
	if w.closer != nil {
		if err := w.closer.Close(); w.err == nil {
			w.err = err
		}
	}
	if full && w.err == nil {
		w.err = ErrFull
	}
	return w.err
}

// roomLocked reports whether a record of so many bytes may be written.
func (w *Writer) roomLocked(size int) error {
	switch {
	case w.closed:
		return ErrClosed
	case w.err != nil:
		return w.err
	case w.size+int64(size)+int64(len(tail)) > w.limit:
		// For good: a shorter record later would stand where this one is missing.
		w.err = ErrFull
		return w.err
	}
	w.size += int64(size)
	return nil
}

func (w *Writer) putLocked(c byte) {
	w.buf[w.n] = c
	w.fillLocked(1)
}

func (w *Writer) putStringLocked(s string) {
	for len(s) > 0 {
		s = s[w.fillLocked(copy(w.buf[w.n:], s)):]
	}
	w.putLocked(0)
}

// fillLocked takes note of n bytes more in the buffer, of which at least one is
// free before and after, and returns n.
func (w *Writer) fillLocked(n int) int {
	w.n += n
	if w.n == len(w.buf) {
		w.flushLocked()
	}
	return n
}

func (w *Writer) flushLocked() {
	if w.err == nil && w.n > 0 {
		_, w.err = w.w.Write(w.buf[:w.n])
	}
	w.n = 0
}
