package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// reader takes fields off the front of a body. The first fault sticks: from
// then on every field is zero, so that a parser reads straight through and
// asks once.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// raw takes a NUL-ended string and returns it without the NUL; it aliases the
// body. It looks at no more than MaxString+1 bytes.
func (r *reader) raw() []byte {
	if r.err != nil {
		return nil
	}
	if len(r.b) == 0 {
		r.fail(ErrShort)
		return nil
	}
	n := bytes.IndexByte(r.b[:min(len(r.b), MaxString+1)], 0)
	if n < 0 {
		if len(r.b) > MaxString {
			r.fail(ErrStringTooLong)
		} else {
			r.fail(ErrNoNUL)
		}
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n+1:]
	return s
}

func (r *reader) str() string { return string(r.raw()) }

// skip takes a string that says nothing: where senders write "".
func (r *reader) skip() { r.raw() }

// bytes takes n bytes; they alias the body.
func (r *reader) bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.b) {
		r.fail(ErrShort)
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8 {
	if v := r.bytes(1); v != nil {
		return v[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if v := r.bytes(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if v := r.bytes(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

func (r *reader) connection() ConnectionType { return ConnectionType(r.u8()) }

// room refuses counts of entries that the bytes left cannot hold. The product
// cannot overflow: the counts come from u32 fields, an entry is below 10 bytes.
func (r *reader) room(need uint64) {
	if r.err == nil && need > uint64(len(r.b)) {
		r.fail(ErrListCount)
	}
}

// done is m, or the zero value and what went wrong. Bytes that are left over
// are no fault: newer peers may say more than this package knows.
func done[T any](r *reader, m T) (T, error) {
	if r.err != nil {
		var zero T
		return zero, r.err
	}
	return m, nil
}

// appendStr writes a string with its NUL. What a parser would not take back
// is not written: the string ends at a NUL of its own or at MaxString.
func appendStr(b []byte, s string) []byte {
	return append(append(b, cutStr(s)...), 0)
}

func cutStr(s string) string {
	s = s[:min(len(s), MaxString)]
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return s
}

// strSize is the number of bytes that appendStr writes.
func strSize(s string) int { return len(cutStr(s)) + 1 }

func appendU16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
