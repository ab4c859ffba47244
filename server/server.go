package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/logqueue"
	"kbridge/kclient/text"
	"kbridge/kclient/udp"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// PacketConn is what the server asks of a socket; *net.UDPConn is one. See LocalConn for one of several addresses.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (n int, err error)
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
	Close() error
}

// ErrServing is returned by Serve when the server runs or has run already: a
// Server is used once.
var ErrServing = errors.New("server: already served")

// Server is one Kaillera server. All methods may be called from any goroutine.
type Server struct {
	cfg    Config
	faults *guard.Reporter
	clean  cleaner
	motd   []string // the welcome, in wire bytes
	secret [32]byte // of the nonces

	mu       sync.Mutex // guards everything below
	query    PacketConn
	conn     PacketConn // the game socket; the same as query when the ports are the same
	gamePort uint16

	sessions  map[netip.AddrPort]*session
	hosts     map[netip.Addr]*host
	pending   pendingTable
	logins    sessionList // whose login is under way, oldest first
	closed    sessionList // whose goodbye is under way, oldest first
	rates     loginRates
	userRates hostRates
	calls     loginRates         // of calls to addresses that have proven nothing
	unproven  rate.Limiter       // of users that have proven nothing
	places    map[netip.Addr]int // users of each host

	users    []*session // logged in, in the order of their login
	byID     map[uint16]*session
	byName   map[string]*session
	byTicket map[[ext.TicketIDSize]byte]*session
	rooms    []*room // in the order of their creation
	roomByID map[uint32]*room
	news     news
	lastNews uint64 // counts what is new, and lists of it all
	lastUser uint16
	lastRoom uint32

	randomBlock [256]byte
	lineBytes   int // of room chat that waits, in all rooms
	memory      memory

	timers  timer.Heap
	pulse   pulse
	wakeAt  time.Time      // the deadline that the game socket's read has
	touched []*session     // to be flushed before the lock is given back
	work    work           // who is blamed for a panic now, see fault.go
	failed  []*session     // whose links have panicked, to be parted with before the lock is given back
	random  []byte         // what is left of randomBlock
	bundle  []wire.Message // scratch for datagrams without a session
	body    []byte         // scratch for one message
	out     []byte         // scratch for one datagram

	count     stats.Counters
	summary   summary
	logLimits *logLimits
	logs      *logqueue.Handler
	served    bool
	stopping  bool      // no more logins; goodbyes are under way
	stopAt    time.Time // when the goodbyes are over
	done      chan struct{}
}

// New returns a server that is not running yet.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	charset, _ := text.LookupCharset(cfg.Charset) // withDefaults has looked it up already
	s := &Server{
		cfg:      cfg,
		clean:    cleaner{charset},
		sessions: map[netip.AddrPort]*session{},
		hosts:    map[netip.Addr]*host{},
		places:   map[netip.Addr]int{},
		byID:     map[uint16]*session{},
		byName:   map[string]*session{},
		roomByID: map[uint32]*room{},
		byTicket: map[[ext.TicketIDSize]byte]*session{},
		bundle:   make([]wire.Message, 0, wire.MaxBundle),
		body:     make([]byte, 0, 4<<10),
		out:      make([]byte, 0, 4<<10),
		memory:   newMemory(cfg.MaxUsers),
		done:     make(chan struct{}),
	}
	s.cfg.Logger, s.logLimits, s.logs = newLog(cfg.Logger)
	s.faults = guard.NewReporter(s.cfg.Logger)
	s.cfg.Logger = s.faults.Logger()
	s.summary.init(s)
	s.pending.init(s)
	s.rates.init()
	s.userRates.init()
	s.pulse.server, s.pulse.timer.Owner = s, &s.pulse
	s.news.server, s.news.timer.Owner = s, &s.news
	s.calls.init()
	s.motd = append(s.motd, s.clean.encodeTheirs(cfg.Name, limits.MaxNameBytes))
	if cfg.MOTD != "" {
		for line := range strings.SplitSeq(strings.ReplaceAll(cfg.MOTD, "\r", ""), "\n") {
			s.motd = append(s.motd, s.clean.encodeTheirs(line, limits.MaxMOTDLine))
		}
	}
	if err := guard.Try("server: random bytes",
		func() error { _, err := io.ReadFull(cfg.Random, s.secret[:]); return err }); err != nil {
		return nil, fmt.Errorf("server: no random bytes: %w", err)
	}
	return s, nil
}

