package wire

// nobody is the user ID that clients write where the server knows it.
const nobody uint16 = 0xFFFF

// QuitRequest (01, client) ends the session.
type QuitRequest struct {
	Message string // at most MaxQuitMessage bytes
}

// AppendTo appends the body to b.
func (m QuitRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = appendU16(b, nobody)
	return appendStr(b, m.Message)
}

// ParseQuitRequest parses a body.
func ParseQuitRequest(body []byte) (QuitRequest, error) {
	r := reader{b: body}
	r.skip()
	r.u16()
	return done(&r, QuitRequest{Message: r.str()})
}

// UserQuit (01, server) tells everyone that a user is gone.
type UserQuit struct {
	User    string
	UserID  uint16
	Message string
}

// AppendTo appends the body to b.
func (m UserQuit) AppendTo(b []byte) []byte {
	b = appendStr(b, m.User)
	b = appendU16(b, m.UserID)
	return appendStr(b, m.Message)
}

// ParseUserQuit parses a body.
func ParseUserQuit(body []byte) (UserQuit, error) {
	r := reader{b: body}
	return done(&r, UserQuit{User: r.str(), UserID: r.u16(), Message: r.str()})
}
