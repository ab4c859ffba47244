package deployed

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/netsim"
	"kbridge/kclient/wire"
)

// serverRules is where EmuLinker and direlera-rs differ.
type serverRules struct {
	name       string
	from       string // of server messages
	redundancy int    // messages in a datagram
	keeps      int    // messages that it can send again
	resends    bool   // when a bundle has nothing new
	maxPlayers int
	silent     bool // refuses by silence
	sameType   bool // refuses to start with mixed connection types or emulators
	firstReady bool // sends S 15 at the first C 15
	split      bool // the lists, into messages of about 300 bytes
	ownFrames  bool // answers a client's first batches with zeros of its own
	padding    bool
}

// Server is a model of EmuLinker or of direlera-rs. Its own goroutines read its
// sockets; Close ends them.
type Server struct {
	rules   serverRules
	maxPing time.Duration
	query   *netsim.Conn
	conn    *netsim.Conn
	readers sync.WaitGroup

	mu       sync.Mutex // guards everything below
	users    []*user    // in the order of their login; those who are logging in too
	rooms    []*room
	lastUser uint16
	lastRoom uint32
	fault    error
	lost     []string // users that are desynchronised
	resent   int
}

// user is one client of a server's.
type user struct {
	addr       netip.AddrPort
	in         serverInbox
	out        outbox
	name       string
	emulator   string
	connection wire.ConnectionType
	id         uint16
	acks       int
	asked      time.Time
	ping       time.Duration
	loggedIn   bool
	retries    int       // bundles with nothing new in a row
	resent     time.Time // when the last resend was
	room       *room
	player     int // in the room's game, from 0; -1 is none
	ready      bool
	desynced   bool

	// Of the game.
	inCache, outCache *framecache.Cache
	shifted           [][]byte // batches that were answered with zeros
	batches           int
}

// serverInbox is what the two do with a datagram.
type serverInbox interface {
	take(datagram []byte) (fresh []*message, hole bool, err error)
}

func (in *emulinkerInbox) take(d []byte) ([]*message, bool, error) { return in.receive(d) }

func (in *direleraInbox) take(d []byte) ([]*message, bool, error) {
	fresh, err := in.receive(d)
	return fresh, false, err
}

type room struct {
	id      uint32
	game    string
	owner   *user
	members []*user
	state   wire.GameState
	players []*user // of the running game; nil once dropped
	mixer   *lockstep.Mixer
	zeros   int // batches that are answered with zeros
}

// serve starts the readers. query and conn may be the same.
func (s *Server) serve() {
	s.readers.Go(func() { s.read(s.conn) })
	if s.query != s.conn {
		s.readers.Go(func() { s.read(s.query) })
	}
}

func (s *Server) read(conn *netsim.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		d := buf[:n]
		s.mu.Lock()
		switch {
		case conn == s.query && wire.IsPing(d):
			conn.WriteToUDPAddrPort(wire.AppendPong(nil), from)
		case conn == s.query && len(d) > 0 && d[0] > wire.MaxBundle:
			if _, ok := wire.ParseHello(d); ok {
				conn.WriteToUDPAddrPort(wire.AppendHelloReply(nil, s.conn.AddrPort().Port()), from)
			}
		case conn == s.conn:
			s.datagram(from, d)
		}
		s.mu.Unlock()
	}
}

// Close closes the sockets without a word, as a server that is killed.
func (s *Server) Close() {
	s.conn.Close()
	if s.query != s.conn {
		s.query.Close()
	}
	s.readers.Wait()
}

// Err is what a client did wrong, wrapping ErrProtocol; nil when nothing.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Desynchronised are the users of whom it saw a hole, by name: lost by its own
// rules (ErrDesynchronised).
func (s *Server) Desynchronised() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lost...)
}

// Resends is how many datagrams it has sent again.
func (s *Server) Resends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resent
}

func (s *Server) blame(u *user, err error) {
	if s.fault == nil {
		s.fault = fmt.Errorf("%s, of %q: %w", s.rules.name, u.name, err)
	}
}

// datagram handles one; everything from here on is under the lock.
func (s *Server) datagram(from netip.AddrPort, d []byte) {
	u := s.userAt(from)
	if u == nil {
		u = &user{addr: from, player: -1, out: outbox{usual: s.rules.redundancy, keeps: s.rules.keeps}}
		if s.rules.resends {
			u.in = &emulinkerInbox{}
		} else {
			u.in = &direleraInbox{}
		}
		s.users = append(s.users, u)
	}
	fresh, hole, err := u.in.take(d)
	if err != nil {
		s.blame(u, err)
		return
	}
	if len(fresh) == 0 {
		s.repeat(u)
		return
	}
	u.retries = 0
	if hole && u.loggedIn {
		s.desynchronise(u)
	}
	for _, m := range fresh {
		if err := s.handle(u, m); err != nil {
			s.blame(u, fmt.Errorf("%w: %v %x: %w", ErrProtocol, m.typ, m.body, err))
		}
		if s.userAt(from) != u {
			return // it has quit
		}
	}
}

// repeat: a bundle with nothing new makes EmuLinker resend its own recent messages, at
// most once per maxPing: three, six, then all nine that it keeps.
func (s *Server) repeat(u *user) {
	u.retries++
	now := time.Now()
	if !s.rules.resends || !u.resent.IsZero() && now.Sub(u.resent) <= s.maxPing {
		return
	}
	u.resent = now
	if d := u.out.last(min(3*u.retries, s.rules.keeps)); d != nil {
		s.resent++
		s.conn.WriteToUDPAddrPort(d, u.addr)
	}
}

func (s *Server) userAt(a netip.AddrPort) *user {
	for _, u := range s.users {
		if u.addr == a {
			return u
		}
	}
	return nil
}

// body is a message body that can be written.
type body interface{ AppendTo([]byte) []byte }

func (s *Server) send(u *user, t wire.Type, b body) { s.sendBody(u, t, b.AppendTo(nil)) }

func (s *Server) sendBody(u *user, t wire.Type, b []byte) {
	s.conn.WriteToUDPAddrPort(u.out.add(t, b), u.addr)
}

func (s *Server) toAll(t wire.Type, b body) {
	for _, u := range s.users {
		if u.loggedIn {
			s.send(u, t, b)
		}
	}
}

func (s *Server) toRoom(r *room, t wire.Type, b body) {
	for _, u := range r.members {
		s.send(u, t, b)
	}
}

func (s *Server) announce(r *room) {
	s.toAll(wire.TypeGameStatus, wire.GameStatus{GameID: r.id, State: r.state, Players: uint8(len(r.members)), MaxPlayers: uint8(s.rules.maxPlayers)})
}
