package peers

import (
	"errors"
	"fmt"
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
