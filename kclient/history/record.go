package history

import "encoding/binary"

const (
	// chunkBytes is how the memory is taken, in bytes.
	chunkBytes = 64 << 10
	// MaxBytes is the default bound of one game's history, in bytes. A
	// minute of a four-player game in which somebody presses or releases something
	// in every third frame takes about 8 KB, so this is many hours; four analogue
	// sticks that never rest take about 2 MB an hour.
	MaxBytes = 8 << 20
)

// AppendZeroFrames appends the beginning of a history in which n frames of zeros come before the others: a player's
// leading zeros.
func AppendZeroFrames(b []byte, n int) []byte {
	if n <= 0 {
		return b
	}
	return append(binary.AppendUvarint(b, uint64(n-1)), 0)
}

// Record keeps a game's combined frames. The zero value is ready.
type Record struct {
	// Max bounds the bytes; 0 is MaxBytes.
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
func (r *Record) Add(frame []byte) {
	if r.full {
		return
	}
	if r.last == nil {
		r.last = make([]byte, len(frame))
		r.diff = make([]byte, 0, 3*len(frame)+2*binary.MaxVarintLen64)
	}
	b := binary.AppendUvarint(r.diff[:0], uint64(r.same))
	n := 0
	for i := range frame {
		if frame[i] != r.last[i] {
			n++
		}
	}
	if n == 0 {
		r.same++
		r.frames++
		return
	}
	b = binary.AppendUvarint(b, uint64(n))
	at := 0
	for i := range frame {
		if frame[i] != r.last[i] {
			b = binary.AppendUvarint(b, uint64(i-at))
			b = append(b, frame[i])
			at = i
		}
	}
	if !r.write(b) {
		return
	}
	copy(r.last, frame)
	r.same = 0
	r.frames++
}

// Flush writes the frames that were only counted so far, so that Bytes are all
// of Frames.
func (r *Record) Flush() {
	if r.same > 0 && !r.full {
		// The last of them is the one that n = 0 stands for.
		b := binary.AppendUvarint(r.diff[:0], uint64(r.same-1))
		if r.write(binary.AppendUvarint(b, 0)) {
			r.same = 0
		}
	}
}

// GiveUp throws the frames so far away, as if the bound had been reached.
func (r *Record) GiveUp() {
	r.full = true
	r.chunks, r.bytes, r.last, r.diff = nil, 0, nil, nil
}

// Held is how many bytes of memory the frames so far take.
func (r *Record) Held() int { return len(r.chunks) * chunkBytes }

func (r *Record) write(b []byte) bool {
	limit := r.Max
	if limit == 0 {
		limit = MaxBytes
	}
	if r.bytes+len(b) > limit {
		r.GiveUp()
		return false
	}
	r.bytes += len(b)
	for len(b) > 0 {
		last := len(r.chunks) - 1
		if last < 0 || len(r.chunks[last]) == chunkBytes {
			r.chunks = append(r.chunks, make([]byte, 0, chunkBytes))
			last++
		}
		n := min(len(b), chunkBytes-len(r.chunks[last]))
		r.chunks[last] = append(r.chunks[last], b[:n]...)
		b = b[n:]
	}
	return true
}

// Frames is how many were added.
func (r *Record) Frames() int { return r.frames }

// Bytes is how many bytes were written.
func (r *Record) Bytes() int { return r.bytes }

// Full reports that the bound was reached: the history is useless and gone.
func (r *Record) Full() bool { return r.full }

// At returns the bytes from offset on, at most n; fewer at the end of a chunk.
// The slice is valid as long as the history, and must not be written to.
func (r *Record) At(offset, n int) []byte {
	if offset < 0 || offset >= r.bytes || n <= 0 {
		return nil
	}
	c := r.chunks[offset/chunkBytes]
	at := offset % chunkBytes
	return c[at:min(at+n, len(c))]
}
