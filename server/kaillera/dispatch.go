package kaillera

import (
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/stats"
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

// accepted is what a session may say in its state: what is not in it is not even parsed. A second login is in none.
// What a client may honestly send too late (game data after it was dropped, a ready after the start was called off) is
// ignored in the same way.
func (s *session) accepted() typeSet {
	switch {
	case s.state == stateLogin:
		return inLogin
	case s.state == stateClosed:
		return 0
	case s.user.Room() == nil:
		return inLobby
	}
	return inRoom[s.plays()]
}

// Creating and joining is in inRoom only to be refused with a reason.
var (
	inLogin = setOf(wire.TypeClientAck, wire.TypeUserQuit, wire.TypeKeepAlive)
	inLobby = setOf(wire.TypeUserQuit, wire.TypeClientAck, wire.TypeGlobalChat, wire.TypeKeepAlive,
		wire.TypeCreateGame, wire.TypeJoinGame)
	waiting = inLobby | setOf(wire.TypeGameChat, wire.TypeQuitGame, wire.TypeKick, wire.TypeStartGame)
	inRoom  = [...]typeSet{
		door.Waiting: waiting,
		door.Netsync: waiting | setOf(wire.TypeReady, wire.TypeDropGame),
		door.Playing: waiting | setOf(wire.TypeGameData, wire.TypeGameCache, wire.TypeDropGame, ext.TypeCaughtUp),
	}
)

// ofLobby are the types that need the lobby's lock, wherever the session is.
var ofLobby = setOf(wire.TypeUserQuit, wire.TypeGlobalChat, wire.TypeCreateGame, wire.TypeJoinGame, wire.TypeQuitGame,
	wire.TypeKick)

// unlimited are the types that the general rate does not count: game data has
// its own bound in the mixer, room chat its own in bytes (room/lines.go), and what ends or
// answers something cannot be done more often than what began it.
var unlimited = setOf(wire.TypeGameData, wire.TypeGameCache, wire.TypeGameChat, wire.TypeUserQuit, wire.TypeClientAck,
	wire.TypeKeepAlive,
	wire.TypeQuitGame, wire.TypeDropGame, wire.TypeReady)

// receive handles one datagram of the session's address. It reports false when something in it needs the lobby's lock,
// which is held if all is true: deliver goes on with that.
func (s *session) receive(now time.Time, local netip.Addr, datagram []byte, all bool) (complete bool) {
	s.earn(len(datagram))
	if s.state == stateClosed {
		s.receiveLate(now, local, datagram)
		return true
	}
	if isLoneLogin(datagram) && s.loggedIn() {
		s.startOver(now, local, datagram)
		return true
	}
	if err := s.link.Receive(now, datagram); err != nil {
		s.server.countRefused(stats.RefusedMalformed)
		return true
	}
	if s.doubt.open() && s.alive(datagram) {
		s.settleDoubt(now)
	}
	complete = s.deliver(now, all)
	if len(s.talk.queued) > 0 {
		s.listens(now)
	}
	s.touch()
	return complete
}

// receiveLate handles a datagram that came after the end of the session. Nothing
// in it counts, but a client that repeats itself has not got the goodbye. And
// the address may be used again, by a session that begins anew: a datagram with
// a login and nothing else.
func (s *session) receiveLate(now time.Time, local netip.Addr, datagram []byte) {
	bundle, err := wire.ParseBundle(datagram, s.server.bundle[:0])
	if err != nil {
		s.server.countRefused(stats.RefusedMalformed)
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

// deliver handles every message that is there in order. It reports false when it has come to one that needs the lobby's
// lock and does not have it, as all says.
func (s *session) deliver(now time.Time, all bool) (complete bool) {
	for s.state != stateClosed {
		if !all {
			if t, ok := s.link.NextType(); ok && ofLobby.has(t) {
				s.link.Keep()
				return false
			}
		}
		m, ok := s.link.NextMessage()
		if !ok {
			return true
		}
		s.newest = m.Seq
		s.handling = m.Type
		s.handle(now, m)
		s.handling = 0
		if s.server.lobby.Owes() { // what a message has asked for is done before the next one
			if !all {
				s.link.Keep()
				return false
			}
			s.server.lobby.Settle(now)
		}
	}
	return true
}

// handle handles one message of the client's.
func (s *session) handle(now time.Time, m wire.Message) {
	sv := s.server
	if !s.accepted().has(m.Type) {
		sv.countRefused(stats.RefusedMisplaced)
		return
	}
	if !unlimited.has(m.Type) && !s.user.AllowMessage(now) {
		sv.countRefused(stats.RefusedMessage)
		return
	}
	if err := handlers.Of(m.Type)(s, now, m.Body); err != nil {
		sv.countRefused(stats.RefusedMalformed)
	}
}

// handlers is what is done with each type of message that some state accepts.
var handlers = wire.Handlers[*session]{
	wire.TypeGameData:  (*session).handleGameData,
	wire.TypeGameCache: (*session).handleGameCache,
	wire.TypeUserQuit:  wire.On(wire.ParseQuitRequest, (*session).handleQuit),
	wire.TypeClientAck: wire.On(wire.ParseClientAck, (*session).receiveAck),
	wire.TypeKeepAlive: func(*session, time.Time, []byte) error { return nil }, // that it came is all that it says
	wire.TypeGlobalChat: wire.On(wire.ParseChatRequest, func(s *session, now time.Time, c wire.ChatRequest) {
		s.user.Chat(now, c.Text)
	}),
	wire.TypeGameChat: (*session).handleGameChat,
	wire.TypeCreateGame: wire.On(wire.ParseCreateRequest, func(s *session, now time.Time, c wire.CreateRequest) {
		s.user.Create(now, c.Game)
	}),
	wire.TypeJoinGame: wire.On(wire.ParseJoinRequest, func(s *session, now time.Time, j wire.JoinRequest) {
		s.user.Join(now, j.GameID)
	}),
	wire.TypeQuitGame: wire.On(wire.ParseLeaveRequest, func(s *session, now time.Time, _ wire.LeaveRequest) {
		s.user.LeaveRoom(now, false)
	}),
	wire.TypeKick: wire.On(wire.ParseKickRequest, func(s *session, now time.Time, k wire.KickRequest) {
		s.user.Kick(now, k.UserID)
	}),
	wire.TypeStartGame: wire.On(wire.ParseStartRequest, (*session).handleStart),
	wire.TypeReady:     wire.On(wire.ParseReadyRequest, (*session).handleReady),
	wire.TypeDropGame: wire.On(wire.ParseDropRequest, func(s *session, now time.Time, _ wire.DropRequest) {
		s.seat().Drop(now)
	}),
	ext.TypeCaughtUp: wire.On(ext.ParseCaughtUp, (*session).handleCaughtUp),
}

// handleQuit ends a session as its user asks. A login that was not completed leaves nothing behind.
func (s *session) handleQuit(now time.Time, q wire.QuitRequest) {
	if s.state == stateLogin {
		s.forget()
		return
	}
	s.user.Quit(now, s.server.clean.Clean(q.Message, limits.MaxQuitMessage), true)
}

// goneMessage is what the others see as the last words of a client that has said none.
const goneMessage = "connection lost"

// vanish ends a session from which nothing has come for the keep-alive time.
func (s *session) vanish(now time.Time) {
	s.server.log.Info("client vanished", append(s.attrs(), slog.Duration("silent", now.Sub(s.link.LastReceived())))...)
	s.user.Quit(now, goneMessage, false)
}

func (s *session) handleStart(now time.Time, _ wire.StartRequest) {
	if reason := s.seat().Start(now); reason != "" {
		s.Tell(now, door.Denied{Text: reason})
	}
}

// handleReady counts a player as ready, which also proves that it has had the start message.
func (s *session) handleReady(now time.Time, _ wire.ReadyRequest) {
	s.link.Prove(now, s.started)
	s.touch()
	s.forgetFormer()
	s.seat().Ready(now)
}

// handleGameChat asks for the bounds of a line before it is parsed: they count bytes, whatever is in them.
func (s *session) handleGameChat(now time.Time, body []byte) error {
	waits, ok := s.seat().Admit(now, len(body))
	if !ok {
		return nil
	}
	c, err := wire.ParseChatRequest(body)
	if err != nil {
		return err
	}
	s.seat().Say(now, s.line(c.Text), waits)
	return nil
}

// line makes a line of room chat harmless and cuts it. The mark of one that is data stays.
func (s *session) line(raw string) string {
	mark, rest := wire.CutDataMark(raw)
	return mark + s.server.clean.Clean(rest, limits.MaxGameChat-len(mark))
}
