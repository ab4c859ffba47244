package kclient

import (
	"context"
	"strings"
	"time"
	"unicode"

	"kbridge/kclient/wire"
)

// Who speaks in a room's chat besides its players, by the exact name: EmuLinker lets
// nobody else be called Server.
const (
	roomServer = "Server" // announcements, private messages, answers to commands
	roomError  = "Error"  // to one user: why a start or a kick was refused
)

// Start begins the game for everybody in the room; only the owner can. It returns
// when the server has started it; WaitStart then returns the Game, here and at
// the other players. A refusal is a *RefusedError with the server's words, or a
// *TimeoutError where servers refuse by silence. In a room whose name begins with * it
// is ErrChatRoom, and nothing is asked.
func (r *Room) Start(ctx context.Context) error {
	req, err := r.askToStart()
	if err != nil {
		return err
	}
	return r.s.await(ctx, requestStart, req, r.s.cfg.RequestTimeout)
}

func (r *Room) askToStart() (req *request, err error) {
	r.s.mu.Lock()
	defer r.s.release(&err)
	switch {
	case r.err != nil:
		return nil, r.err
	case r.chatOnly():
		return nil, ErrChatRoom
	}
	return r.s.requestLocked(time.Now(), requestStart, "start", wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
}

// chatOnly reports whether the room is one for talking.
func (r *Room) chatOnly() bool {
	name := r.wireName
	if name == "" {
		name = r.s.lobby.games[r.id].WireName
	}
	return wire.IsChatRoom(name)
}

// startShownLocked: the status of a waiting room shows a game, so the start that we
// wait for succeeds, whatever is said before its S 11.
func (s *session) startShownLocked(g GameInfo, now wire.GameState) {
	if q := s.wait[requestStart]; q != nil && s.room != nil && s.room.id == g.ID && g.State == wire.GameWaiting &&
		now != wire.GameWaiting {
		q.accepted = true
	}
}

// roomChatLocked: a line in our room, of a player's or of the server's own.
func (s *session) roomChatLocked(now time.Time, m wire.Chat) {
	text := s.text(m.Text)
	r := s.room
	if r != nil {
		open := s.awaitsEchoLocked(r)
		ours := s.echoLocked(now, r, m)
		switch {
		case s.isServersLocked(m.User, roomServer):
			// No refusal by itself: EmuLinker says such a line before a start that succeeds.
			if q := s.wait[requestStart]; q != nil {
				q.said = "" // of no use if it is but a row of stars
				if strings.ContainsFunc(text, unicode.IsLetter) {
					q.said = text
				}
			}
			if p, ok := s.privateLocked(text); ok && s.emuLinker {
				s.privateEchoLocked(now, p)
				s.events.push(p)
				return
			}
		case s.isServersLocked(m.User, roomError):
			s.errorLineLocked(text)
		case m.User == s.login.name && !ours && !open && !s.knowsPrivateLocked() && r.namedLocked(m.User) <= 1:
			// direlera-rs says why not under the name of the one who asked.
			if q := s.wait[requestStart]; q != nil && !q.accepted {
				s.refuseLocked(requestStart, text)
			}
		}
	}
	s.events.push(RoomChat{s.text(m.User), s.lineText(m.Text)})
}

// isServersLocked reports whether a line under this name is the server's own: the name is,
// and no player of the room has it.
func (s *session) isServersLocked(user, name string) bool {
	return user == name && s.room.namedLocked(user) == 0
}

// namedLocked is how many players of the room have a name, given as on the wire.
func (r *Room) namedLocked(raw string) (n int) {
	name := r.s.text(raw)
	for _, p := range r.players {
		if p.Name == name {
			n++
		}
	}
	return n
}

// errorLineLocked: EmuLinker and our server refuse starts and kicks with a line from
// "Error" to the asker. EmuLinker answers bad game data so too: in a game its line may be no
// answer to a kick, and a start cannot succeed there.
func (s *session) errorLineLocked(text string) {
	if s.wait[requestKick] != nil {
		if s.gameLocked() == nil || s.ticket.have {
			s.refuseLocked(requestKick, text)
		}
		return
	}
	q := s.wait[requestStart]
	if q == nil || q.accepted {
		return
	}
	// What the server has just told the whole room says more than what it tells us.
	s.refuseLocked(requestStart, strings.TrimSpace(q.said+" "+text))
}

// tellMixedLocked tells that the players of the room have different connection types, on a
// server that does not line up their calls. direlera-rs is such a one; it is known by
// the S 0C that names game 0: older servers write a pointer there, and newer ones the
// game's ID. Its d is the connection type, so that with types 1 and 3 the delays are 1
// and 11.
func (r *Room) tellMixedLocked() {
	if !r.unaligned || r.s.knowsPrivateLocked() {
		return
	}
	mixed := false
	for _, p := range r.players {
		mixed = mixed || p.Connection != r.players[0].Connection
	}
	if mixed && !r.mixed {
		r.s.events.push(MixedTypes{append([]Player(nil), r.players...)})
	}
	r.mixed = mixed
}
