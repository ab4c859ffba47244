package lockstep

import (
	"encoding/binary"
	"errors"
)

// A history is the combined frames of a game from the first one on, in a compact
// form that only grows at its end, so that a part of it can be sent while the game
// goes on. Players hold buttons for a while and most bytes stay what they were, so
// each frame is written as what it changes:
//
//	uvarint  frames that are like the one before (at first: zeros), then
//	uvarint  n, bytes of the next frame that differ, then for each of these
//	         uvarint  how many bytes after the last one changed (at first: from the frame's start), and the byte
//
// A frame like the one before it is only counted. It costs nothing until the next
// one that differs, so the newest ones may still be missing from the bytes: Flush
// adds them, with n = 0.
const (
	// historyChunk is how the memory is taken, in bytes.
	historyChunk = 64 << 10
	// MaxHistoryBytes is the default bound of one game's history, in bytes. A
	// minute of a four-player game in which somebody presses or releases something
	// in every third frame takes about 8 KB, so this is many hours; four analogue
	// sticks that never rest take about 2 MB an hour.
	MaxHistoryBytes = 8 << 20
)

// ErrHistory is a history that cannot be one: its numbers do not fit the frames.
var ErrHistory = errors.New("lockstep: the frames of the game so far cannot be read")

// AppendZeroFrames appends the beginning of a history in which n frames of zeros come before the others: a player's leading zeros.
func AppendZeroFrames(b []byte, n int) []byte {
	if n <= 0 {
		return b
	}
	return append(binary.AppendUvarint(b, uint64(n-1)), 0)
}

// History keeps a game's combined frames. The zero value is ready.
type History struct {
	// Max bounds the bytes; 0 is MaxHistoryBytes.
	Max int

	chunks [][]byte
	bytes  int
	frames int
	same   int    // frames like the last one, not written yet
	last   []byte // the last frame
	diff   []byte // scratch
	full   bool
}

// Add adds the next frame; all have the same length. When the bound is reached
// nothing more is added, and Full is true. It allocates only when a chunk is full.
func (h *History) Add(frame []byte) {
	if h.full {
		return
	}
	if h.last == nil {
		h.last = make([]byte, len(frame))
		h.diff = make([]byte, 0, 3*len(frame)+2*binary.MaxVarintLen64)
	}
	b := binary.AppendUvarint(h.diff[:0], uint64(h.same))
	n := 0
	for i := range frame {
		if frame[i] != h.last[i] {
			n++
		}
	}
	if n == 0 {
		h.same++
		h.frames++
		return
	}
	b = binary.AppendUvarint(b, uint64(n))
	at := 0
	for i := range frame {
		if frame[i] != h.last[i] {
			b = binary.AppendUvarint(b, uint64(i-at))
			b = append(b, frame[i])
			at = i
		}
	}
	if !h.write(b) {
		return
	}
	copy(h.last, frame)
	h.same = 0
	h.frames++
}

// Flush writes the frames that were only counted so far, so that Bytes are all
// of Frames.
func (h *History) Flush() {
	if h.same > 0 && !h.full {
		// The last of them is the one that n = 0 stands for.
		b := binary.AppendUvarint(h.diff[:0], uint64(h.same-1))
		if h.write(binary.AppendUvarint(b, 0)) {
			h.same = 0
		}
	}
}

// GiveUp throws the frames so far away, as if the bound had been reached.
func (h *History) GiveUp() {
	h.full = true
	h.chunks, h.bytes, h.last, h.diff = nil, 0, nil, nil
}

// Held is how many bytes of memory the frames so far take.
func (h *History) Held() int { return len(h.chunks) * historyChunk }

