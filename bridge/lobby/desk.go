package lobby

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
)

const (
	// inboxSize bounds what waits for the desk; whoever puts more in waits too,
	// so that a page that shouts slows down itself only.
	inboxSize = 256
	// beat is how often the desk looks at the time: for samples of a game, pings, and
	// pages that have vanished.
	beat = 500 * time.Millisecond
)

// desk owns the state of one dialog. Its methods run on its own goroutine, in run,
// unless they say otherwise.
type desk struct {
	lobby  *Lobby
	dialog *bridge.Dialog
	log    *slog.Logger
	inbox  chan func()
	ctx    context.Context // of everything that is begun here
	cancel context.CancelFunc
	stop   context.Context // the bridge's
	work   sync.WaitGroup

	folder   string
	settings *settings.File
	problem  string // of the settings, for the user
	emulator bridge.Emulator
	have     map[string]bridge.GameName // by name, as rooms show it

	tabs    map[*tab]bool
	alone   time.Time    // since when there is no page
	visited bool         // there was one
	late    func()       // tells the user where the page is, when no browser comes; nil for nobody
	sockets atomic.Int32 // pages' connections, also those that the desk does not know yet
	over    string       // why the dialog ends; "" while it goes on

	servers  serverList
	visit    *visit // the session; nil when there is none
	session  message.Session
	chat     chatLog
	room     message.Room
	play     playing
	comeback *bridge.Comeback
	host     hosting
	records  message.Records
}

func newDesk(ctx context.Context, l *Lobby, dialog *bridge.Dialog) *desk {
	d := &desk{
		lobby: l, dialog: dialog, log: dialog.Logger(), inbox: make(chan func(), inboxSize), stop: ctx,
		folder: l.folder(dialog), tabs: map[*tab]bool{}, alone: time.Now(),
		session: message.Session{State: sessionNone}, room: message.Room{},
		play: playing{shown: message.Play{State: playNone, Speed: 1}},
		host: hosting{shown: message.Host{State: hostOff}},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.settings, d.problem = settings.Open(d.folder)
	if d.problem != "" {
		d.log.Warn("the settings are not all as they should be", "problem", d.problem)
	}
	d.setCharset(d.charset())
	d.servers.begin(d)
	if list := dialog.Comebacks(); len(list) > 0 {
		d.comeback = &list[0]
	}
	d.listRecords()
	return d
}

// charset is what the user has chosen for the session, or the library's default.
func (d *desk) charset() text.Charset {
	cs, err := text.LookupCharset(d.settings.Get().Charset)
	if err != nil { // settings.Auto is no charset
		cs = d.dialog.DefaultCharset()
	}
	return cs
}

// setCharset describes the emulator anew: its strings, and what of its names rooms
// show, depend on the session's charset.
func (d *desk) setCharset(cs text.Charset) {
	d.emulator = d.dialog.Emulator(cs)
	d.have = make(map[string]bridge.GameName, len(d.emulator.Games))
	for _, g := range d.emulator.Games {
		if _, twice := d.have[bridge.Room(g.Wire)]; !twice && g.Unsayable == nil {
			d.have[bridge.Room(g.Wire)] = g
		}
	}
}

func (d *desk) has(game string) bool {
	_, ok := d.have[bridge.Room(game)]
	return ok
}

// run works until the dialog is over.
func (d *desk) run() {
	beats := time.NewTicker(beat)
	defer beats.Stop()
	for d.over == "" {
		select {
		case f := <-d.inbox:
			d.do(f)
		case <-beats.C:
			d.do(d.beat)
		case <-d.stop.Done():
			d.over = overEmulator
		}
	}
	d.finish()
}

// do runs one piece of work. A fault in it is logged, and the lobby lives on.
func (d *desk) do(f func()) {
	guard.Run("the lobby", f, d.fault)
}

// fault logs a panic that was caught. It may be called from any goroutine.
func (d *desk) fault(f *guard.Fault) {
	d.log.Error("internal error", "where", f.Where, "panic", f.Value, "stack", f.Stack)
}

// put hands work to the desk, from any goroutine. False means that the dialog is
// over, or that the context is.
func (d *desk) put(ctx context.Context, f func()) bool {
	select {
	case <-d.ctx.Done():
		return false
	case <-ctx.Done():
		return false
	default:
	}
	select {
	case d.inbox <- f:
		return true
	case <-d.ctx.Done():
		return false
	case <-ctx.Done():
		return false
	}
}

// begin runs something slow on a goroutine of its own, and then has the desk do
// what it returns.
func (d *desk) begin(slow func(context.Context) func()) {
	guard.GoIn(&d.work, "the lobby", func() {
		if then := slow(d.ctx); then != nil {
			d.put(d.ctx, then)
		}
	}, d.fault)
}

// Why a dialog ends, as Ended says it.
const (
	overBack     = "back"
	overEmulator = "emulator"
	overAlone    = "alone"
)

// beat does what the time has come for.
func (d *desk) beat() {
	d.sample()
	d.pingSession()
	d.countHosted()
	d.dialog.Attended(len(d.tabs) > 0 || !d.visited)
	if len(d.tabs) > 0 || d.busy() {
		d.alone = time.Now()
		return
	}
	patience := d.lobby.aloneFor
	if !d.visited {
		patience = d.lobby.firstPage
		if d.late != nil && time.Since(d.alone) >= d.lobby.browserLate {
			d.log.Warn("no browser has come: the file that leads to the lobby may be one that it cannot read, or does not open")
			d.late()
			d.late = nil
		}
	}
	if time.Since(d.alone) >= patience {
		d.log.Info("no page of the lobby is open, so the dialog ends", "after", patience)
		d.over = overAlone
	}
}

// busy reports whether the player is somewhere that must not end by itself.
func (d *desk) busy() bool { return d.room.ID != 0 || d.play.running() }

// finish leaves everything, and tells the pages.
func (d *desk) finish() {
	d.do(d.play.stop)
	d.do(d.disconnect)
	d.do(d.stopHost)
	d.do(func() { d.tell(message.Ended{Reason: d.over}) }) // the last thing that pages hear
	d.cancel()                                             // pages get what is queued, and are let go
	// Workers may still want to hand something in.
	done := make(chan struct{})
	guard.Go("the lobby", func() { d.work.Wait(); close(done) }, d.fault)
	for {
		select {
		case <-d.inbox:
		case <-done:
			return
		}
	}
}

// open is a new page: it gets the whole state.
func (d *desk) open(t *tab) {
	if len(d.tabs) >= maxPages {
		t.cut()
		return
	}
	d.tabs[t] = true
	d.visited = true
	for _, m := range d.state() {
		d.tellOne(t, m)
	}
}

func (d *desk) close(t *tab) { delete(d.tabs, t) }

// tell tells all pages.
func (d *desk) tell(m message.ToPage) {
	if len(d.tabs) == 0 {
		return
	}
	b, err := message.Encode(m)
	if err != nil {
		d.log.Error("a message for the page cannot be written", "err", err)
		return
	}
	for t := range d.tabs {
		if !t.send(b) {
			d.log.Debug("a page does not read; it is cut off")
			t.cut()
			delete(d.tabs, t)
		}
	}
}

func (d *desk) tellOne(t *tab, m message.ToPage) {
	b, err := message.Encode(m)
	if err != nil {
		d.log.Error("a message for the page cannot be written", "err", err)
		return
	}
	if d.tabs[t] && !t.send(b) {
		t.cut()
		delete(d.tabs, t)
	}
}
