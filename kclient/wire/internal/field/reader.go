// Package field reads and writes the fields of message bodies: little-endian integers and strings that end with a NUL.
package field

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Reader takes fields off the front of a body. The first fault sticks: from
// then on every field is zero, so that a parser reads straight through and
// asks once.
type Reader struct {
	Rest []byte // not read yet
	Err  error
}

// Fail ends reading with an error, unless there is one already.
func (r *Reader) Fail(err error) {
	if r.Err == nil {
		r.Err = err
	}
	r.Rest = nil
}

// Raw takes a NUL-ended string and returns it without the NUL; it aliases the
// body. It looks at no more than MaxString+1 bytes.
func (r *Reader) Raw() []byte {
	if r.Err != nil {
		return nil
	}
	if len(r.Rest) == 0 {
		r.Fail(ErrShort)
		return nil
	}
	n := bytes.IndexByte(r.Rest[:min(len(r.Rest), MaxString+1)], 0)
	if n < 0 {
		if len(r.Rest) > MaxString {
			r.Fail(ErrStringTooLong)
		} else {
			r.Fail(ErrNoNUL)
		}
		return nil
	}
	s := r.Rest[:n]
	r.Rest = r.Rest[n+1:]
	return s
}

// Str is a copy of what Raw returns.
func (r *Reader) Str() string { return string(r.Raw()) }

// Skip takes a string that says nothing: where senders write "".
func (r *Reader) Skip() { r.Raw() }

// Bytes takes n bytes; they alias the body.
func (r *Reader) Bytes(n int) []byte {
	if r.Err != nil {
		return nil
	}
	if n > len(r.Rest) {
		r.Fail(ErrShort)
		return nil
	}
	v := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return v
}

// U8 takes a byte.
func (r *Reader) U8() uint8 {
	if v := r.Bytes(1); v != nil {
		return v[0]
	}
	return 0
}

// U16 takes a 16-bit number.
func (r *Reader) U16() uint16 {
	if v := r.Bytes(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

// U32 takes a 32-bit number.
func (r *Reader) U32() uint32 {
	if v := r.Bytes(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// Room refuses counts of entries that the bytes left cannot hold. The product
// cannot overflow: the counts come from u32 fields, an entry is below 10 bytes.
func (r *Reader) Room(need uint64) {
	if r.Err == nil && need > uint64(len(r.Rest)) {
		r.Fail(ErrListCount)
	}
}

// Done is m, or the zero value and what went wrong. Bytes that are left over
// are no fault: newer peers may say more than this package knows.
func Done[T any](r *Reader, m T) (T, error) {
	if r.Err != nil {
		var zero T
		return zero, r.Err
	}
	return m, nil
}

// AppendStr writes a string with its NUL. What a parser would not take back
// is not written: the string ends at a NUL of its own or at MaxString.
func AppendStr(b []byte, s string) []byte {
	return append(append(b, cutStr(s)...), 0)
}

func cutStr(s string) string {
	s = s[:min(len(s), MaxString)]
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return s
}

// StrSize is the number of bytes that AppendStr writes.
func StrSize(s string) int { return len(cutStr(s)) + 1 }

// AppendU16 writes a 16-bit number.
func AppendU16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }

// AppendU32 writes a 32-bit number.
func AppendU32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