func (h *History) write(b []byte) bool {
	limit := h.Max
	if limit == 0 {
		limit = MaxHistoryBytes
	}
	if h.bytes+len(b) > limit {
		h.GiveUp()
		return false
	}
	h.bytes += len(b)
	for len(b) > 0 {
		last := len(h.chunks) - 1
		if last < 0 || len(h.chunks[last]) == historyChunk {
			h.chunks = append(h.chunks, make([]byte, 0, historyChunk))
			last++
		}
		n := min(len(b), historyChunk-len(h.chunks[last]))
		h.chunks[last] = append(h.chunks[last], b[:n]...)
		b = b[n:]
	}
	return true
}

// Frames is how many were added.
func (h *History) Frames() int { return h.frames }

// Bytes is how many bytes were written.
func (h *History) Bytes() int { return h.bytes }

// Full reports that the bound was reached: the history is useless and gone.
func (h *History) Full() bool { return h.full }

// At returns the bytes from offset on, at most n; fewer at the end of a chunk.
// The slice is valid as long as the history, and must not be written to.
func (h *History) At(offset, n int) []byte {
	if offset < 0 || offset >= h.bytes || n <= 0 {
		return nil
	}
	c := h.chunks[offset/historyChunk]
	at := offset % historyChunk
	return c[at:min(at+n, len(c))]
}

// Past reads a history, in parts as they come. The zero value is not usable; see
// NewPast.
type Past struct {
	buf     []byte
	read    int // of buf
	frame   []byte
	repeats int  // of frame, before the change that is next
	changes bool // repeats is known, and the change after it was not read
	frames  int  // given out
	err     error
}

// NewPast reads frames of this many bytes.
func NewPast(frame int) *Past { return &Past{frame: make([]byte, frame)} }

// Append adds the bytes that follow what was added before. They are copied.
func (p *Past) Append(b []byte) {
	if p.read > len(p.buf)/2 {
		p.buf = append(p.buf[:0], p.buf[p.read:]...)
		p.read = 0
	}
	p.buf = append(p.buf, b...)
}

// Next copies the next frame to dst and returns its length. ok is false while not
// all of its bytes are there. ErrHistory sticks.
func (p *Past) Next(dst []byte) (n int, ok bool, err error) {
	if p.err != nil {
		return 0, false, p.err
	}
	if len(dst) < len(p.frame) {
		return 0, false, nil
	}
	if !p.changes {
		v, size := binary.Uvarint(p.buf[p.read:])
		if size < 0 || v > 1<<31 {
			return 0, false, p.fail()
		}
		if size == 0 {
			return 0, false, nil
		}
		p.read += size
		p.repeats, p.changes = int(v), true
	}
	if p.repeats > 0 {
		p.repeats--
	} else if ok, err := p.change(); !ok || err != nil {
		return 0, false, err
	}
	p.frames++
	return copy(dst, p.frame), true, nil
}

// change applies one change to the frame, or nothing while it is not all there.
func (p *Past) change() (ok bool, err error) {
	b := p.buf[p.read:]
	used := 0
	next := func() (int, bool) {
		v, size := binary.Uvarint(b[used:])
		if size < 0 || v > uint64(len(p.frame)) {
			p.err = ErrHistory
			return 0, false
		}
		used += size
		return int(v), size > 0
	}
	n, ok := next()
	if !ok {
		return false, p.err
	}
	// Twice: first to see whether all is there, since what is written stays.
	start := used
	for write := range 2 {
		used = start
		at := 0
		for range n {
			gap, ok := next()
			if !ok {
				return false, p.err
			}
			if at += gap; at >= len(p.frame) {
				return false, p.fail()
			}
			if used >= len(b) {
				return false, nil
			}
			if write == 1 {
				p.frame[at] = b[used]
			}
			used++
		}
	}
	p.read += used
	p.changes = false
	return true, nil
}

func (p *Past) fail() error {
	p.err = ErrHistory
	return p.err
}

// Buffered is how many bytes were added and not read yet.
func (p *Past) Buffered() int { return len(p.buf) - p.read }

// Frames is how many Next has given out.
func (p *Past) Frames() int { return p.frames }
