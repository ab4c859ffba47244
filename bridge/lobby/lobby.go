package lobby

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/bridge/lobby/browser"
	"kbridge/bridge/lobby/masterlist"
	"kbridge/bridge/lobby/playback"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
	"kbridge/kclient/guard"
)

// Config says what a Lobby works with. The zero value is what an emulator uses.
type Config struct {
	// Getenv looks an environment variable up; nil is os.Getenv.
	Getenv func(string) string
	// Open opens a file in the player's browser, which leads on to the lobby; nil is the system's way.
	Open func(file string) error
	// Opened is told the file of every dialog, for tests.
	Opened func(file string)
	// Stderr is told the address where no browser can be opened; nil is the process's.
	Stderr io.Writer
	// Host is the address that a hosted server listens on, without the port; ""
	// is every network of this machine.
	Host string
	// Client fetches the lists of servers; nil is Go's usual one.
	Client *http.Client
	// Lookup finds the addresses of the hosts of lists and of the servers in them; nil is the system's way.
	Lookup masterlist.Lookup
	// Listen opens the sockets of sessions; nil is UDP.
	Listen func(netip.AddrPort) (kclient.PacketConn, error)
}

// Lobby is the user interface of an emulator. Make one with New.
type Lobby struct {
	cfg   Config
	shelf playback.Shelf

	firstPage, browserLate, aloneFor time.Duration
}

// New makes a Lobby.
func New(cfg Config) *Lobby {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if cfg.Open == nil {
		cfg.Open = browser.Open
	}
	if cfg.Stderr == nil {
		cfg.Stderr = os.Stderr
	}
	return &Lobby{cfg: cfg, firstPage: firstPage, browserLate: browserLate, aloneFor: aloneFor}
}

// Run serves one dialog until the player goes back to the emulator.
func (l *Lobby) Run(ctx context.Context, d *bridge.Dialog) error {
	word, err := environ.ReadLobby(l.cfg.Getenv)
	if err != nil {
		return err
	}
	if word == environ.LobbyOff {
		return fmt.Errorf("%s is %q, so there is no lobby", environ.EnvLobby, word)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the lobby cannot be served on 127.0.0.1: %w", err)
	}
	desk := newDesk(ctx, l, d)
	access := newAccess(ln.Addr(), http.HandlerFunc(desk.serveSocket))
	var noFile error
	access.file, noFile = newRedirect(access, l.cfg.Getenv, d.Logger())
	var gate sync.RWMutex // held by every request; whoever closes it waits for them all
	closed := false
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			gate.RLock()
			defer gate.RUnlock()
			if !closed {
				guard.Run("the lobby's page", func() { access.ServeHTTP(w, r) }, desk.fault)
			}
		}),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTime, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
		ConnContext:    withPlace,
		ErrorLog:       slog.NewLogLogger(d.Logger().Handler(), slog.LevelDebug),
	}
	served := make(chan struct{})
	guard.Go("the lobby's page", func() {
		defer close(served)
		_ = srv.Serve(&places{Listener: ln})
	}, desk.fault)
	l.show(d, desk, access, word, noFile)
	desk.run()

	if access.file != nil {
		access.file.remove()
	}
	_ = srv.Close()
	<-served
	gate.Lock() // the pages are told, and let go
	closed = true
	gate.Unlock()
	return nil
}

// show has the player's browser open the page. Where that fails, or no page has come after a while, the player is told
// an address: that is the one thing that is written to somebody else's stderr unasked.
func (l *Lobby) show(d *bridge.Dialog, desk *desk, access *access, word string, noFile error) {
	tell := sync.OnceFunc(func() {
		address := access.newAddress(nil)
		// Not waited for: it may be a pipe that nobody reads.
		guard.Go("the lobby's address", func() {
			fmt.Fprintf(l.cfg.Stderr,
				"kbridge: the lobby is open, but no browser has come. Open this address in a browser on this computer (it works once): %s\n", address)
		}, desk.fault)
		browser.Tell(d.Window(), address)
	})
	if noFile != nil {
		d.Logger().Warn("the lobby is open, but the file that leads a browser to it cannot be written", "err", noFile)
		tell()
		return
	}
	file := access.file.path
	desk.begin(func(ctx context.Context) func() { access.file.sweep(ctx); return nil })
	d.Logger().Info("the lobby is open", "file", file)
	if l.cfg.Opened != nil {
		l.cfg.Opened(file)
	}
	if word == environ.LobbyAddress {
		return
	}
	desk.late = tell
	if err := l.cfg.Open(file); err != nil {
		d.Logger().Warn("no browser could be opened: open the file in one by hand", "file", file, "err", err)
		tell()
	}
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
