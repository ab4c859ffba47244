package history

import (
	"encoding/binary"
	"errors"
)

// ErrInvalid is a history that cannot be one: its numbers do not fit the frames.
var ErrInvalid = errors.New("history: the frames of the game so far cannot be read")

// Reader reads a history, in parts as they come. The zero value is not usable; see
// NewReader.
type Reader struct {
	buf     []byte
	read    int // of buf
	frame   []byte
	repeats int  // of frame, before the change that is next
	changes bool // repeats is known, and the change after it was not read
	frames  int  // given out
	err     error
}

// NewReader reads frames of this many bytes.
func NewReader(frame int) *Reader { return &Reader{frame: make([]byte, frame)} }

// Append adds the bytes that follow what was added before. They are copied.
func (r *Reader) Append(b []byte) {
	if r.read > len(r.buf)/2 {
		r.buf = append(r.buf[:0], r.buf[r.read:]...)
		r.read = 0
	}
	r.buf = append(r.buf, b...)
}

// Next copies the next frame to dst and returns its length. ok is false while not
// all of its bytes are there. ErrInvalid sticks.
func (r *Reader) Next(dst []byte) (n int, ok bool, err error) {
	if r.err != nil {
		return 0, false, r.err
	}
	if len(dst) < len(r.frame) {
		return 0, false, nil
	}
	if !r.changes {
		v, size := binary.Uvarint(r.buf[r.read:])
		if size < 0 || v > 1<<31 {
			return 0, false, r.fail()
		}
		if size == 0 {
			return 0, false, nil
		}
		r.read += size
		r.repeats, r.changes = int(v), true
	}
	if r.repeats > 0 {
		r.repeats--
	} else if ok, err := r.change(); !ok || err != nil {
		return 0, false, err
	}
	r.frames++
	return copy(dst, r.frame), true, nil
}

// change applies one change to the frame, or nothing while it is not all there.
func (r *Reader) change() (ok bool, err error) {
	b := r.buf[r.read:]
	used := 0
	next := func() (int, bool) {
		v, size := binary.Uvarint(b[used:])
		if size < 0 || v > uint64(len(r.frame)) {
			r.err = ErrInvalid
			return 0, false
		}
		used += size
		return int(v), size > 0
	}
	n, ok := next()
	if !ok {
		return false, r.err
	}
	// Twice: first to see whether all is there, since what is written stays.
	start := used
	for write := range 2 {
		used = start
		at := 0
		for range n {
			gap, ok := next()
			if !ok {
				return false, r.err
			}
			if at += gap; at >= len(r.frame) {
				return false, r.fail()
			}
			if used >= len(b) {
				return false, nil
			}
			if write == 1 {
				r.frame[at] = b[used]
			}
			used++
		}
	}
	r.read += used
	r.changes = false
	return true, nil
}

func (r *Reader) fail() error {
	r.err = ErrInvalid
	return r.err
}

// Buffered is how many bytes were added and not read yet.
func (r *Reader) Buffered() int { return len(r.buf) - r.read }

// Frames is how many Next has given out.
func (r *Reader) Frames() int { return r.frames }
