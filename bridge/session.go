package bridge

import (
	"log/slog"
	"os"
	"strings"
	"sync"

	"kbridge/kclient/guard"
	"kbridge/kclient/text"
)

// Config says what a Session works with.
type Config struct {
	// UI runs the dialogs.
	UI UI
	// HostCharset is how the emulator writes and reads its strings; the zero
	// Charset is UTF-8 here. On Windows it is the ANSI code page.
	HostCharset text.Charset
	// HostProblem is what could not be found out about HostCharset; each Init
	// logs it as a warning unless it is empty.
	HostProblem string
	// Charset is the session's, on the wire, where the user has not chosen
	// another; the zero Charset is windows-1252.
	Charset text.Charset
	// Getenv looks an environment variable up, as the emulator sees it now;
	// nil is os.Getenv. The Session itself reads KAILLERA_LOG.
	Getenv func(string) string
	// Folder tells the folder that relative names of recordings begin at, and
	// that a UI keeps its settings in; nil is the current folder of the process.
	// It is called when first needed, from any goroutine.
	Folder func() string
	// Threads are the emulator's. nil is for programs in Go, which number their
	// threads as they like and wait with Session.Wait.
	Threads Threads
	// State tells the folder for what only this user may read; nil is kbridge in
	// the user's configuration folder. "" is none.
	State func() string
}

// Session is the classic API of one process. Every method may be called from
// any thread at any time, and answers wrong calls with an error that
// is in the log once.
type Session struct {
	ui          UI
	host        text.Charset
	hostProblem string
	charset     text.Charset  // of the wire, unless the user chooses
	folder      func() string // may be nil
	state       func() string // may be nil
	log         logSink

	threads Threads

	mu         sync.Mutex
	ready      bool // between Init and Shutdown
	infos      *Infos
	dialog     *Dialog       // nil when none is open
	closing    *Dialog       // the one that Shutdown waits for, or did
	uiDone     chan struct{} // closed when the last dialog's UI has returned
	lastDialog uint64
	game       *running // the last one; it may be over
	lastGame   uint64
	complained complaint
}

// New makes a Session that waits for Init.
func New(cfg Config) *Session {
	s := &Session{ui: cfg.UI, host: cfg.HostCharset, hostProblem: cfg.HostProblem, charset: cfg.Charset,
		folder: cfg.Folder, state: cfg.State, uiDone: make(chan struct{})}
	if s.host.IsZero() {
		s.host = utf8Charset
	}
	s.log.getenv = cfg.Getenv
	if s.threads = cfg.Threads; s.threads == nil {
		s.threads = &goroutines{}
	}
	if s.log.getenv == nil {
		s.log.getenv = os.Getenv
	}
	close(s.uiDone)
	return s
}

// Version is what kailleraGetVersion says.
const Version = "0.9"

// Init makes the session ready. It reads KAILLERA_LOG, so each Init can log to
// another place. Harmless when the session is ready already.
func (s *Session) Init() {
	s.log.open()
	s.mu.Lock()
	was := s.ready
	s.ready = true
	if !was {
		s.complained = 0
	}
	s.mu.Unlock()
	if !was {
		s.logger().Debug("kailleraInit", "version", Version, "charset", s.host.Name())
		if s.hostProblem != "" {
			s.logger().Warn(s.hostProblem, "charset", s.host.Name())
		}
	}
}

// SetInfos keeps what the emulator says about itself; nil is refused with
// ErrBadArgument. A dialog that is open goes on with the game list it began
// with, but uses the new callbacks.
func (s *Session) SetInfos(infos *Infos) error {
	s.mu.Lock()
	ready := s.ready
	if ready && infos != nil {
		s.infos = infos
	}
	s.mu.Unlock()
	switch {
	case !ready:
		return s.refuse(complainSetInfos, "kailleraSetInfos", ErrNotInitialised)
	case infos == nil:
		return s.refuse(complainSetInfosNull, "kailleraSetInfos", ErrBadArgument, "infos", "NULL")
	}
	s.logger().Debug("kailleraSetInfos", "app", infos.AppName, "games", len(infos.Games))
	return nil
}

