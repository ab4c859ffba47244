package kclient

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/text"
	"kbridge/kclient/udp"
	"kbridge/kclient/wire"
)

// DefaultPort is the UDP port of Kaillera servers (protocol notes).
const DefaultPort = 27888

// PacketConn is what a session needs of its UDP socket. *net.UDPConn is one, and
// so is network.Conn for tests.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
	Close() error
}

// Config says who logs in and how. Every zero field but User has a default.
type Config struct {
	// User is the nickname, UTF-8. Control characters are removed, and on the
	// wire it is cut to 31 bytes in the session's charset; 30 where EmuLinker
	// refuses 31. Client.User tells what it came to.
	User string
	// Emulator is the emulator's name and version, UTF-8, cut to 127 bytes on
	// the wire. Servers let only equal emulators play together.
	Emulator string
	// Connection is the connection type 1 (LAN) to 6 (Bad): how many frames of
	// input are sent at once. Default wire.LAN.
	Connection wire.ConnectionType
	// Charset names the encoding of text on the wire, see text.LookupCharset.
	// Default windows-1252, what most clients use.
	Charset string
	// Numbering of cache positions. Window, the default, is what every
	// deployed server speaks.
	Numbering framecache.Numbering
	// Comeback is the ticket of an earlier session, see Client.Ticket: if the
	// server still keeps that player's seat in a game, the login takes it, and
	// Client.Room is where. User and Emulator must be those of then.
	Comeback *Ticket
	// Logger gets what happens in the session; nil is silent. It is called with the session's lock held, never for
	// a frame: where what it writes to may be slow, put package logqueue before it.
	Logger *slog.Logger
	// Listen opens the session's socket. Default: a UDP socket of the
	// server's address family on a free port.
	Listen func(server netip.AddrPort) (PacketConn, error)
	// Lookup finds the addresses of a host by its name, which is ASCII. Default: the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// KeepAlive is how long the session stays silent at most before it tells
	// the server that it lives. Default 60 s, as classic clients;
	// EmuLinker forgets a client after 190 s, direlera-rs after 120 s.
	KeepAlive time.Duration
	// HelloTimeout bounds the handshake, with all addresses of a name. Default 15 s, as n02.
	HelloTimeout time.Duration
	// LoginTimeout bounds the login. Default 15 s.
	LoginTimeout time.Duration
	// RequestTimeout bounds create, join, kick and start. Default 10 s;
	// direlera-rs refuses by silence. Leave waits about a second at most.
	RequestTimeout time.Duration
	// StallTimeout is how long a game goes on without any datagram from the
	// server, although ours are repeated. Default 15 s. Another player's
	// stall is not bounded by it, since a live server answers repeats.
	StallTimeout time.Duration
	// NetsyncTimeout bounds the wait for the other players to load the game.
	// Default 120 s, as n02.
	NetsyncTimeout time.Duration
}

func (c Config) withDefaults() (Config, error) {
	orDefault := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	orDefault(&c.KeepAlive, 60*time.Second)
	orDefault(&c.HelloTimeout, 15*time.Second)
	orDefault(&c.LoginTimeout, 15*time.Second)
	orDefault(&c.RequestTimeout, 10*time.Second)
	orDefault(&c.StallTimeout, 15*time.Second)
	orDefault(&c.NetsyncTimeout, 120*time.Second)
	if c.Connection == 0 {
		c.Connection = wire.LAN
	}
	if !c.Connection.Valid() {
		return c, &ConfigError{"Connection", fmt.Sprint(uint8(c.Connection)), "1 (LAN) to 6 (Bad)"}
	}
	if !c.Numbering.Valid() {
		return c, &ConfigError{"Numbering", fmt.Sprint(uint8(c.Numbering)), "framecache.Window or framecache.Ring"}
	}
	if text.Sanitise(c.User) == "" {
		return c, &ConfigError{"User", c.User, "a nickname of 1 to 31 bytes without control characters"}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Listen == nil {
		c.Listen = listenUDP
	}
	return c, nil
}

func listenUDP(server netip.AddrPort) (PacketConn, error) {
	network := "udp4"
	if server.Addr().Is6() {
		network = "udp6"
	}
	conn, err := udp.ListenClient(network, nil)
	if err != nil {
		return nil, fmt.Errorf("kclient: cannot open a UDP socket: %w", err)
	}
	return conn, nil
}
