package servertest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server"
)

// Server is a running server.
type Server struct {
	*server.Server
	Addr string // host:port of loopback, for HELLO

	stop sync.Once
	done chan error
}

// Option changes the server's configuration before it starts.
type Option func(*server.Config)

// WithConfig replaces the whole configuration but the logger.
func WithConfig(c server.Config) Option {
	return func(to *server.Config) {
		logger := to.Logger
		*to = c
		if to.Logger == nil {
			to.Logger = logger
		}
	}
}

// Start runs a server until the test ends. When the test has failed, what the
// server logged is added to the test's log. Without options it is the default
// server, except that a busy machine's pings of up to a second are let in and
// that nobody is told to slow down.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	unlimited := server.Rate{Burst: -1}
	var log logBuffer
	cfg := server.Config{
		MaxPing: time.Second,
		Flood: server.Flood{Chat: unlimited, GameChat: unlimited, Create: unlimited,
			Join: unlimited, Start: unlimited, Login: unlimited, Message: unlimited},
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, o := range opts {
		o(&cfg)
	}
	s, err := server.New(cfg)
	if err != nil {
		t.Fatalf("servertest: %v", err)
	}
	query, game, err := server.Listen("127.0.0.1:0", 0)
	if err != nil {
		t.Fatalf("servertest: %v", err)
	}
	srv := &Server{Server: s, Addr: query.LocalAddr().String(), done: make(chan error, 1)}
	guard.Go("servertest", func() { srv.done <- s.Serve(query, game) }, func(f *guard.Fault) { srv.done <- f })
	t.Cleanup(func() {
		srv.Stop()
		if n := s.Stats().InternalErrors; n != 0 {
			t.Errorf("servertest: %d internal errors of the server", n)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})
	return srv
}

// Stop ends the server before the test does, and waits until it has ended. More
// calls do nothing more.
func (s *Server) Stop() {
	s.stop.Do(func() {
		// Serve may not have begun yet; then it sees that it need not.
		_ = s.Close("the test is over")
		<-s.done
	})
}

// maxLog is how much of the log is kept, in bytes: the latest.
const maxLog = 256 << 10

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len() > 2*maxLog {
		l.buf.Next(l.buf.Len() - maxLog)
	}
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
