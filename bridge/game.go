package bridge

import (
	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
)

// running is one game of the emulator, from the moment it may call
// kailleraModifyPlayValues.
type running struct {
	id     uint64
	dialog *Dialog
	match  Match
	text   hostText
	record *recorder     // nil when nothing is recorded
	done   chan struct{} // closed when result stands
	waiter waiter        // the thread that waits for a frame
	result Result

	// Guarded by Session.mu.
	called bool // gameCallback was handed out: from then on the emulator may play it
	over   bool
	told   bool    // ModifyPlayValues has returned -1 because of that
	thread uintptr // the one whose exchange it is
	busy   bool    // that thread is inside ModifyPlayValues
	open   bool    // input was submitted and its frame not yet received
	size   int     // bytes per player and frame; 0 before the first
	events eventQueue
}

// start makes a match the running game and has gameCallback called.
func (s *Session) start(d *Dialog, m Match) (*running, error) {
	// A file is opened before the lock is taken.
	record := s.newRecorder(d, m)
	r, err := s.startLocking(d, m, record)
	if err != nil {
		record.discard()
		return nil, err
	}
	m.Game.Notify(func() { r.waiter.wake(s.threads) })
	d.waiter.wake(s.threads)
	s.logger().Info("game starts", "game", m.Name.Name, "player", m.Game.Player(), "players", m.Game.Players(),
		"frame_delay", m.Game.FrameDelay())
	return r, nil
}

func (s *Session) startLocking(d *Dialog, m Match, record *recorder) (*running, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dialog != d:
		return nil, ErrDialogOver
	case s.game != nil && !s.game.over:
		return nil, ErrPlaying
	case s.infos.Callbacks.Game == 0:
		return nil, ErrNoGameCallback
	case wire.IsChatRoom(m.Name.Entry):
		return nil, ErrChatRoom
	}
	s.lastGame++
	r := &running{
		id: s.lastGame, dialog: d, match: m, text: hostText{host: s.host, session: m.Charset},
		record: record, done: make(chan struct{}),
	}
	r.events, d.early = d.early, eventQueue{}
	d.ahead, d.starting = !d.starting, false
	select {
	case d.calls <- dialogCall{game: r}:
	default:
		return nil, ErrBusy
	}
	s.game = r
	s.complained &^= complaintsOfGame
	return r, nil
}

// end ends a game, once: it leaves it, wakes whoever waits, and writes the
// summary.
func (s *Session) end(r *running, reason error) {
	s.mu.Lock()
	if r.over {
		s.mu.Unlock()
		return
	}
	r.over = true
	r.events = eventQueue{}
	s.mu.Unlock()
	defer close(r.done)

	// Drop first: what goes to the server goes before this thread does
	// anything slow. It fails when the game is over anyway.
	guard.Run("leaving a game", func() { _ = r.match.Game.Drop() }, s.fault)
	r.waiter.wake(s.threads)
	r.dialog.waiter.wake(s.threads) // the lobby waits again: see modalLocked
	r.record.end()
	if reason == nil {
		reason = ErrDialogOver
	}
	r.result = Result{Reason: reason, Stats: r.match.Game.Stats()}
	s.summarise(r)
}

// summarise writes the one line about a game that is over; scripts read it.
func (s *Session) summarise(r *running) {
	stats := r.result.Stats
	s.logger().Info("game ended",
		"reason", r.result.Reason,
		"player", r.match.Game.Player(),
		"players", r.match.Game.Players(),
		"frames", stats.Frames,
		"frame_delay", r.match.Game.FrameDelay(),
		"ping", stats.Ping,
		"stall", stats.Stall,
		"longest_stall", stats.LongestStall,
		"duration", stats.Duration,
		"bytes_sent", stats.BytesSent,
		"bytes_received", stats.BytesReceived,
		"datagrams_sent", stats.DatagramsSent,
		"datagrams_received", stats.DatagramsReceived,
		"inputs", stats.Batches,
		"inputs_cached", stats.CachedBatches,
	)
}