// ListenAndServe listens at the UDP address listen ("host:port", the host may be
// empty), and for games at gamePort of the same host when that is neither 0 nor
// the same port. It returns when Close was called or the sockets fail.
func (s *Server) ListenAndServe(listen string, gamePort int) error {
	query, game, err := Listen(listen, gamePort)
	if err != nil {
		return err
	}
	return s.Serve(query, game)
}

// Listen opens the sockets that Serve takes, as ListenAndServe does; game is nil
// when one socket does both.
func Listen(listen string, gamePort int) (query, game PacketConn, err error) {
	a, err := text.ParseListen(listen)
	if err != nil {
		return nil, nil, fmt.Errorf("server: listen address: %w", err)
	}
	addr, err := net.ResolveUDPAddr("udp", a.String())
	if err != nil {
		return nil, nil, fmt.Errorf("server: listen address %q: %w", listen, err)
	}
	if gamePort < 0 || gamePort > 0xFFFF {
		return nil, nil, fmt.Errorf("server: game port %d is not a port (1 to 65535, 0 for the listen port)", gamePort)
	}
	q, err := listenUDP(addr)
	if err != nil {
		return nil, nil, err
	}
	if gamePort == 0 || gamePort == q.LocalAddr().(*net.UDPAddr).Port {
		return q, nil, nil
	}
	g, err := listenUDP(&net.UDPAddr{IP: addr.IP, Zone: addr.Zone, Port: gamePort})
	if err != nil {
		_ = q.Close()
		return nil, nil, err
	}
	return q, g, nil
}

func listenUDP(addr *net.UDPAddr) (PacketConn, error) {
	c, err := udp.ListenServer("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("server: cannot listen at UDP %v (is the port in use? choose another one): %w", addr,
			err)
	}
	_ = c.SetReadBuffer(limits.ReadBuffer) // best effort: the system may give less
	return c, nil
}

// Serve runs the server: HELLO and PING are answered at query, sessions run at
// game; nil means at query too. It owns the sockets and closes them. It returns
// nil after Close, else why a socket failed.
func (s *Server) Serve(query, game PacketConn) error {
	if game == nil {
		game = query
	}
	port, err := portOf(game)
	s.mu.Lock()
	if err == nil && s.served {
		err = ErrServing
	}
	if err != nil || s.stopping {
		s.mu.Unlock()
		closeBoth(query, game)
		return err
	}
	s.served = true
	s.query, s.conn, s.gamePort = query, game, port
	s.mu.Unlock()
	defer close(s.done)

	var wg sync.WaitGroup
	var failed error // of the query socket
	if query != game {
		guard.GoIn(&wg, "server: queries", func() {
			if failed = s.readQueries(query); failed != nil {
				_ = guard.Try("server: close", game.Close) // nobody can come any more
			}
		}, func(f *guard.Fault) { s.report(f) })
	}
	err = guard.Try("server: games", func() error { return s.readGames(game) })
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	closeBoth(query, game)
	wg.Wait()
	if failed != nil {
		err = failed
	}
	s.logs.Flush(limits.LogFlush)
	return err
}

// closeBoth closes the sockets, the second one also when the first one panics.
func closeBoth(query, game PacketConn) {
	_ = guard.Try("server: close", game.Close)
	if query != game {
		_ = guard.Try("server: close", query.Close)
	}
}

func portOf(c PacketConn) (uint16, error) {
	addr, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil || addr.Port() == 0 {
		return 0, fmt.Errorf("server: the socket's own address %q names no port", c.LocalAddr())
	}
	return addr.Port(), nil
}

// Addr is where HELLO is answered; nil before Serve.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.query == nil {
		return nil
	}
	return s.query.LocalAddr()
}

// Close tells everyone that the server ends and why (reason may be empty), waits
// until that is sent, half a second at most, and until Serve has returned. More
// calls do nothing more.
func (s *Server) Close(reason string) error {
	if s.stop(reason) {
		<-s.done
	}
	return nil
}

// stop begins the shutdown. It reports whether Serve is to be waited for.
func (s *Server) stop(reason string) (serving bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.served {
		s.stopping = true
		return false
	}
	if !s.stopping {
		s.shutdown(time.Now(), reason)
		// The reader may sleep longer than that.
		s.wakeAt = time.Now()
		_ = guard.Try("server: deadline", func() error { return s.conn.SetReadDeadline(s.wakeAt) })
	}
	return true
}
