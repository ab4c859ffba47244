package server

import (
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
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
var unlimited = setOf(wire.TypeGameData, wire.TypeGameCache, wire.TypeGameChat, wire.TypeUserQuit, wire.TypeClientAck,
	wire.TypeKeepAlive,
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
		m, ok := s.link.NextMessage()
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
	if !unlimited.has(m.Type) && !s.messages.Allow(now, sv.cfg.Flood.Message) {
		sv.countRefused(RefusedMessage)
		return
	}
	if err := handlers.Of(m.Type)(s, now, m.Body); err != nil {
		sv.countRefused(RefusedMalformed)
	}
}

// handlers is what is done with each type of message that some state accepts.
var handlers = wire.Handlers[*session]{
	wire.TypeGameData:   (*session).handleGameData,
	wire.TypeGameCache:  (*session).handleGameCache,
	wire.TypeUserQuit:   wire.On(wire.ParseQuitRequest, (*session).handleQuit),
	wire.TypeClientAck:  wire.On(wire.ParseClientAck, (*session).receiveAck),
	wire.TypeKeepAlive:  func(*session, time.Time, []byte) error { return nil }, // that it came is all that it says
	wire.TypeGlobalChat: wire.On(wire.ParseChatRequest, (*session).chat),
	wire.TypeGameChat:   (*session).handleGameChat,
	wire.TypeCreateGame: wire.On(wire.ParseCreateRequest, (*session).create),
	wire.TypeJoinGame:   wire.On(wire.ParseJoinRequest, (*session).join),
	wire.TypeQuitGame: wire.On(wire.ParseLeaveRequest, func(s *session, now time.Time, _ wire.LeaveRequest) {
		s.leave(now, false)
	}),
	wire.TypeKick:      wire.On(wire.ParseKickRequest, (*session).kick),
	wire.TypeStartGame: wire.On(wire.ParseStartRequest, (*session).start),
	wire.TypeReady:     wire.On(wire.ParseReadyRequest, (*session).becomeReady),
	wire.TypeDropGame: wire.On(wire.ParseDropRequest, func(s *session, now time.Time, _ wire.DropRequest) {
		s.drop(now)
	}),
	ext.TypeCaughtUp: wire.On(ext.ParseCaughtUp, (*session).catchUp),
}

// handleQuit ends a session as its user asks. A login that was not completed leaves nothing behind.
func (s *session) handleQuit(now time.Time, q wire.QuitRequest) {
	if s.state == stateLogin {
		s.forget()
		return
	}
	s.quit(now, s.server.clean.clean(q.Message, limits.MaxQuitMessage), true)
}

// goneMessage is what the others see as the last words of a client that has said none.
const goneMessage = "connection lost"

// vanish ends a session from which nothing has come for the keep-alive time.
func (s *session) vanish(now time.Time) {
	s.server.cfg.Logger.Info("client vanished",
		append(s.attrs(), slog.Duration("silent", now.Sub(s.link.LastReceived())))...)
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
func (s *session) becomeReady(now time.Time, _ wire.ReadyRequest) {
	s.link.Prove(now, s.started)
	s.touch()
	s.forgetFormer()
	if !s.ready {
		s.ready = true
		s.room.beginWhenReady(now)
	}
}
