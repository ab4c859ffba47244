package peers

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// Options says who a model client is and how it is set up.
type Options struct {
	User, Emulator string
	Connection     wire.ConnectionType // 1 to 6

	// SetPing is n02's set ("spoofed") ping: it sends its four 06 of its own
	// accord, that long apart, and answers no 05. 0 is off.
	SetPing time.Duration

	// Loads is how long the emulator takes to load the game.
	Loads time.Duration

	// Host is the address it speaks from, and Port the port; the zero values are fresh ones.
	Host netip.Addr
	Port uint16

	// Tries is how often the user clicks again when nothing happens: connect,
	// create, join, start. 0 is 3. The programs themselves ask once.
	Tries int
}

// clientRules is where n02 and SupraClient differ.
type clientRules struct {
	name       string
	end        ClientEnd
	sameSocket bool // HELLO comes from the socket of the session
	caches     bool // it sends 13
	dropBytes  int  // of the drop request after its empty string

	// keepAlive is the time between two 09, from the HELLO on, or from the lists of the login on. None is sent
	// in a game; n02 sends the one that is due afterwards.
	keepAlive  time.Duration
	keepsHello bool

	oneInNetsync bool // handles one message per arriving datagram in netsync
}

// n02 says HELLO from another socket than it then logs in from; it sends only 12;
// waiting in netsync it handles one message per arriving datagram and never asks
// again; its keep-alive comes every 60 s.
var n02Rules = clientRules{
	name: "n02",
	end: ClientEnd{in: clientInbox{last: 0xFFFF, ignoreFrom: 10, holds: 16}, out: Outbox{Usual: 3, Keeps: 15},
		again: repeats{messages: 5, after: 10, givesUpAt: 500}},
	keepAlive:    60 * time.Second,
	oneInNetsync: true,
	dropBytes:    2,
}

// SupraClient sends 13 too; its keep-alive comes every 20 s. When it gives up nobody has seen: it is taken to do as the n02 that it
// was made of, which waited as long between two repeats.
var supraRules = clientRules{
	name: "SupraClient",
	end: ClientEnd{in: clientInbox{last: 0xFFFF, crashFrom: 16}, out: Outbox{Usual: 3, Keeps: 15},
		again: repeats{messages: 3, after: 1000, givesUpAt: 100}},
	sameSocket: true,
	keepAlive:  20 * time.Second,
	keepsHello: true,
	caches:     true,
	dropBytes:  1,
}

// patience is how long a user looks at a program that does nothing, before the next
// click.
const patience = 3 * time.Second

// clientStage is where a client is.
type clientStage int

const (
	connecting clientStage = iota
	inLobby
	inRoom
	inNetsync
	inPlay
)

// Client is a model of n02 or of SupraClient. One goroutine drives it with its
// methods; a second one of its own reads the socket. Close ends it.
type Client struct {
	rules clientRules
	opts  Options
	net   *network.Network
	query netip.AddrPort

	mu      sync.Mutex    // guards everything below
	changed chan struct{} // closed and made anew whenever something has changed
	conn    *network.Conn
	server  netip.AddrPort
	reader  chan struct{} // closed when the reader has ended
	closed  bool

	end     ClientEnd
	stage   clientStage
	arrived [][]byte // datagrams of the socket buffer that nobody has read, while playing
	keepAt  time.Time
	lost    error // by its own rules
	fault   error // the other side's
	told    error // what ended the game or the room: ErrDropped, ErrRoomClosed

	users     map[string]bool
	games     map[string]uint32 // by name
	refused   string            // the server's last words before it said no
	said      string
	leaving   bool // its own S 0B is to come
	gameID    uint32
	userID    uint16
	asked     wire.Type // 0A or 0C, while it is not answered
	players   int       // in the room, as it was told
	begin     wire.GameStarted
	frames    [][]byte
	batcher   *lockstep.Batcher
	chat      []string // said in its rooms
	lobbyChat []string
	dropsSeen int
}

// DialN02 logs an n02 in at a server's query address.
func DialN02(network *network.Network, server netip.AddrPort, o Options) (*Client, error) {
	return dial(network, server, o, n02Rules)
}

// DialSupraClient logs a SupraClient in.
func DialSupraClient(network *network.Network, server netip.AddrPort, o Options) (*Client, error) {
	return dial(network, server, o, supraRules)
}

func dial(network *network.Network, server netip.AddrPort, o Options, rules clientRules) (*Client, error) {
	if o.Connection == 0 {
		o.Connection = wire.LAN
	}
	if o.Tries == 0 {
		o.Tries = 3
	}
	var err error
	for range o.Tries {
		c := &Client{rules: rules, opts: o, net: network, query: server, changed: make(chan struct{}),
			users: map[string]bool{}, games: map[string]uint32{}}
		c.end = rules.end
		if err = c.connect(); err == nil {
			return c, nil
		}
		c.Close()
		if !errors.Is(err, ErrNoAnswer) {
			break
		}
	}
	return nil, fmt.Errorf("%s %q: login: %w", rules.name, o.User, err)
}

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
	guard.Go("deployed: client", c.read, c.failed)
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.opts.User, Emulator: c.opts.Emulator, Connection: c.opts.Connection}.AppendTo(nil))
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

// read takes datagrams off the socket: into the lobby at once, or, while the
// emulator plays, into what stands for the socket's buffer.
func (c *Client) read() {
	defer close(c.reader)
	buf := make([]byte, 64<<10)
	for {
		c.mu.Lock()
		c.conn.SetReadDeadline(c.keepDue())
		c.mu.Unlock()
		n, from, err := c.conn.ReadFromUDPAddrPort(buf)
		if !c.came(from, buf[:n], err) {
			return
		}
	}
}

// came is what read does with what it has read; false is the end.
func (c *Client) came(from netip.AddrPort, datagram []byte, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		if (c.stage == inLobby || c.stage == inRoom) && !time.Now().Before(c.keepAt) {
			c.send(wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil))
			c.keepAt = time.Now().Add(c.rules.keepAlive)
		}
	case err != nil:
		return false
	case from != c.server:
	case c.stage >= inNetsync:
		if len(c.arrived) < 200 {
			c.arrived = append(c.arrived, append([]byte(nil), datagram...))
		}
	default:
		c.datagram(datagram)
		for c.stage < inNetsync { // a start is taken inside the game's own loops
			m := c.next()
			if m == nil {
				break
			}
			c.handle(m)
		}
	}
	c.change()
	return true
}

// failed is a fault of the model itself: Err tells it.
func (c *Client) failed(f *guard.Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
	c.change()
}

// keepDue is when to look whether a 09 is due; under the lock.
func (c *Client) keepDue() time.Time {
	if soon := time.Now().Add(time.Second); c.stage != inLobby && c.stage != inRoom && c.keepAt.Before(soon) {
		return soon
	}
	return c.keepAt
}

// datagram, next, send, change and handle are called under the lock.

func (c *Client) datagram(d []byte) {
	if len(d) > 0 && d[0] > wire.MaxBundle {
		return // text: an answer to HELLO that came twice
	}
	if c.lost != nil && !errors.Is(c.lost, ErrHole) {
		return // crashed
	}
	if err := c.end.Receive(d); errors.Is(err, ErrProtocol) {
		c.blame(err)
	} else if err != nil {
		c.lose(err)
	}
}

func (c *Client) next() *Message {
	if c.lost != nil && !errors.Is(c.lost, ErrHole) {
		return nil
	}
	m, err := c.end.Take()
	if err != nil {
		c.lose(err)
	}
	if m == nil {
		return nil
	}
	return m.clone()
}

func (c *Client) lose(err error) {
	if c.lost == nil {
		c.lost = err
	}
}

func (c *Client) blame(err error) {
	if c.fault == nil {
		c.fault = err
	}
}

func (c *Client) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Client) send(t wire.Type, body []byte) { c.write(c.end.Send(t, body)) }

func (c *Client) write(d []byte) {
	if errors.Is(c.lost, ErrOverrun) || c.conn == nil || len(d) == 0 {
		return
	}
	c.conn.WriteToUDPAddrPort(d, c.server)
}

func (c *Client) pong() { c.send(wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)) }

// await waits until done is true, called under the lock, or for ErrNoAnswer.
func (c *Client) await(limit time.Duration, done func() bool) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		c.mu.Lock()
		ok, changed, err := done(), c.changed, c.err()
		if c.closed {
			err = ErrClosed
		}
		c.mu.Unlock()
		switch {
		case ok:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-timer.C:
			return ErrNoAnswer
		}
	}
}

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
