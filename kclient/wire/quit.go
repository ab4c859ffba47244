package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// nobody is the user ID that clients write where the server knows it.
const nobody uint16 = 0xFFFF

// QuitRequest (01, client) ends the session.
type QuitRequest struct {
	Message string // at most MaxQuitMessage bytes
}

// AppendTo appends the body to b.
func (m QuitRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU16(b, nobody)
	return field.AppendStr(b, m.Message)
}

// ParseQuitRequest parses a body.
func ParseQuitRequest(body []byte) (QuitRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	r.U16()
	return field.Done(&r, QuitRequest{Message: r.Str()})
}

// UserQuit (01, server) tells everyone that a user is gone.
type UserQuit struct {
	User    string
	UserID  uint16
	Message string
}

// AppendTo appends the body to b.
func (m UserQuit) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	b = field.AppendU16(b, m.UserID)
	return field.AppendStr(b, m.Message)
}

// ParseUserQuit parses a body.
func ParseUserQuit(body []byte) (UserQuit, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, UserQuit{User: r.Str(), UserID: r.U16(), Message: r.Str()})
}
