package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// LoginRequest (03, client) opens a session: the first message that a client
// sends to the session port.
type LoginRequest struct {
	User       string // at most MaxUserName bytes
	Emulator   string // at most MaxEmulatorName bytes
	Connection ConnectionType
}

// AppendTo appends the body to b.
func (m LoginRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	b = field.AppendStr(b, m.Emulator)
	return append(b, byte(m.Connection))
}

// ParseLoginRequest parses a body. With ErrConnection, and only then, the
// struct is filled although there is an error, so that a server can refuse the
// login by name instead of ignoring it.
func ParseLoginRequest(body []byte) (LoginRequest, error) {
	r := field.Reader{Rest: body}
	m := LoginRequest{User: r.Str(), Emulator: r.Str(), Connection: ConnectionType(r.U8())}
	m, err := field.Done(&r, m)
	if err == nil && !m.Connection.Valid() {
		err = ErrConnection
	}
	return m, err
}

// LoginRefused (16, server) says why there is no session.
type LoginRefused struct {
	User    string
	UserID  uint16
	Message string
}

// AppendTo appends the body to b.
func (m LoginRefused) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	b = field.AppendU16(b, m.UserID)
	return field.AppendStr(b, m.Message)
}

// ParseLoginRefused parses a body.
func ParseLoginRefused(body []byte) (LoginRefused, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, LoginRefused{User: r.Str(), UserID: r.U16(), Message: r.Str()})
}

// UserJoined (02, server) tells everyone of a login, the new user included.
type UserJoined struct {
	User       string
	UserID     uint16
	Ping       uint32 // milliseconds, as the server timed it
	Connection ConnectionType
}

// AppendTo appends the body to b.
func (m UserJoined) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	b = field.AppendU16(b, m.UserID)
	b = field.AppendU32(b, m.Ping)
	return append(b, byte(m.Connection))
}

// ParseUserJoined parses a body. Connection is kept as it came.
func ParseUserJoined(body []byte) (UserJoined, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, UserJoined{User: r.Str(), UserID: r.U16(), Ping: r.U32(), Connection: ConnectionType(r.U8())})
}
