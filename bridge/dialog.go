package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kbridge/bridge/environ"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
)

// Dialog is one kailleraSelectServerDialog, as its UI sees it. Its methods may
// be called from any goroutine.
type Dialog struct {
	s      *Session
	id     uint64
	window uintptr
	infos  *Infos // what was in force when the dialog began
	ctx    context.Context
	cancel context.CancelCauseFunc
	calls  chan dialogCall
	done   chan struct{} // closed when the UI has returned
	err    error         // the UI's; to be read after done
	thread uintptr       // the emulator's thread that the dialog runs on
	waiter waiter        // that thread, while it waits
	closer waiter        // the thread that waits in kailleraShutdown

	// Guarded by s.mu.
	closeBy time.Time // set by Shutdown: how long that waits
	blocked bool      // the thread waits here; else it is in a callback, or has left one for good
	modal   bool      // the window is disabled while the lobby waits
	alone   bool      // nothing of the lobby is there for the user

	starting bool       // the server has started a game that Play has not begun
	ahead    bool       // Play has begun one before GameStarting told of it
	early    eventQueue // what happened in it since

	mu   sync.Mutex
	say  func(string) error // nil outside a room
	text hostText
	// warned is the charset for which it was said which games cannot be told.
	warned text.Charset
}

// dialogCall is a callback for the thread inside kailleraSelectServerDialog.
type dialogCall struct {
	game *running // set: gameCallback, unless that game is over by then
	more string   // else: moreInfosCallback for this entry
}

// BeginDialog opens a dialog for the calling thread; thread tells it from
// others, window is the emulator's window or 0. NextCall with the id that is
// returned runs it.
//
// When the dialog before it is inside a callback, that callback was left by a
// longjmp, or this is a call from inside of it: if it is the same thread, or if
// no game is running, the new dialog takes over, ends the game, and the old
// dialog is over. So it is when the thread of the dialog before it has ended, as those that are
// killed do. Otherwise ErrBusy.
func (s *Session) BeginDialog(thread, window uintptr) (id uint64, err error) {
	id, old, game, err := s.beginDialog(thread, window)
	if err != nil {
		// Not only once: this is no call of every frame, and the user waits
		// for an answer.
		s.logger().Error("kailleraSelectServerDialog was refused", "err", err)
		return 0, err
	}
	if old != nil {
		s.logger().Warn("kailleraSelectServerDialog was called again from a callback, or after one was left by a jump, or after the thread of the dialog before it had ended; that dialog is over")
		old.cancel(ErrNewDialog)
	}
	if game != nil {
		s.end(game, ErrNewDialog)
	}
	return id, nil
}

func (s *Session) beginDialog(thread, window uintptr) (id uint64, old *Dialog, game *running, err error) {
	modal, err := environ.ReadParent(s.log.getenv)
	if err != nil {
		return 0, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.ready:
		return 0, nil, nil, ErrNotInitialised
	case s.infos == nil:
		return 0, nil, nil, ErrNoInfos
	}
	live := s.game != nil && !s.game.over
	if old = s.dialog; old != nil && (old.blocked || live && old.thread != thread) && s.threads.Lives(old.thread) {
		return 0, nil, nil, ErrBusy
	}
	if live {
		game = s.game
	}
	s.lastDialog++
	d := &Dialog{
		s: s, id: s.lastDialog, window: window, infos: s.infos,
		calls: make(chan dialogCall, maxCalls), done: make(chan struct{}),
		thread: thread, blocked: true, modal: modal,
		text: hostText{host: s.host, session: s.charset},
	}
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
	before := s.uiDone
	s.dialog, s.uiDone = d, d.done
	guard.Go("the dialog", func() { d.run(before) }, s.fault)
	return d.id, old, game, nil
}

func (d *Dialog) tellDone() {
	close(d.done)
	d.waiter.wake(d.s.threads)
	d.closer.wake(d.s.threads)
}

// run is the UI's goroutine.
func (d *Dialog) run(before <-chan struct{}) {
	defer d.tellDone()
	defer d.cancel(ErrDialogOver)
	<-before
	if d.ctx.Err() != nil {
		return
	}
	guard.Run("the user interface", func() { d.err = d.s.ui.Run(d.ctx, d) }, func(f *guard.Fault) {
		d.err = ErrInternal
		d.s.fault(f)
	})
}

// NextCall tells the thread of the dialog what to do. c says what to call: make the
// call and come back. CallWait: wait, and come back. CallNone: the dialog is over, and
// code is what kailleraSelectServerDialog returns. NextCall itself does not wait.
func (s *Session) NextCall(id uint64, c *Call) (code int) {
	*c = Call{}
	s.mu.Lock()
	d := s.dialog
	if d == nil || d.id != id {
		d = s.closing
		s.mu.Unlock()
		if d != nil && d.id == id {
			// The emulator may end its process once this has returned, so the user
			// interface says good-bye first.
			d.waiter.arm(d.thread)
			if left := d.closingFor(); left > 0 {
				*c = Call{Kind: CallWait, Wait: left}
			}
		}
		return 0
	}
	d.blocked = true
	s.mu.Unlock()

	for armed := false; ; {
		select {
		case call := <-d.calls:
			if s.deliver(d, call, c) {
				return 0
			}
			continue
		default:
		}
		select {
		case <-d.done:
			return s.closeDialog(d)
		default:
		}
		if armed {
			*c = Call{Kind: CallWait, Wait: maxWait, Modal: d.modalNow()}
			return 0
		}
		d.waiter.arm(d.thread)
		armed = true // what came before the thread could be woken is looked for once more
	}
}

