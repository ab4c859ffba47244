package peers

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// Server is a model of EmuLinker or of direlera-rs. Its own goroutines read its
// sockets; Close ends them.
type Server struct {
	name    string
	network *network.Network
	running sync.WaitGroup
	closed  chan struct{}
	broken  atomic.Pointer[guard.Fault]

	mu     sync.Mutex // guards everything below, and what the program itself keeps
	over   bool
	conns  []*network.Conn
	fault  error
	lost   []string // users that are desynchronised
	resent int
}

func newServer(network *network.Network, name string) *Server {
	return &Server{name: name, network: network, closed: make(chan struct{})}
}

// listen opens a port. Close closes it.
func (s *Server) listen(addr netip.AddrPort) (*network.Conn, error) {
	conn, err := s.network.Listen(addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	s.conns = append(s.conns, conn)
	return conn, nil
}

// serve gives what arrives at a port to take, under the lock, in a goroutine of its own.
func (s *Server) serve(conn *network.Conn, take func(from netip.AddrPort, datagram []byte)) {
	guard.GoIn(&s.running, "peers: server", func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			s.taken(take, from, append([]byte(nil), buf[:n]...))
		}
	}, s.failed)
}

func (s *Server) taken(take func(from netip.AddrPort, datagram []byte), from netip.AddrPort, datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		take(from, datagram)
	}
}

// failed is a fault of the model itself: Err tells it. It may hold the lock.
func (s *Server) failed(f *guard.Fault) { s.broken.Store(f) }

// Close closes the sockets without a word, as a server that is killed.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.over {
		s.over = true
		close(s.closed)
	}
	conns := s.conns
	s.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
	}
	s.running.Wait()
}

// Err is what a client did wrong, wrapping ErrProtocol; nil when nothing.
func (s *Server) Err() error {
	if f := s.broken.Load(); f != nil {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Desynchronised are the users of whom it saw a hole, or who lagged, by name: lost by its own
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

func (s *Server) blame(user string, err error) {
	if s.fault == nil {
		s.fault = fmt.Errorf("%s, of %q: %w", s.name, user, err)
	}
}

// text answers PING and HELLO at the query port, and reports whether it was one of them.
func (s *Server) text(conn *network.Conn, from netip.AddrPort, d []byte, hello func() (port uint16)) bool {
	if wire.IsPing(d) {
		conn.WriteToUDPAddrPort(wire.AppendPong(nil), from)
		return true
	}
	if _, ok := wire.ParseHello(d); ok {
		if port := hello(); port != 0 {
			conn.WriteToUDPAddrPort(wire.AppendHelloReply(nil, port), from)
		}
		return true
	}
	return false
}

// body is a message body that can be written.
type body interface{ AppendTo([]byte) []byte }

func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }
