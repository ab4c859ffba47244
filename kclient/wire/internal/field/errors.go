package field

import "errors"

// What reading a body can end with.
var (
	// ErrShort: a field, a body or a list runs past the end of its bytes.
	ErrShort = errors.New("wire: too short")
	// ErrNoNUL: a string that its body ends without ending it.
	ErrNoNUL = errors.New("wire: string without NUL")
	// ErrStringTooLong: a string of more than MaxString bytes.
	ErrStringTooLong = errors.New("wire: string too long")
	// ErrListCount: a list that claims more entries than its bytes can hold.
	ErrListCount = errors.New("wire: list count beyond the body")
)

// MaxString is the longest string that is read and written, in bytes without the NUL.
const MaxString = 1024
