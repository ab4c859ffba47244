package peers

import (
	"fmt"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// handle is what a client does with a message outside of its game data; under the
// lock.
func (c *Client) handle(m *Message) {
	if err := c.dispatch(m); err != nil {
		c.blame(fmt.Errorf("%w: %v %x: %w", ErrProtocol, m.Type, m.Body, err))
	}
}

func (c *Client) dispatch(m *Message) error {
	switch m.Type {
	case wire.TypeServerAck:
		_, err := wire.ParseServerAck(m.Body)
		if err == nil && c.opts.SetPing == 0 {
			c.pong() // n02 with a set ping does not answer
		}
		return err
	case wire.TypeServerStatus:
		s, err := wire.ParseServerStatus(m.Body)
		if err != nil {
			return err
		}
		for _, u := range s.Users {
			c.users[u.Name] = true
		}
		for _, g := range s.Games {
			c.games[g.Name] = g.GameID
		}
		if c.stage == connecting {
			c.stage = inLobby
			if !c.rules.keepsHello {
				c.keepAt = time.Now().Add(c.rules.keepAlive)
			}
		}
	case wire.TypeUserJoined:
		u, err := wire.ParseUserJoined(m.Body)
		if err != nil {
			return err
		}
		c.users[u.User] = true
		if u.User == c.opts.User {
			c.userID = u.UserID
		}
	case wire.TypeUserQuit:
		u, err := wire.ParseUserQuit(m.Body)
		if err != nil {
			return err
		}
		delete(c.users, u.User)
	case wire.TypeLoginRefused:
		r, err := wire.ParseLoginRefused(m.Body)
		if err != nil {
			return err
		}
		c.lose(fmt.Errorf("%w: %s", ErrRefused, r.Message))
	case wire.TypeServerMessage:
		s, err := wire.ParseServerMessage(m.Body)
		if err != nil {
			return err
		}
		c.said = s.Text
	case wire.TypeGlobalChat:
		t, err := wire.ParseChat(m.Body)
		if err != nil {
			return err
		}
		c.lobbyChat = append(c.lobbyChat, t.User+": "+t.Text)
	case wire.TypeGameChat:
		t, err := wire.ParseChat(m.Body)
		if err != nil {
			return err
		}
		c.chat = append(c.chat, t.User+": "+t.Text)
	case wire.TypeCreateGame:
		g, err := wire.ParseGameCreated(m.Body)
		if err != nil {
			return err
		}
		c.games[g.Game] = g.GameID
		if c.asked == wire.TypeCreateGame && g.User == c.opts.User && g.Emulator == c.opts.Emulator {
			c.gameID = g.GameID
		}
	case wire.TypeCloseGame:
		g, err := wire.ParseGameClosed(m.Body)
		if err != nil {
			return err
		}
		for name, id := range c.games {
			if id == g.GameID {
				delete(c.games, name)
			}
		}
		if c.stage >= inRoom && g.GameID == c.gameID {
			c.backToLobby(ErrRoomClosed)
		}
	default:
		return c.dispatchRoom(m)
	}
	return nil
}

func (c *Client) dispatchRoom(m *Message) error {
	switch m.Type {
	case wire.TypePlayerList:
		l, err := wire.ParsePlayerList(m.Body)
		if err != nil {
			return err
		}
		c.players = len(l.Players)
	case wire.TypeJoinGame:
		j, err := wire.ParsePlayerJoined(m.Body)
		if err != nil {
			return err
		}
		c.players++
		if j.User == c.opts.User && j.Connection == c.opts.Connection && c.stage == inLobby {
			c.stage, c.userID, c.asked, c.told = inRoom, j.UserID, 0, nil
		}
	case wire.TypeQuitGame:
		l, err := wire.ParsePlayerLeft(m.Body)
		if err != nil {
			return err
		}
		switch {
		case l.UserID != c.userID:
			c.players--
		case c.stage >= inRoom:
			c.backToLobby(ErrRoomClosed)
		case c.leaving:
			c.leaving = false
		default:
			c.refused = "no: " + c.said
		}
	case wire.TypeStartGame:
		s, err := wire.ParseGameStarted(m.Body)
		if err != nil {
			return err
		}
		if c.stage == inRoom {
			c.start(s)
		}
	case wire.TypeDropGame:
		d, err := wire.ParsePlayerDropped(m.Body)
		if err != nil {
			return err
		}
		c.dropsSeen++
		if c.stage >= inNetsync && d.Player == c.begin.Player {
			c.stage, c.told = inRoom, ErrDropped
		}
	}
	// What it does not know, and game data outside of a game, it leaves out.
	return nil
}

// backToLobby takes the client back to the lobby.
func (c *Client) backToLobby(why error) {
	c.stage, c.told, c.players = inLobby, why, 0
}

// start is S 11. The emulator's game callback runs inside of it.
func (c *Client) start(s wire.GameStarted) {
	b, err := lockstep.NewBatcher(lockstep.BatcherConfig{
		Connection: c.opts.Connection.Frames(), FrameDelay: int(s.FrameDelay), Players: int(s.Players),
	})
	if err != nil {
		c.blame(fmt.Errorf("%w: start: %w", ErrProtocol, err))
		return
	}
	c.stage, c.told = inNetsync, nil
	c.begin, c.batcher, c.frames = s, b, nil
	c.arrived = nil
}