// deliver fills in c unless there is nothing to call any more.
func (s *Session) deliver(d *Dialog, call dialogCall, c *Call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dialog != d {
		return false
	}
	if r := call.game; r != nil {
		if r.over {
			return false
		}
		r.called = true
		*c = Call{
			Kind: CallGame, Function: s.infos.Callbacks.Game, Game: r.match.Name.Entry,
			Player: r.match.Game.Player(), Players: r.match.Game.Players(),
		}
	} else {
		*c = Call{Kind: CallMoreInfos, Function: s.infos.Callbacks.MoreInfos, Game: call.more}
	}
	if c.Function == 0 {
		*c = Call{}
		return false
	}
	d.blocked = false
	return true
}

// closeDialog forgets a dialog whose UI has returned, and says what that comes
// to.
func (s *Session) closeDialog(d *Dialog) (code int) {
	s.mu.Lock()
	current := s.dialog == d
	if current {
		s.dialog = nil
	}
	r := s.game
	s.mu.Unlock()
	if r != nil && r.dialog == d {
		s.end(r, ErrDialogOver)
	}
	if !current || d.err == nil || d.closed() {
		return 0
	}
	s.logger().Error("kailleraSelectServerDialog failed", "err", d.err)
	return -1
}

// Emulator describes the emulator, for a session in charset cs, which is from
// now on also the one of the dialog's texts.
func (d *Dialog) Emulator(cs text.Charset) Emulator {
	d.mu.Lock()
	d.text.session = cs
	text, warned := d.text, d.warned
	d.warned = cs
	d.mu.Unlock()
	e := newEmulator(d.infos, text)
	if warned.IsZero() || !warned.Same(cs) {
		e.warn(d.Logger())
	}
	return e
}

// DefaultCharset is the session's where the user has not chosen one.
func (d *Dialog) DefaultCharset() text.Charset { return d.s.charset }

func (d *Dialog) charset() text.Charset {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.session
}

// Window is the emulator's window (an HWND), 0 if there is none.
func (d *Dialog) Window() uintptr { return d.window }

// Logger is the log that the user asked for.
func (d *Dialog) Logger() *slog.Logger { return d.s.logger() }

// InRoom says where kailleraChatSend goes to while the user is in a room: say
// takes UTF-8 and must not wait. nil when the room is left.
func (d *Dialog) InRoom(say func(text string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say = say
}

func (d *Dialog) room() (func(string) error, hostText) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.say, d.text
}

// HasMoreInfos reports whether the emulator can show more about a game.
func (d *Dialog) HasMoreInfos() bool { return d.infos.Callbacks.MoreInfos != 0 }

// MoreInfos asks the emulator to show more about a game of its list. It runs
// when the emulator's thread is next free of other callbacks; an emulator that
// is too busy is not asked.
func (d *Dialog) MoreInfos(game GameName) {
	select {
	case d.calls <- dialogCall{more: game.Entry}:
		d.waiter.wake(d.s.threads)
	default:
	}
}

// GameStarting says, once for each game, that the server has started it: what is passed on from then on until Play is
// kept for the game, since the emulator would never hear of it otherwise. Play may come first, from another goroutine.
func (d *Dialog) GameStarting() {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if d.ahead {
		d.ahead = false
		return
	}
	d.starting, d.early = true, eventQueue{}
}

// Chat passes on what somebody in the room said, in UTF-8. Without a game that runs or is
// starting it is dropped: emulators show chat only while they play.
func (d *Dialog) Chat(nick, text string) {
	d.post(event{kind: CallChat, nick: nick, text: text})
}

// ClientDropped passes on that a player left the running game.
func (d *Dialog) ClientDropped(nick string, player int) {
	d.post(event{kind: CallDrop, nick: nick, player: player})
}

// post queues what another player did and wakes the emulator's thread for it.
func (d *Dialog) post(e event) {
	r, lost := d.keep(e)
	if r != nil {
		r.waiter.wake(d.s.threads)
	}
	if lost {
		d.s.logger().Warn("the emulator does not take its chat lines and drops; the oldest are thrown away",
			"kept_bytes", maxEventBytes)
	}
}

// keep queues an event for the game that starts or runs; r is that which runs.
func (d *Dialog) keep(e event) (r *running, lost bool) {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	r = d.s.game
	switch {
	case d.starting:
		return nil, d.early.push(e)
	case r != nil && r.dialog == d && !r.over:
		return r, r.events.push(e)
	}
	return nil, false
}

// awaitLast gives the emulator a moment to take the frames that had come before the end of a game
// that is over by itself: players who stop together are in step to the last frame.
func (d *Dialog) awaitLast(r *running) {
	if g, ok := r.match.Game.(interface{ Err() error }); !ok || g.Err() == nil {
		return
	}
	timer := time.NewTimer(lastFrames)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-d.ctx.Done():
	case <-timer.C:
	}
}

// Play runs a game with the emulator: it calls gameCallback and returns when
// the game is over, which is when the emulator calls kailleraEndGame, when the
// Game fails it, or when ctx is done, whose cause is then the reason. A UI
// that learns from elsewhere that the game is over ends ctx: the emulator may be
// between two frames for long. That gameCallback returns means nothing: some
// emulators play on another thread. An error says that the game never started;
// it was dropped then.
func (d *Dialog) Play(ctx context.Context, m Match) (Result, error) {
	r, err := d.s.start(d, m)
	if err != nil {
		_ = m.Game.Drop()
		return Result{}, fmt.Errorf("cannot play %q: %w", m.Name.Name, err)
	}
	select {
	case <-r.done:
	case <-d.ctx.Done():
		d.s.end(r, context.Cause(d.ctx))
	case <-ctx.Done():
		d.awaitLast(r)
		d.s.end(r, context.Cause(ctx))
	}
	<-r.done
	return r.result, nil
}
