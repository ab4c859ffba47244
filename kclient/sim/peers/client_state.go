package peers

import (
	"fmt"
	"net/netip"

	"kbridge/kclient/wire"
)

// Err is what the other side did wrong (wrapping ErrProtocol), else how this
// client lost by its own rules, else nil.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err()
}

func (c *Client) err() error {
	if c.fault != nil {
		return fmt.Errorf("%s %q: %w", c.rules.name, c.opts.User, c.fault)
	}
	if c.lost != nil {
		return fmt.Errorf("%s %q: %w", c.rules.name, c.opts.User, c.lost)
	}
	return nil
}

// Name is who this is, for messages.
func (c *Client) Name() string { return c.rules.name + " " + c.opts.User }

// AddrPort is the address of its session, for those who cut lines.
func (c *Client) AddrPort() netip.AddrPort { return c.conn.AddrPort() }

// Frames are the combined frames that the emulator got, those of the last game.
func (c *Client) Frames() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames
}

// Chats are the lines said in its rooms, "user: text".
func (c *Client) Chats() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.chat...)
}

// LobbyChats are the lines said to everybody, "user: text".
func (c *Client) LobbyChats() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lobbyChat...)
}

// Ignored is how many datagrams n02 ignored because they were ten ahead or more.
func (c *Client) Ignored() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end.Ignored()
}

// Started is the last start message.
func (c *Client) Started() wire.GameStarted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begin
}

// Users are the names in the server's list, as this client has it.
func (c *Client) Users() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.users {
		names = append(names, name)
	}
	return names
}
