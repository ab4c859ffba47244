package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// AppendGameData appends the body of a game data (12, both ways): one batch of
// input, or combined frames. payload is copied. It panics when payload is
// longer than MaxGameData. It does not allocate when b has room for
// len(payload)+3 bytes more.
func AppendGameData(b, payload []byte) []byte {
	if len(payload) > MaxGameData {
		panic("wire: payload longer than MaxGameData")
	}
	b = append(b, 0, byte(len(payload)), byte(len(payload)>>8))
	return append(b, payload...)
}

// ParseGameData returns the payload of a game data; it aliases body. The
// payload may be empty: that is a fault of the player, not of the bytes. It
// does not allocate.
func ParseGameData(body []byte) (payload []byte, err error) {
	r := field.Reader{Rest: body}
	r.Skip()
	payload = r.Bytes(int(r.U16()))
	return payload, r.Err
}

// AppendGameCache appends the body of a game cache (13, both ways): the
// payload that stands at position pos of the receiver's cache, again.
func AppendGameCache(b []byte, pos uint8) []byte { return append(b, 0, pos) }

// ParseGameCache returns the position of a game cache. It does not allocate.
func ParseGameCache(body []byte) (pos uint8, err error) {
	r := field.Reader{Rest: body}
	r.Skip()
	pos = r.U8()
	return pos, r.Err
}
