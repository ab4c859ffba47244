package server

import (
	"fmt"
	"net"

	"kbridge/kclient/guard"
	"kbridge/kclient/logqueue"
	"kbridge/kclient/text"
	"kbridge/kclient/udp"
	"kbridge/server/kaillera"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// PacketConn is what the server asks of a socket; *net.UDPConn is one. See LocalConn for one of several addresses.
type PacketConn = kaillera.PacketConn

// LocalConn is a PacketConn that may stand for several addresses of this computer, and tells them apart: Listen's is
// one, where it listens on all of them and the system can (Linux, macOS, Windows). With another PacketConn the system
// chooses what a datagram leaves from.
type LocalConn = kaillera.LocalConn

// ErrServing is returned by Serve when the server runs or has run already: a
// Server is used once.
var ErrServing = kaillera.ErrServing

// Server is one Kaillera server. All methods may be called from any goroutine.
type Server struct {
	faults *guard.Reporter
	logs   *logqueue.Handler
	count  *stats.Counters
	lobby  *lobby.Lobby
	door   *kaillera.Server
}

// New returns a server that is not running yet.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return nil, err
	}
	logger, logLimits, logs := newLog(cfg.Logger)
	s := &Server{faults: guard.NewReporter(logger), logs: logs, count: &stats.Counters{}}
	s.lobby = lobby.New(cfg, lobby.Parts{Timers: &timer.Heap{}, Logger: s.faults.Logger(), Count: s.count,
		Version: Version()})
	s.door, err = kaillera.New(cfg, s.lobby, kaillera.Parts{Faults: s.faults, LeftOut: logLimits.leftOut.Load})
	if err != nil {
		return nil, err
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
	err := s.door.Serve(query, game)
	s.logs.Flush(limits.LogFlush)
	return err
}

// Addr is where HELLO is answered; nil before Serve.
func (s *Server) Addr() net.Addr { return s.door.Addr() }

// Close tells everyone that the server ends and why (reason may be empty), waits
// until that is sent, half a second at most, and until Serve has returned. More
// calls do nothing more.
func (s *Server) Close(reason string) error { return s.door.Close(reason) }
