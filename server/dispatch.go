package server

import (
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// typeSet is a set of message types: bit t is type t.
type typeSet uint32

func setOf(types ...wire.Type) (set typeSet) {
	for _, t := range types {
		set |= 1 << t
	}
	return set
}

func (s typeSet) has(t wire.Type) bool { return t < 32 && s&(1<<t) != 0 }

// accepted is the table of states and types: what is not in it is not even
// parsed. A second login is in no state. What a client may honestly send too
// late (game data after it was dropped, a ready after the start was called off)
// is ignored in the same way.
var accepted = [states]typeSet{
	stateLogin:   setOf(wire.TypeClientAck, wire.TypeUserQuit, wire.TypeKeepAlive),
	stateLobby:   inLobby,
	stateRoom:    inRoom,
	stateNetsync: inRoom | setOf(wire.TypeReady, wire.TypeDropGame),
	statePlaying: inRoom | setOf(wire.TypeGameData, wire.TypeGameCache, wire.TypeDropGame, ext.TypeCaughtUp),
	stateClosed:  0,
}

// Creating and joining is in inRoom only to be refused with a reason.
var (
	inLobby = setOf(wire.TypeUserQuit, wire.TypeClientAck, wire.TypeGlobalChat, wire.TypeKeepAlive,
		wire.TypeCreateGame, wire.TypeJoinGame)
	inRoom = inLobby | setOf(wire.TypeGameChat, wire.TypeQuitGame, wire.TypeKick, wire.TypeStartGame)
)

// unlimited are the types that the general rate does not count: game data has
// its own bound in the mixer, room chat its own in bytes (lines.go), and what ends or
// answers something cannot be done more often than what began it.
var unlimited = setOf(wire.TypeGameData, wire.TypeGameCache, wire.TypeGameChat, wire.TypeUserQuit, wire.TypeClientAck, wire.TypeKeepAlive,
	wire.TypeQuitGame, wire.TypeDropGame, wire.TypeReady)

// receive handles one datagram of the session's address.
func (s *session) receive(now time.Time, local netip.Addr, datagram []byte) {
	s.server.work = work{session: s}
	s.earn(len(datagram))
	if s.state == stateClosed {
		s.receiveLate(now, local, datagram)
		return
	}
	if isLoneLogin(datagram) && s.loggedIn() {
		s.startOver(now, local, datagram)
		return
	}
	if err := s.link.Receive(now, datagram); err != nil {
		s.server.countRefused(RefusedMalformed)
		return
	}
	if s.doubt.open() && s.alive(datagram) {
		s.settleDoubt(now)
	}
	s.deliver(now)
	if len(s.talk.queued) > 0 {
		s.listens(now)
	}
	s.touch()
}

// receiveLate handles a datagram that came after the end of the session. Nothing
// in it counts, but a client that repeats itself has not got the goodbye. And
// the address may be used again, by a session that begins anew: a datagram with
// a login and nothing else.
func (s *session) receiveLate(now time.Time, local netip.Addr, datagram []byte) {
	bundle, err := wire.ParseBundle(datagram, s.server.bundle[:0])
	if err != nil {
		s.server.countRefused(RefusedMalformed)
		return
	}
	if _, ok := findLogin(bundle); ok && len(bundle) == 1 {
		s.forget()
		s.server.receiveLogin(now, s.addr, local, datagram)
		return
	}
	if s.link != nil && s.link.Receive(now, datagram) == nil {
		s.touch()
	}
}

// deliver handles every message that is there in order.
func (s *session) deliver(now time.Time) {
	for s.state != stateClosed {
		s.server.work = work{session: s}
		m, ok := s.link.Message()
		if !ok {
			return
		}
		s.newest = m.Seq
		s.handle(now, m)
	}
}

// handle handles one message of the client's.
func (s *session) handle(now time.Time, m wire.Message) {
	sv := s.server
	if !accepted[s.state].has(m.Type) {
		sv.countRefused(RefusedMisplaced)
		return
	}
	sv.work = s.workOn(m.Type)
	var err error
	switch m.Type {
	case wire.TypeGameData:
		err = s.handleGameData(now, m.Body)
	case wire.TypeGameCache:
		err = s.handleGameCache(now, m.Body)
	default:
		if !unlimited.has(m.Type) && !s.messages.Allow(now, sv.cfg.Flood.Message) {
			sv.countRefused(RefusedMessage)
			return
		}
		err = s.handleLobby(now, m)
	}
	if err != nil {
		sv.countRefused(RefusedMalformed)
	}
}

// handleLobby handles everything but game data.
func (s *session) handleLobby(now time.Time, m wire.Message) error {
	switch m.Type {
	case wire.TypeUserQuit:
		q, err := wire.ParseQuitRequest(m.Body)
		if err != nil {
			return err
		}
		if s.state == stateLogin {
			s.forget()
			return nil
		}
		s.quit(now, s.server.clean.clean(q.Message, maxQuitMessage), true)
	case wire.TypeClientAck:
		ack, err := wire.ParseClientAck(m.Body)
		if err != nil {
			return err
		}
		s.receiveAck(now, ack)
	case wire.TypeGlobalChat:
		c, err := wire.ParseChatRequest(m.Body)
		if err != nil {
			return err
		}
		s.chat(now, c.Text)
	case wire.TypeGameChat:
		waits, ok := s.admitLine(now, len(m.Body))
		if !ok {
			return nil
		}
		c, err := wire.ParseChatRequest(m.Body)
		if err != nil {
			return err
		}
		s.gameChat(now, c.Text, waits)
	case wire.TypeCreateGame:
		c, err := wire.ParseCreateRequest(m.Body)
		if err != nil {
			return err
		}
		s.create(now, c.Game)
	case wire.TypeJoinGame:
		j, err := wire.ParseJoinRequest(m.Body)
		if err != nil {
			return err
		}
		s.join(now, j.GameID)
	case wire.TypeQuitGame:
		if _, err := wire.ParseLeaveRequest(m.Body); err != nil {
			return err
		}
		s.leave(now, false)
	case wire.TypeKick:
		k, err := wire.ParseKickRequest(m.Body)
		if err != nil {
			return err
		}
		s.kick(now, k.UserID)
	case wire.TypeStartGame:
		if _, err := wire.ParseStartRequest(m.Body); err != nil {
			return err
		}
		s.start(now)
	case wire.TypeReady:
		if _, err := wire.ParseReadyRequest(m.Body); err != nil {
			return err
		}
		s.becomeReady(now)
	case wire.TypeDropGame:
		if _, err := wire.ParseDropRequest(m.Body); err != nil {
			return err
		}
		s.drop(now)
	case ext.TypeCaughtUp:
		c, err := ext.ParseCaughtUp(m.Body)
		if err != nil {
			return err
		}
		s.caughtUp(now, c)
	}
	return nil
}

// goneMessage is what the others see as the last words of a client that has said none.
const goneMessage = "connection lost"

// vanish ends a session from which nothing has come for the keep-alive time.
func (s *session) vanish(now time.Time) {
	s.server.cfg.Logger.Info("client vanished", append(s.attrs(), slog.Duration("silent", now.Sub(s.link.LastReceived())))...)
	s.quit(now, goneMessage, false)
}

// quit ends a user's session and tells everyone. A room of a user who is not
// willing, but has vanished, lives on while others play in it.
func (s *session) quit(now time.Time, message string, willing bool) {
	sv := s.server
	if s.room != nil {
		s.leave(now, !willing)
	}
	s.tellQuit(now, message)
	sv.removeUser(s)
	s.closeSession(now)
	sv.cfg.Logger.Info("quit", append(s.attrs(), slog.String("message", sv.clean.text(message)))...)
}

// becomeReady counts a player as ready, which also proves that it has had the
// start message.
func (s *session) becomeReady(now time.Time) {
	s.link.Prove(now, s.started)
	s.touch()
	s.forgetFormer()
	if !s.ready {
		s.ready = true
		s.room.beginWhenReady(now)
	}
}
