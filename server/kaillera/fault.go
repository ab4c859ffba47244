package kaillera

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/lobby"
	"kbridge/server/room"
)

// A panic in the server ends what it was working for, and nothing else. There are three places where one is caught.
//
// What concerns one session's link alone (pass, Frame, Flush) is caught right there: whoever had something sent to that
// session goes on, and nothing more is sent to it. What is done with a room's lock alone is caught by caughtInRoom. In
// both cases the lobby's lock is needed for what follows, so it waits until that can be had (failures).
//
// All else is caught by try, with the lobby's lock held, and work says what is half changed by then. That is closed as
// it would be otherwise, with a goodbye; when closing it panics too it is cut out of every table. mend then sees to it
// that all tables agree.

// work is whom the server works for at the moment.
type work struct {
	session *session      // whose datagram or timer it is
	other   *session      // whose place or name that session takes
	room    *room.Room    // that is being changed
	pending *pendingLogin // whose timer it is
	login   loginAddr     // where a datagram came from that may be a login
	news    bool          // what waits to be told is told
}

func isFault(err error) bool { return guard.Of(err) != nil }

// report counts and logs a fault, if the error is one.
func (s *Server) report(err error, attrs ...any) {
	if f := guard.Of(err); f != nil {
		s.faults.Report(f, attrs...)
	}
}

// failures are sessions and rooms in which something has panicked and that are to be parted with. Its lock is a leaf.
type failures struct {
	some atomic.Bool // is looked at for every datagram
	mu   sync.Mutex
	all  []work
}

func (f *failures) add(w work) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, w)
	f.some.Store(true)
}

func (f *failures) any() bool { return f.some.Load() }

// next is the first of them; ok is false when there is none.
func (f *failures) next() (w work, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) == 0 {
		return w, false
	}
	w, f.all = f.all[0], f.all[1:]
	if len(f.all) == 0 {
		f.all = nil
		f.some.Store(false)
	}
	return w, true
}

// caught is deferred around what concerns this session's link alone.
func (s *session) caught(where string) {
	if v := recover(); v != nil {
		s.linkFailed(guard.New(where, v))
	}
}

func (s *session) linkFailed(f *guard.Fault) {
	if s.failed {
		return
	}
	s.failed = true
	w := work{session: s}
	s.server.report(f, w.attrs()...)
	s.server.failures.add(w)
}

// caughtInRoom is deferred around what is done with a room's lock alone; w is who is blamed.
func (s *Server) caughtInRoom(where string, w work, r *room.Room) {
	if v := recover(); v != nil {
		w.blameMessage(r)
		s.report(guard.New(where, v), w.attrs()...)
		s.failures.add(w)
	}
}

// The types of message that change a room. A fault in one of game data is the room's alone.
var (
	changesGame = setOf(wire.TypeGameData, wire.TypeGameCache)
	changesRoom = setOf(wire.TypeUserQuit, wire.TypeGameChat, wire.TypeCreateGame, wire.TypeJoinGame, wire.TypeQuitGame,
		wire.TypeKick, wire.TypeStartGame, wire.TypeReady, wire.TypeDropGame, ext.TypeCaughtUp)
)

// blameMessage blames what the message has changed that the session's datagram has brought, if it was one.
func (w *work) blameMessage(r *room.Room) {
	if w.session == nil {
		return
	}
	t := w.session.handling
	w.session.handling = 0
	switch {
	case r == nil:
	case changesGame.has(t):
		w.session, w.room = nil, r
	case changesRoom.has(t):
		w.room = r
	}
}

// try does something with the lobby's lock held. It reports whether nothing has panicked.
func (s *Server) try(now time.Time, where string, w work, do func()) (well bool) {
	s.lobby.TakeWork()
	s.work = w
	defer func() {
		if v := recover(); v != nil {
			s.recovered(now, guard.New(where, v))
		}
	}()
	do()
	return true
}

func (s *Server) recovered(now time.Time, f *guard.Fault) {
	w := s.blamed()
	s.report(f, w.attrs()...)
	s.part(now, w)
}

// blamed is who is to blame for a panic.
func (s *Server) blamed() work {
	w, in := s.work, s.lobby.TakeWork()
	s.work = work{}
	if in.Other != nil {
		w.other, _ = in.Other.Door().(*session)
	}
	if in.Room != nil {
		w.room = in.Room
	}
	w.news = in.News
	if w.login.addr.IsValid() {
		w.pending = s.pending.find(w.login)
		if se := s.sessions.find(w.login.addr); se != nil {
			w.session = se
		}
	}
	if w.session != nil {
		w.blameMessage(w.session.room.Load())
	}
	return w
}

// attrs say in the log whose session or room is closed.
func (w work) attrs() (attrs []any) {
	if w.session != nil {
		attrs = append(attrs, slog.Any("addr", w.session.addr), slog.Int("user", int(w.session.who.ID)))
	} else if w.login.addr.IsValid() {
		attrs = append(attrs, slog.Any("addr", w.login.addr))
	}
	if w.room != nil {
		attrs = append(attrs, slog.Uint64("room", uint64(w.room.ID)))
	}
	return attrs
}

// partWithFailed ends the sessions and rooms that have failed; others may do so meanwhile.
func (s *Server) partWithFailed(now time.Time) {
	for {
		w, ok := s.failures.next()
		if !ok {
			return
		}
		s.part(now, w)
	}
}

// part ends what something has panicked in.
func (s *Server) part(now time.Time, w work) {
	if w == (work{}) {
		return
	}
	if w.room != nil {
		s.lobby.CloseBroken(now, w.room, s.here)
	}
	for _, se := range []*session{w.session, w.other} {
		if se != nil {
			s.partWith(now, se)
		}
	}
	if w.pending != nil {
		s.dropPending(w.pending)
	}
	if w.news {
		s.lobby.ForgetNews()
	}
	s.mend(now)
}

// partWith ends a session in which something has panicked. A room of its lives on while others play there.
func (s *Server) partWith(now time.Time, se *session) {
	if se.forgotten {
		return
	}
	r, user := se.room.Load(), se.user
	s.lobby.Hold(r)
	if guard.Run("server: part with a user", func() {
		if user != nil {
			user.End(now)
		}
		if se.failed || se.state != stateClosed {
			se.forget()
		}
	}, nil) {
		return
	}
	if r != nil {
		s.lobby.CloseBroken(now, r, s.here)
	}
	se.state, se.forgotten, se.user = stateClosed, true, nil
	s.mend(now)
	if user != nil {
		s.lobby.Lost(now, user)
	}
}

// here reports whether a user's session is there.
func (s *Server) here(u *lobby.User) bool {
	se, ok := u.Door().(*session)
	return !ok || !se.forgotten && se.user == u && (se.noAddress || s.sessions.find(se.addr) == se)
}

func (s *Server) dropPending(p *pendingLogin) {
	if s.pending.find(p.loginAddr) == p && !guard.Run("server: drop a login", func() { s.pending.remove(p) }, nil) {
		delete(s.pending.byAddr, s.pending.hash(p.loginAddr))
	}
}
