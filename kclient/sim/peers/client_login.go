package peers

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// connect says HELLO, and logs in. n02 waits 15 s for the answer to HELLO.
func (c *Client) connect() error {
	begun := time.Now()
	conn, err := c.net.Listen(netip.AddrPortFrom(c.opts.Host, c.opts.Port))
	if err != nil {
		return err
	}
	hello := conn
	if !c.rules.sameSocket {
		// Another port of the same host.
		if hello, err = c.net.Listen(netip.AddrPortFrom(conn.AddrPort().Addr(), 0)); err != nil {
			conn.Close()
			return err
		}
		defer hello.Close()
	}
	port, err := sayHello(hello, c.query)
	if err != nil {
		conn.Close()
		return err
	}
	c.mu.Lock()
	c.conn, c.server = conn, netip.AddrPortFrom(c.query.Addr(), port)
	c.reader = make(chan struct{})
	c.keepAt = begun.Add(c.rules.keepAlive)
	guard.Go("peers: client", c.read, c.failed)
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.opts.User, Emulator: c.opts.Emulator,
		Connection: c.opts.Connection}.AppendTo(nil))
	c.mu.Unlock()
	if c.opts.SetPing > 0 {
		for range 4 {
			time.Sleep(c.opts.SetPing)
			c.mu.Lock()
			c.pong()
			c.mu.Unlock()
		}
	}
	return c.await(10*time.Second, func() bool { return c.stage >= inLobby && c.users[c.opts.User] })
}

func sayHello(conn *network.Conn, server netip.AddrPort) (port uint16, err error) {
	buf := make([]byte, 2048)
	begun := time.Now()
	for time.Since(begun) < 15*time.Second {
		if _, err := conn.WriteToUDPAddrPort(wire.AppendHello(nil), server); err != nil {
			return 0, err
		}
		conn.SetReadDeadline(time.Now().Add(2 * time.Second)) // the user clicks again
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return 0, err
			}
			if from == server {
				conn.SetReadDeadline(time.Time{})
				return wire.ParseHelloReply(buf[:n])
			}
		}
	}
	return 0, fmt.Errorf("HELLO: %w", ErrNoAnswer)
}
