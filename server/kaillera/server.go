package kaillera

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/clean"
	"kbridge/server/config"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/pot"
	"kbridge/server/rate"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// ErrServing is returned by Serve when the server runs or has run already: a
// Server is used once.
var ErrServing = errors.New("server: already served")

// Parts are what a server gives the door, beside what it gives the lobby.
type Parts struct {
	Faults  *guard.Reporter // counts and logs panics
	LeftOut func() int64    // how many lines were left out of the log
}

// Server is the server's end of the protocol. All exported methods may be called from any goroutine.
type Server struct {
	cfg    config.Config
	parts  Parts
	lobby  *lobby.Lobby
	clean  clean.Cleaner
	log    *slog.Logger
	timers *timer.Heap
	count  *stats.Counters
	faults *guard.Reporter
	secret [32]byte // of the nonces

	sessions addresses
	tickets  tickets
	links    pot.Pot // beyond limits.LinkBytes for each user, limits.StrangerLinkBytes for each other session
	failures failures
	dice     dice
	clock    clock

	// The lobby's lock guards these.
	hosts    map[netip.Addr]*host
	pending  pendingTable
	logins   sessionList // whose login is under way, oldest first
	closed   sessionList // whose goodbye is under way, oldest first
	rates    loginRates
	calls    loginRates     // of calls to addresses that have proven nothing
	unproven rate.Limiter   // of users that have proven nothing
	bundle   []wire.Message // scratch for datagrams without a session
	work     work           // who is blamed for a panic now, see fault.go
	summary  summary

	stopping atomic.Bool // no more logins; goodbyes are under way

	life     sync.Mutex // guards what follows
	query    PacketConn
	conn     PacketConn // the game socket; the same as query when the ports are the same
	gamePort uint16
	served   bool
	done     chan struct{}
}

// New returns a server of the protocol for the users of a lobby. It does not run yet.
func New(cfg config.Config, l *lobby.Lobby, parts Parts) (*Server, error) {
	s := &Server{
		cfg: cfg, parts: parts, lobby: l, clean: l.Clean, log: l.Logger, timers: l.Timers, count: l.Count,
		faults:   parts.Faults,
		sessions: addresses{at: map[netip.AddrPort]*session{}},
		tickets:  tickets{of: map[[ext.TicketIDSize]byte]*session{}},
		hosts:    map[netip.Addr]*host{},
		links:    pot.Pot{Size: cfg.Hundreds() * limits.MaxLinkBytes},
		bundle:   make([]wire.Message, 0, wire.MaxBundle),
		done:     make(chan struct{}),
	}
	s.dice.random = cfg.Random
	s.summary.init(s)
	s.pending.init(s)
	s.rates.init()
	s.calls.init()
	if err := guard.Try("server: random bytes",
		func() error { _, err := io.ReadFull(cfg.Random, s.secret[:]); return err }); err != nil {
		return nil, fmt.Errorf("server: no random bytes: %w", err)
	}
	return s, nil
}

// Serve runs the server: HELLO and PING are answered at query, sessions run at
// game; nil means at query too. It owns the sockets and closes them. It returns
// nil after Close, else why a socket failed.
func (s *Server) Serve(query, game PacketConn) error {
	if game == nil {
		game = query
	}
	port, err := portOf(game)
	s.life.Lock()
	if err == nil && s.served {
		err = ErrServing
	}
	if err != nil || s.stopping.Load() {
		s.life.Unlock()
		closeBoth(query, game)
		return err
	}
	s.served = true
	s.query, s.conn, s.gamePort = query, game, port
	s.clock.conn = game
	s.life.Unlock()
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
	s.stopping.Store(true)
	closeBoth(query, game)
	wg.Wait()
	if failed != nil {
		err = failed
	}
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
	s.life.Lock()
	defer s.life.Unlock()
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
	s.life.Lock()
	served := s.served
	first := s.stopping.CompareAndSwap(false, true)
	s.life.Unlock()
	if served && first {
		s.shutdown(time.Now(), reason)
		s.clock.wake() // the reader may sleep longer than that
	}
	return served
}

// Pending is how many logins are under way.
func (s *Server) Pending(now time.Time) int {
	s.lobby.Lock.Lock()
	defer s.lobby.Unlock(now)
	return s.pending.len() + s.logins.n
}
