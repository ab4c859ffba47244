package kclient

import (
	"strings"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// messageLocked handles one message of the server's, in order. A body that does
// not parse is left out: what it tells is lost, the session is not. Game data
// comes first since it comes sixty times a second.
func (s *session) messageLocked(now time.Time, m wire.Message) {
	if err := s.dispatchLocked(now, m); err != nil {
		s.log.Warn("malformed message from the server", "type", m.Type, "err", err)
	}
}

func (s *session) dispatchLocked(now time.Time, msg wire.Message) error {
	switch msg.Type {
	case wire.TypeGameData, wire.TypeGameCache:
		if g := s.gameLocked(); g != nil {
			g.dataLocked(now, msg)
		}
	case wire.TypeServerAck:
		m, err := wire.ParseServerAck(msg.Body)
		if err != nil {
			return err
		}
		s.ackLocked(now, m)
	case wire.TypeServerStatus:
		m, err := wire.ParseServerStatus(msg.Body)
		if err != nil {
			return err
		}
		s.statusLocked(m)
	case wire.TypeUserJoined:
		m, err := wire.ParseUserJoined(msg.Body)
		if err != nil {
			return err
		}
		s.userJoinedLocked(m)
	case wire.TypeUserQuit:
		m, err := wire.ParseUserQuit(msg.Body)
		if err != nil {
			return err
		}
		s.userQuitLocked(m)
	case wire.TypeLoginRefused:
		m, err := wire.ParseLoginRefused(msg.Body)
		if err != nil {
			return err
		}
		if !s.login.in {
			s.emuLinker = s.emuLinker || m.User == emuLinkerName
			s.endLocked(&RefusedError{"login", s.text(m.Message)})
		}
	case wire.TypeGlobalChat:
		m, err := wire.ParseChat(msg.Body)
		if err != nil {
			return err
		}
		s.echoLocked(now, nil, m)
		s.events.push(GlobalChat{s.text(m.User), s.text(m.Text)})
	case wire.TypeGameChat:
		m, err := wire.ParseChat(msg.Body)
		if err != nil {
			return err
		}
		s.roomChatLocked(now, m)
	case wire.TypeServerMessage:
		m, err := wire.ParseServerMessage(msg.Body)
		if err != nil {
			return err
		}
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
	case wire.TypeCreateGame:
		m, err := wire.ParseGameCreated(msg.Body)
		if err != nil {
			return err
		}
		s.gameCreatedLocked(m)
	case wire.TypeGameStatus:
		m, err := wire.ParseGameStatus(msg.Body)
		if err != nil {
			return err
		}
		s.gameStatusLocked(now, m)
	case wire.TypeCloseGame:
		m, err := wire.ParseGameClosed(msg.Body)
		if err != nil {
			return err
		}
		s.gameClosedLocked(now, m.GameID)
	case wire.TypePlayerList:
		m, err := wire.ParsePlayerList(msg.Body)
		if err != nil {
			return err
		}
		s.playerListLocked(m)
	case wire.TypeJoinGame:
		m, err := wire.ParsePlayerJoined(msg.Body)
		if err != nil {
			return err
		}
		s.playerJoinedLocked(m)
	case wire.TypeQuitGame:
		m, err := wire.ParsePlayerLeft(msg.Body)
		if err != nil {
			return err
		}
		s.playerLeftLocked(now, m)
	case wire.TypeStartGame:
		m, err := wire.ParseGameStarted(msg.Body)
		if err != nil {
			return err
		}
		s.gameStartedLocked(now, m)
	case wire.TypeReady:
		if g := s.gameLocked(); g != nil {
			g.allReadyLocked(now)
		}
	case wire.TypeDropGame:
		m, err := wire.ParsePlayerDropped(msg.Body)
		if err != nil {
			return err
		}
		if g := s.gameLocked(); g != nil || s.room != nil && s.room.game != nil {
			s.room.game.droppedLocked(now, m)
		}
	case ext.TypeBehind:
		m, err := ext.ParseBehind(msg.Body)
		if err != nil {
			return err
		}
		s.behindLocked(now, m)
	case ext.TypeInStep:
		m, err := ext.ParseInStep(msg.Body)
		if err != nil {
			return err
		}
		if g := s.gameLocked(); g != nil {
			g.batcher.InStep(int(min(m.Frame, 1<<30)), int(min(m.First, 1<<30)))
		}
	case ext.TypeWaited:
		m, err := ext.ParseWaited(msg.Body)
		if err != nil {
			return err
		}
		if g := s.gameLocked(); g != nil && m.Player >= 1 && int(m.Player) <= g.players {
			g.clock.waitedFor[m.Player-1] += time.Duration(m.Milliseconds) * time.Millisecond
		}
	default:
		// Types of other servers' own making are skipped by their length.
	}
	return nil
}

func (s *session) statusLocked(m wire.ServerStatus) {
	for _, u := range m.Users {
		if len(s.lobby.users) < maxListed {
			s.lobby.users[u.UserID] = User{u.UserID, s.text(u.Name), milliseconds(u.Ping), u.State, u.Connection}
		}
	}
	for _, g := range m.Games {
		if len(s.lobby.games) < maxListed {
			s.leftLocked(time.Now(), g.GameID, g.Players)
			s.lobby.games[g.GameID] = GameInfo{g.GameID, s.text(g.Name), g.Name, s.text(g.Emulator), s.text(g.Owner), g.State, g.Players, g.MaxPlayers}
		}
	}
}

// userJoinedLocked: our own name among the new users ends the login, and tells
// the ID that other messages name us by.
func (s *session) userJoinedLocked(m wire.UserJoined) {
	u := User{m.UserID, s.text(m.User), milliseconds(m.Ping), wire.UserIdle, m.Connection}
	if len(s.lobby.users) < maxListed {
		s.lobby.users[u.ID] = u
	}
	if !s.login.in && strings.TrimSpace(m.User) == strings.TrimSpace(s.login.name) {
		s.login.in = true
		s.login.me = u
		if s.login.acks > 0 {
			s.link.Prove(time.Now(), s.login.ack)
		}
		s.answerLocked(requestLogin, nil)
	}
	s.events.push(UserJoined{u})
}

func (s *session) userQuitLocked(m wire.UserQuit) {
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
