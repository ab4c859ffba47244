package kclient

import (
	"strings"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// messageLocked handles one message of the server's, in order. A body that does
// not parse is left out: what it tells is lost, the session is not.
func (s *session) messageLocked(now time.Time, m wire.Message) {
	handle := handlers.Of(m.Type)
	if handle == nil {
		return // types of other servers' own making are skipped by their length
	}
	if err := handle(s, now, m.Body); err != nil {
		s.log.Warn("malformed message from the server", "type", m.Type, "err", err)
	}
}

// handlers is what is done with each type of the server's messages, under the session's lock.
var handlers = wire.Handlers[*session]{
	wire.TypeGameData:      inGame((*Game).dataLocked),
	wire.TypeGameCache:     inGame((*Game).cacheLocked),
	wire.TypeServerAck:     wire.On(wire.ParseServerAck, (*session).ackLocked),
	wire.TypeServerStatus:  wire.On(wire.ParseServerStatus, (*session).statusLocked),
	wire.TypeUserJoined:    wire.On(wire.ParseUserJoined, (*session).userJoinedLocked),
	wire.TypeUserQuit:      wire.On(wire.ParseUserQuit, (*session).userQuitLocked),
	wire.TypeLoginRefused:  wire.On(wire.ParseLoginRefused, (*session).loginRefusedLocked),
	wire.TypeGlobalChat:    wire.On(wire.ParseChat, (*session).globalChatLocked),
	wire.TypeGameChat:      wire.On(wire.ParseChat, (*session).roomChatLocked),
	wire.TypeServerMessage: wire.On(wire.ParseServerMessage, (*session).serverMessageLocked),
	wire.TypeCreateGame:    wire.On(wire.ParseGameCreated, (*session).gameCreatedLocked),
	wire.TypeGameStatus:    wire.On(wire.ParseGameStatus, (*session).gameStatusLocked),
	wire.TypeCloseGame:     wire.On(wire.ParseGameClosed, (*session).gameClosedLocked),
	wire.TypePlayerList:    wire.On(wire.ParsePlayerList, (*session).playerListLocked),
	wire.TypeJoinGame:      wire.On(wire.ParsePlayerJoined, (*session).playerJoinedLocked),
	wire.TypeQuitGame:      wire.On(wire.ParsePlayerLeft, (*session).playerLeftLocked),
	wire.TypeStartGame:     wire.On(wire.ParseGameStarted, (*session).gameStartedLocked),
	wire.TypeReady:         inGame((*Game).allReadyLocked),
	wire.TypeDropGame:      wire.On(wire.ParsePlayerDropped, (*session).playerDroppedLocked),
	ext.TypeBehind:         wire.On(ext.ParseBehind, (*session).awayLocked),
	ext.TypeInStep:         wire.On(ext.ParseInStep, (*session).presentLocked),
	ext.TypeWaited:         wire.On(ext.ParseWaited, (*session).waitedForLocked),
}

// inGame is the handler of what concerns the game that is played, and nobody when there is none.
func inGame(handle func(g *Game, now time.Time, body []byte)) wire.Handler[*session] {
	return func(s *session, now time.Time, body []byte) error {
		if g := s.gameLocked(); g != nil {
			handle(g, now, body)
		}
		return nil
	}
}

func (s *session) loginRefusedLocked(_ time.Time, m wire.LoginRefused) {
	if !s.login.in {
		s.emuLinker = s.emuLinker || m.User == emuLinkerName
		s.endLocked(&RefusedError{"login", s.text(m.Message)})
	}
}

func (s *session) globalChatLocked(now time.Time, m wire.Chat) {
	s.echoLocked(now, nil, m)
	s.events.push(GlobalChat{s.text(m.User), s.text(m.Text)})
}

func (s *session) serverMessageLocked(now time.Time, m wire.ServerMessage) {
	text := s.text(m.Text)
	if r := s.wait[requestEnter]; r != nil {
		r.said = text
	}
	s.emuLinker = s.emuLinker || m.From == emuLinkerName
	if p, ok := s.privateLocked(text); ok && strings.EqualFold(m.From, emuLinkerName) {
		s.privateEchoLocked(now, p)
		s.events.push(p)
	} else {
		s.events.push(ServerMessage{s.text(m.From), text})
	}
}

// playerDroppedLocked: it also tells whether we, who have left the game already, are out of it.
func (s *session) playerDroppedLocked(now time.Time, m wire.PlayerDropped) {
	if s.room != nil && s.room.game != nil {
		s.room.game.droppedLocked(now, m)
	}
}

func (s *session) presentLocked(_ time.Time, m ext.InStep) {
	if g := s.gameLocked(); g != nil {
		g.batcher.SetPresent(int(min(m.Frame, 1<<30)), int(min(m.First, 1<<30)))
	}
}

func (s *session) waitedForLocked(_ time.Time, m ext.Waited) {
	if g := s.gameLocked(); g != nil && m.Player >= 1 && int(m.Player) <= g.players {
		g.clock.waitedFor[m.Player-1] += time.Duration(m.Milliseconds) * time.Millisecond
	}
}

func (s *session) statusLocked(now time.Time, m wire.ServerStatus) {
	for _, u := range m.Users {
		if len(s.lobby.users) < maxListed {
			s.lobby.users[u.UserID] = User{u.UserID, s.text(u.Name), milliseconds(u.Ping), u.State, u.Connection}
		}
	}
	for _, g := range m.Games {
		if len(s.lobby.games) < maxListed {
			s.leftLocked(now, g.GameID, g.Players)
			s.lobby.games[g.GameID] = GameInfo{g.GameID, s.text(g.Name), g.Name, s.text(g.Emulator), s.text(g.Owner),
				g.State, g.Players, g.MaxPlayers}
		}
	}
}

// userJoinedLocked: our own name among the new users ends the login, and tells
// the ID that other messages name us by.
func (s *session) userJoinedLocked(now time.Time, m wire.UserJoined) {
	u := User{m.UserID, s.text(m.User), milliseconds(m.Ping), wire.UserIdle, m.Connection}
	if len(s.lobby.users) < maxListed {
		s.lobby.users[u.ID] = u
	}
	if !s.login.in && strings.TrimSpace(m.User) == strings.TrimSpace(s.login.name) {
		s.login.in = true
		s.login.me = u
		if s.login.acks > 0 {
			s.link.Prove(now, s.login.ack)
		}
		s.answerLocked(requestLogin, nil)
	}
	s.events.push(UserJoined{u})
}

func (s *session) userQuitLocked(_ time.Time, m wire.UserQuit) {
	u, ok := s.lobby.users[m.UserID]
	if !ok {
		u = User{ID: m.UserID, Name: s.text(m.User)}
	}
	delete(s.lobby.users, m.UserID)
	if s.login.in && m.UserID == s.login.me.ID {
		if s.wait[requestQuit] != nil {
			s.answerLocked(requestQuit, nil)
		} else {
			s.endLocked(&RefusedError{"session (it logged us out)", s.text(m.Message)})
		}
		return
	}
	s.events.push(UserQuit{u, s.text(m.Message)})
}

// echoLocked: our own line came back, so it had arrived.
func (s *session) echoLocked(now time.Time, room *Room, m wire.Chat) bool {
	if m.User != s.login.name {
		return false
	}
	ours := s.repeatedLocked(now, room, false, m.Text)
	if room != nil {
		s.heardAgainLocked(now, room, m.Text)
	}
	return ours
}

func milliseconds(ms uint32) time.Duration {
	// A server that does not know says nonsense; a minute is beyond every game.
	return time.Duration(min(ms, 60_000)) * time.Millisecond
}
