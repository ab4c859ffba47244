package krec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"time"
)

// Record is one record of a recording. Only the fields of its kind are set.
type Record struct {
	Kind   Kind
	Values []byte // Frame: what the call returned, empty inside the frame delay; valid until the next call of Next
	Nick   string // Chat and Drop: raw bytes
	Text   string // Chat: raw bytes
	Player int    // Drop: 1 to 8, or 0 when the file says something else
}

// Reader reads a recording. It takes any bytes: its memory is bounded (about
// 40 KiB), and what is wrong comes back as a *FormatError. A Reader is for one goroutine.
type Reader struct {
	r      *bufio.Reader
	header Header
	offset int64 // of what is read next
	values []byte
	small  [4]byte // for bytes and integers; a local one would escape
	err    error   // what Next returns from now on
	ended  bool
}

// NewReader reads the header of a recording.
func NewReader(r io.Reader) (*Reader, error) {
	rec := &Reader{r: bufio.NewReader(r)}
	b := make([]byte, sizeKRC1)
	if err := rec.read(b[:appAt]); err != nil {
		if err == ErrTruncated {
			err = ErrNotRecording
		}
		return nil, at(0, err)
	}
	h := &rec.header
	size := sizeKRC0
	switch string(b[:appAt]) {
	case "KRC0":
	case "KRC1":
		h.Version, size = 1, sizeKRC1
	default:
		return nil, at(0, ErrNotRecording)
	}
	if err := rec.read(b[appAt:size]); err != nil {
		return nil, at(appAt, err)
	}
	h.App = field(b[appAt : appAt+nameField])
	h.Game = field(b[gameAt : gameAt+nameField])
	h.Player = int(int32(binary.LittleEndian.Uint32(b[playerAt:])))
	h.Players = int(int32(binary.LittleEndian.Uint32(b[playersAt:])))
	if !validPlayers(h.Player, h.Players) {
		return nil, at(playerAt, ErrPlayers)
	}
	if h.Version == 1 {
		// Unsigned, since no recording is from before 1970.
		if t := binary.LittleEndian.Uint32(b[timeAt:]); t != 0 {
			h.Time = time.Unix(int64(t), 0)
		}
		for i := range min(h.Players, maxNames) {
			h.Names = append(h.Names, field(b[namesAt+i*playerName:][:playerName]))
		}
	}
	return rec, nil
}

// Header returns what the file says about its game. Names has an entry for each of the
// first four players.
func (r *Reader) Header() Header { return r.header }

// Ended reports whether Next has met an end record. A file that ends without one
// was ended by n02's kailleraEndGame or by a crash.
func (r *Reader) Ended() bool { return r.ended }

// Next returns the next record. After the last it returns io.EOF, and once it has
// returned an error it always returns that: a *FormatError, or an error of the underlying reader.
func (r *Reader) Next() (Record, error) {
	if r.err != nil {
		return Record{}, r.err
	}
	start := r.offset
	if err := r.read(r.small[:1]); err != nil {
		if err == ErrTruncated {
			err = io.EOF // between two records: just the end
		}
		r.err = err
		return Record{}, r.err
	}
	rec, err := r.body(Kind(r.small[0]))
	if err != nil {
		r.err = err
		if err != io.EOF {
			r.err = at(start, err)
		}
		return Record{}, r.err
	}
	return rec, nil
}

func (r *Reader) body(kind Kind) (rec Record, err error) {
	rec.Kind = kind
	b := r.small[:]
	switch kind {
	case Frame:
		if err = r.read(b[:2]); err != nil {
			return rec, err
		}
		size := int16(binary.LittleEndian.Uint16(b))
		if size < 0 {
			r.ended = true
			return rec, io.EOF
		}
		if int(size) > cap(r.values) {
			r.values = make([]byte, max(int(size), 2*cap(r.values)))
		}
		rec.Values = r.values[:size]
		return rec, r.read(rec.Values)
	case Chat:
		if rec.Nick, err = r.string(); err == nil {
			rec.Text, err = r.string()
		}
		return rec, err
	case Drop:
		if rec.Nick, err = r.string(); err == nil {
			err = r.read(b)
		}
		if player := int32(binary.LittleEndian.Uint32(b)); player >= 1 && player <= maxPlayers {
			rec.Player = int(player)
		}
		return rec, err
	}
	return rec, ErrRecordType
}

// string reads up to a NUL.
func (r *Reader) string() (string, error) {
	b, err := r.r.ReadSlice(0) // at most bufio's 4 KiB, with or without the NUL
	r.offset += int64(len(b))
	switch {
	case len(b) > maxReadString+1:
		return "", ErrStringTooLong
	case err == io.EOF:
		return "", ErrTruncated
	case err != nil:
		return "", err
	}
	return string(b[:len(b)-1]), nil
}

// read fills b. The end of the file is ErrTruncated.
func (r *Reader) read(b []byte) error {
	n, err := io.ReadFull(r.r, b)
	r.offset += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return err
}

// at says where a fault is; an error of the underlying reader stays as it is.
func at(offset int64, err error) error {
	switch err {
	case ErrNotRecording, ErrTruncated, ErrPlayers, ErrRecordType, ErrStringTooLong:
		return &FormatError{Offset: offset, Err: err}
	}
	return err
}

// field returns a header field's text, which ends at its first NUL: n02 leaves what
// its memory held behind it.
func field(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
