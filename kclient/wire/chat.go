package wire

import (
	"strings"

	"kbridge/kclient/wire/internal/field"
)

// CutDataMark splits a line of room chat into the mark that it begins with when it is data, and the rest. MAME32k and
// what came of it (their code read) send players' places, saved states and checks that machines are equal as
// "\r\nDA" and hexadecimal digits, or "\r\nDB" and bytes from 80 on, and know them by that, so these control
// characters stay where all others are taken out. mark is empty for what people say.
func CutDataMark(line string) (mark, rest string) {
	for _, mark := range [...]string{"\r\nDA", "\r\nDB"} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return mark, rest
		}
	}
	return "", line
}

// ChatRequest (07 to everyone, 08 to the room; client) says a line.
type ChatRequest struct {
	Text string // at most MaxChat (07) or MaxGameChat (08) bytes
}

// AppendTo appends the body to b.
func (m ChatRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	return field.AppendStr(b, m.Text)
}

// ParseChatRequest parses a body.
func ParseChatRequest(body []byte) (ChatRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, ChatRequest{Text: r.Str()})
}

// Chat (07 and 08, server) is a line that somebody said, the receiver's own
// lines included. Servers also use 08 from "Error" or "Server" for refusals.
type Chat struct {
	User string
	Text string
}

// AppendTo appends the body to b.
func (m Chat) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	return field.AppendStr(b, m.Text)
}

// ParseChat parses a body.
func ParseChat(body []byte) (Chat, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, Chat{User: r.Str(), Text: r.Str()})
}

// ServerMessage (17, server) is a line from the server itself: the welcome,
// an announcement, the reason of a refusal.
type ServerMessage struct {
	From string // "Server"; EmuLinker: "server"
	Text string
}

// AppendTo appends the body to b.
func (m ServerMessage) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.From)
	return field.AppendStr(b, m.Text)
}

// ParseServerMessage parses a body.
func ParseServerMessage(body []byte) (ServerMessage, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, ServerMessage{From: r.Str(), Text: r.Str()})
}
