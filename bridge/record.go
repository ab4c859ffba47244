package bridge

import (
	"log/slog"
	"os"
	"time"

	"kbridge/bridge/krec"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
)

// recorder writes what a game's kailleraModifyPlayValues return, and what came
// before them, to a .krec file. A nil recorder records nothing.
type recorder struct {
	file    *krec.Writer
	session text.Charset
	log     *slog.Logger
	broken  bool // it has panicked: nothing more is recorded
}

// caught is deferred by what writes: a fault of the recording ends it, and the game goes on.
func (r *recorder) caught() {
	if v := recover(); v != nil {
		f := guard.New("the recording", v)
		r.broken = true
		r.log.Error("internal error", "where", f.Where, "panic", f.Value, "stack", f.Stack)
	}
}

func (r *recorder) records() bool { return r != nil && !r.broken }

// newRecorder starts the recording that a match asks for. One that cannot be
// written is logged, and the game is played without it.
func (s *Session) newRecorder(d *Dialog, m Match) *recorder {
	if m.Record == "" {
		return nil
	}
	conv := hostText{host: s.host, session: m.Charset}
	h := krec.Header{
		App:     m.Charset.Encode(conv.overWire(conv.fromHost(d.infos.AppName), krec.MaxName)),
		Game:    m.Charset.Encode(conv.overWire(m.Name.Name, krec.MaxName)),
		Time:    time.Now(),
		Player:  m.Game.Player(),
		Players: m.Game.Players(),
	}
	for _, name := range m.Players {
		h.Names = append(h.Names, m.Charset.Cut(m.Charset.Encode(name), krec.MaxPlayerName))
	}
	file, err := krec.Create(s.inFolder(m.Record), text.Shown(m.Name.Name), h)
	if err != nil {
		s.logger().Error("the game is not recorded", "folder", m.Record, "err", err)
		return nil
	}
	s.logger().Info("the game is recorded", "file", file.Name())
	return &recorder{file: file, session: m.Charset, log: s.logger()}
}

// The writer remembers its first error, and end reports it.

// frame records what a call returned. It does not allocate.
func (r *recorder) frame(values []byte) {
	if r.records() {
		defer r.caught()
		_ = r.file.Frame(values)
	}
}

func (r *recorder) chat(nick, text string) {
	if r.records() {
		defer r.caught()
		_ = r.file.Chat(r.session.Encode(nick), r.session.Encode(text))
	}
}

func (r *recorder) drop(nick string, player int) {
	if r.records() {
		defer r.caught()
		_ = r.file.Drop(r.session.Encode(nick), player)
	}
}

// end closes the recording; what comes later is not in it.
func (r *recorder) end() {
	if r == nil {
		return
	}
	defer r.caught()
	if err := r.file.Close(); err != nil {
		r.log.Error("the recording is incomplete", "file", r.file.Name(), "err", err)
	}
}

// discard removes the recording of a game that never started.
func (r *recorder) discard() {
	if r == nil {
		return
	}
	defer r.caught()
	_ = r.file.Close()
	_ = os.Remove(r.file.Name())
}
