package peers

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/recordings"
	"kbridge/kclient/wire"
)

// recording is a conversation of real programs, which a model is held against.
type recording struct{ *recordings.Conversation }

func load(t *testing.T, name string) recording {
	t.Helper()
	return recording{recordings.ReadConversation(t, name)}
}

// said is a datagram as it is compared: numbers, types and bodies without what is another in every session.
type said struct {
	at       time.Duration
	messages []saidMessage
}

type saidMessage struct {
	seq  uint16
	typ  wire.Type
	what string
}

func (m saidMessage) String() string { return fmt.Sprintf("%d:%v %s", m.seq, m.typ, m.what) }

// isText says whether a datagram belongs to the handshake.
func isText(datagram []byte) bool { return len(datagram) == 0 || datagram[0] > wire.MaxBundle }

// comparer turns datagrams into what is compared.
type comparer struct {
	names        map[string]bool // of the recorded users
	ignoreInRoom bool            // the number of players in S 0E
	toServer     bool
}

func (c *comparer) say(t *testing.T, at time.Duration, datagram []byte) said {
	t.Helper()
	bundle, err := wire.ParseBundle(datagram, nil)
	require.NoError(t, err, "%x", datagram)
	s := said{at: at}
	for _, m := range bundle {
		what := fmt.Sprintf("%x", m.Body)
		if !c.toServer {
			what = c.normal(m)
		}
		s.messages = append(s.messages, saidMessage{m.Seq, m.Type, what})
	}
	return s
}

// normal leaves out pings, and the texts that are the server's own.
func (c *comparer) normal(m wire.Message) string {
	switch m.Type {
	case wire.TypeUserJoined:
		if u, err := wire.ParseUserJoined(m.Body); err == nil {
			u.Ping = 0
			return fmt.Sprint(u)
		}
	case wire.TypeServerStatus:
		if s, err := wire.ParseServerStatus(m.Body); err == nil {
			users := slices.DeleteFunc(s.Users, func(u wire.StatusUser) bool { return !c.names[u.Name] })
			for i := range users {
				users[i].Ping = 0
			}
			slices.SortFunc(users, func(a, b wire.StatusUser) int { return int(a.UserID) - int(b.UserID) })
			return fmt.Sprint(users, s.Games)
		}
	case wire.TypePlayerList:
		if l, err := wire.ParsePlayerList(m.Body); err == nil {
			for i := range l.Players {
				l.Players[i].Ping = 0
			}
			return fmt.Sprint(l)
		}
	case wire.TypeJoinGame:
		if j, err := wire.ParsePlayerJoined(m.Body); err == nil {
			j.Ping = 0
			return fmt.Sprint(j)
		}
	case wire.TypeGameChat:
		if l, err := wire.ParseChat(m.Body); err == nil {
			if !c.names[l.User] {
				l.Text = ""
				if l.User != "Server" && l.User != "Error" {
					l.User = "" // as the language file says
				}
			}
			return fmt.Sprint(l)
		}
	case wire.TypeServerMessage:
		if l, err := wire.ParseServerMessage(m.Body); err == nil {
			return l.From
		}
	case wire.TypeGameStatus:
		if s, err := wire.ParseGameStatus(m.Body); err == nil && c.ignoreInRoom {
			s.Players = 0
			return fmt.Sprint(s)
		}
	}
	return fmt.Sprintf("%x", m.Body)
}

// fresh are the datagrams whose first message is new, repeats the others.
func fresh(all []said) (fresh, repeats []said) {
	next := uint16(0)
	for _, s := range all {
		if ahead := s.messages[0].seq - next; ahead < 0x8000 {
			next = s.messages[0].seq + 1
			fresh = append(fresh, s)
		} else {
			repeats = append(repeats, s)
		}
	}
	return fresh, repeats
}

// requireSame compares two sequences of datagrams message by message.
func requireSame(t *testing.T, who string, real, model []said) {
	t.Helper()
	for i := range min(len(real), len(model)) {
		require.Equal(t, lines(real[i]), lines(model[i]),
			"%s, new datagram %d of %d (the real one at %v, the model's at %v)",
			who, i, len(real), real[i].at, model[i].at)
	}
	require.Equal(t, len(real), len(model), "%s: number of new datagrams; more: %v", who, more(real, model))
}

func lines(s said) (out []string) {
	for _, m := range s.messages {
		out = append(out, m.String())
	}
	return out
}

func more(a, b []said) (out []string) {
	if len(a) < len(b) {
		a, b = b, a
	}
	for _, s := range a[len(b):min(len(a), len(b)+5)] {
		out = append(out, fmt.Sprintf("%v %v", s.at, lines(s)[0]))
	}
	return out
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}
