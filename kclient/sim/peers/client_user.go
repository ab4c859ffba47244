package peers

import (
	"errors"
	"fmt"
	"net"
	"time"

	"kbridge/kclient/wire"
)

// patience is how long a user looks at a program that does nothing, before the next
// click.
const patience = 3 * time.Second

// ask sends a request until it is answered: the user clicks again.
func (c *Client) ask(what string, request func(), done func() bool) error {
	for range c.opts.Tries {
		c.mu.Lock()
		if !done() {
			c.refused = ""
			request()
		}
		c.mu.Unlock()
		err := c.await(patience, func() bool { return done() || c.refused != "" })
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !done() {
				return fmt.Errorf("%s %q: %s: %w: %s", c.rules.name, c.opts.User, what, ErrRefused, c.refused)
			}
			return nil
		}
		if !errors.Is(err, ErrNoAnswer) {
			return fmt.Errorf("%s %q: %s: %w", c.rules.name, c.opts.User, what, err)
		}
	}
	return fmt.Errorf("%s %q: %s: %w", c.rules.name, c.opts.User, what, ErrNoAnswer)
}

// Create opens a room.
func (c *Client) Create(game string) error {
	return c.ask("create", func() {
		c.asked, c.leaving = wire.TypeCreateGame, false
		c.send(wire.TypeCreateGame, wire.CreateRequest{Game: game}.AppendTo(nil))
	}, func() bool { return c.stage >= inRoom })
}

// Join enters the room of that name, once it is there.
func (c *Client) Join(game string) error {
	var id uint32
	err := c.await(time.Minute, func() (ok bool) { id, ok = c.games[game]; return ok })
	if err != nil {
		return fmt.Errorf("%s %q: no room %q: %w", c.rules.name, c.opts.User, game, err)
	}
	return c.ask("join", func() {
		c.asked, c.gameID, c.leaving = wire.TypeJoinGame, id, false
		c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id, Connection: c.opts.Connection}.AppendTo(nil))
	}, func() bool { return c.stage >= inRoom })
}

// AwaitPlayers waits until so many are in the room.
func (c *Client) AwaitPlayers(n int) error {
	in := 0
	if err := c.await(time.Minute, func() bool { in = c.players; return in >= n }); err != nil {
		return fmt.Errorf("%s %q: %d players in the room, waiting for %d: %w", c.rules.name, c.opts.User, in, n, err)
	}
	return nil
}

// Start starts the game in its own room. Play then plays it.
func (c *Client) Start() error {
	return c.ask("start", func() { c.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil)) },
		func() bool { return c.stage >= inNetsync })
}

// Chat says something in the room.
func (c *Client) Chat(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(wire.TypeGameChat, wire.ChatRequest{Text: text}.AppendTo(nil))
}

// Leave leaves the room. The program does not wait for an answer.
func (c *Client) Leave() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.err(); err != nil {
		return err
	}
	c.send(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
	c.leaving = true
	c.backToLobby(nil)
	c.change()
	return nil
}

// Quit says goodbye and closes.
func (c *Client) Quit() {
	c.mu.Lock()
	if c.conn != nil && !c.closed {
		c.send(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil))
	}
	c.mu.Unlock()
	c.Close()
}

// Close vanishes without a word.
func (c *Client) Close() {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	conn, reader := c.conn, c.reader
	c.change()
	c.mu.Unlock()
	if conn != nil && !closed {
		if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			panic(err) // the network has no other
		}
		<-reader
	}
}
