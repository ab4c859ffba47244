package lobby

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/lobby/browser"
	"kbridge/bridge/lobby/playback"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
)

// EnvLobby says whether there is a lobby: unset or "on", the page is served and
// opened in a browser; "address", it is served and its address goes to the log only;
// "off", there is none.
const EnvLobby = "KAILLERA_LOBBY"

// The words of EnvLobby.
const (
	On      = "on"
	Address = "address"
	Off     = "off"
)

const (
	// firstPage is how long a browser may take to show the page.
	firstPage = 2 * time.Minute
	// aloneFor is how long a dialog goes on after its last page has vanished:
	// time to open the page again.
	aloneFor = 30 * time.Second
	// maxConns bounds the connections to the page's server. A browser opens
	// six at once.
	maxConns = 64
)

// Config says what a Lobby works with. The zero value is what an emulator uses.
type Config struct {
	// Getenv looks an environment variable up; nil is os.Getenv.
	Getenv func(string) string
	// Open opens the address in the player's browser; nil is the system's way.
	Open func(address string) error
	// Opened is told the address of every dialog, for tests.
	Opened func(address string)
	// Host is the address that a hosted server listens on, without the port; ""
	// is every network of this machine.
	Host string
	// Client fetches the lists of servers; nil is Go's usual one.
	Client *http.Client
	// Listen opens the sockets of sessions; nil is UDP.
	Listen func(netip.AddrPort) (kclient.PacketConn, error)
}

// Lobby is the user interface of an emulator. Make one with New.
type Lobby struct {
	cfg   Config
	shelf playback.Shelf

	firstPage, aloneFor time.Duration
}

// New makes a Lobby.
func New(cfg Config) *Lobby {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if cfg.Open == nil {
		cfg.Open = browser.Open
	}
	return &Lobby{cfg: cfg, firstPage: firstPage, aloneFor: aloneFor}
}

// Run serves one dialog until the player goes back to the emulator.
func (l *Lobby) Run(ctx context.Context, d *bridge.Dialog) error {
	word := l.cfg.Getenv(EnvLobby)
	switch word {
	case "", On, Address:
	case Off:
		return fmt.Errorf("%s is %q, so there is no lobby", EnvLobby, Off)
	default:
		return fmt.Errorf("%s is %q; it takes %s, %s or %s", EnvLobby, word, On, Address, Off)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the lobby cannot be served on 127.0.0.1: %w", err)
	}
	desk := newDesk(ctx, l, d)
	access := newAccess(ln.Addr(), http.HandlerFunc(desk.serveSocket))
	var gate sync.RWMutex // held by every request; whoever closes it waits for them all
	closed := false
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			gate.RLock()
			defer gate.RUnlock()
			if !closed {
				access.ServeHTTP(w, r)
			}
		}),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(d.Logger().Handler(), slog.LevelDebug),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(&limited{Listener: ln, places: make(chan struct{}, maxConns)})
	}()
	d.Logger().Info("the lobby is open", "address", access.address())
	if l.cfg.Opened != nil {
		l.cfg.Opened(access.address())
	}
	if word != Address {
		if err := l.cfg.Open(access.address()); err != nil {
			d.Logger().Warn("no browser could be opened: open the address by hand", "address", access.address(), "err", err)
			browser.Tell(d.Window(), access.address())
		}
	}
	desk.run()

	_ = srv.Close()
	<-served
	gate.Lock() // the pages are told, and let go
	closed = true
	gate.Unlock()
	return nil
}

// folder is where the player's settings lie.
func (l *Lobby) folder(d *bridge.Dialog) string { return settings.Folder(d.Folder()) }

// recordFolder is where recordings lie.
func recordFolder(d *bridge.Dialog, base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	if d.Folder() != "" {
		base = d.Folder()
	}
	return filepath.Join(base, name)
}

// limited is a listener with a bound on its open connections: one more waits.
type limited struct {
	net.Listener
	places chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case l.places <- struct{}{}:
	default:
		_ = c.Close()
		return l.Accept()
	}
	return &place{Conn: c, free: sync.OnceFunc(func() { <-l.places })}, nil
}

type place struct {
	net.Conn
	free func()
}

func (p *place) Close() error {
	p.free()
	return p.Conn.Close()
}
