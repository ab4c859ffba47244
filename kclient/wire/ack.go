package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// ServerAck (05, server) asks for a ClientAck; the server times the answer:
// that is the ping. Extra stands after the four numbers that some clients
// insist on: it is where an extension may be offered, and clients skip it.
type ServerAck struct {
	Extra []byte // after parsing it aliases the body; nil when there is none
}

// AppendTo appends the body to b.
func (m ServerAck) AppendTo(b []byte) []byte { return appendAck(b, m.Extra) }

// ParseServerAck parses a body. What the four numbers say is not looked at.
func ParseServerAck(body []byte) (ServerAck, error) {
	extra, err := parseAck(body)
	return ServerAck{Extra: extra}, err
}

// ClientAck (06, client) answers every ServerAck at once. Extra must stay
// empty unless the server's ServerAck offered an extension: EmuLinker does not
// skip to the declared length and would misread the rest of the bundle.
type ClientAck struct {
	Extra []byte // after parsing it aliases the body; nil when there is none
}

// AppendTo appends the body to b.
func (m ClientAck) AppendTo(b []byte) []byte { return appendAck(b, m.Extra) }

// ParseClientAck parses a body. What the four numbers say is not looked at.
func ParseClientAck(body []byte) (ClientAck, error) {
	extra, err := parseAck(body)
	return ClientAck{Extra: extra}, err
}

// KeepAlive (09, client) says that an idle client is still there.
type KeepAlive struct{}

// AppendTo appends the body to b.
func (KeepAlive) AppendTo(b []byte) []byte { return field.AppendStr(b, "") }

// ParseKeepAlive parses a body.
func ParseKeepAlive(body []byte) (KeepAlive, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, KeepAlive{})
}

func appendAck(b, extra []byte) []byte {
	b = field.AppendStr(b, "")
	for i := range uint32(4) {
		b = field.AppendU32(b, i)
	}
	// 17 bytes are written; the rest of a body is what an extension may use.
	return append(b, extra[:min(len(extra), MaxBody-17)]...)
}

func parseAck(body []byte) (extra []byte, err error) {
	r := field.Reader{Rest: body}
	r.Skip()
	r.Bytes(4 * 4)
	if r.Err == nil && len(r.Rest) > 0 {
		extra = r.Rest
	}
	return extra, r.Err
}