// FrameDelay is the frame delay of the running game in frames, 0 without one.
func (s *Session) FrameDelay() int {
	if r := s.running(); r != nil {
		return r.match.Game.FrameDelay()
	}
	return 0
}

// FramesBehind is how many frames the running game can hand out without waiting,
// because the player was away and is catching up; 0 when it is in step, or without
// a game.
func (s *Session) FramesBehind() int {
	if r := s.running(); r != nil {
		if game, ok := r.match.Game.(interface{ Behind() int }); ok {
			return game.Behind()
		}
	}
	return 0
}

// EndGame leaves the running game, if there is one, and wakes a
// ModifyPlayValues that is blocked.
//
// A game whose gameCallback was not handed out yet is not meant: emulators call
// this whenever they stop, and what they have stopped is the game before.
func (s *Session) EndGame() {
	s.mu.Lock()
	r := s.game
	mine := r != nil && !r.over && r.called
	s.mu.Unlock()
	if mine {
		s.end(r, ErrEndGame)
	}
}

// ChatSend says text, which is in the emulator's charset, to the room. What is
// longer than the wire takes is cut at a character. It does not wait: an error says that the
// line was not taken, in the log once until one is taken again. A line that the session's charset does not have
// all of (*kclient.CharsetError) is not said, and the emulator hears why as a line of chat.
func (s *Session) ChatSend(text string) error {
	s.mu.Lock()
	ready, d := s.ready, s.dialog
	s.mu.Unlock()
	switch {
	case !ready:
		return s.refuse(complainChat, "kailleraChatSend", ErrNotInitialised)
	case d == nil:
		return s.refuse(complainChatRoom, "kailleraChatSend", ErrNoRoom)
	}
	say, host := d.room()
	if say == nil {
		return s.refuse(complainChatRoom, "kailleraChatSend", ErrNoRoom)
	}
	if len(text) > MaxText {
		text = host.host.Cut(text, MaxText)
	}
	line, err := host.forChat(text)
	if err != nil {
		// kailleraChatSend returns nothing, and whoever has typed it must know
		d.post(event{kind: CallChat, own: true, text: "not sent: " + strings.TrimPrefix(err.Error(), "kclient: ")})
		return s.refuse(complainChatText, "kailleraChatSend", err)
	}
	if line == "" {
		return nil
	}
	if err := say(line); err != nil {
		return s.refuse(complainChatFull, "kailleraChatSend", err)
	}
	s.accepted(complainChatFull | complainChatText)
	return nil
}

// Refused logs, once, that a call was refused because of an argument that never
// reached the Session, such as a NULL pointer.
func (s *Session) Refused(function, argument, value string) {
	which := complainArgument
	if function == "kailleraChatSend" {
		which = complainChatNull
	}
	_ = s.refuse(which, function, ErrBadArgument, argument, value)
}

// NotCalled logs that a call was refused before it reached the Session, and why.
func (s *Session) NotCalled(why string) {
	s.logger().Error("a call was refused", "why", why)
}

// Recovered is told of a panic that was caught in function: it is logged, and
// the running game, whose state nobody can know now, is ended.
func (s *Session) Recovered(function string, v any) {
	s.fault(guard.New(function, v))
	if r := s.running(); r != nil {
		s.end(r, ErrInternal)
	}
}

// fault logs a panic that was caught.
func (s *Session) fault(f *guard.Fault) {
	s.logger().Error("internal error", "where", f.Where, "panic", f.Value, "stack", f.Stack)
}

func (s *Session) running() *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.game == nil || s.game.over {
		return nil
	}
	return s.game
}

func (s *Session) logger() *slog.Logger { return s.log.logger() }
