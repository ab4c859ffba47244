package server

import (
	"log/slog"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/timer"
)

// A panic in the server ends what it was working for, and nothing else. There are two places where one is caught.
//
// What concerns one session's link alone (sendBody, sendGame, flush) is caught right there: whoever had something sent
// to that session goes on, and the session is parted with before the lock is given back. Nothing more is sent to it.
//
// All else is caught where a datagram or a timer is handled, and s.work says what is half changed by then. That is
// closed as it would be otherwise, with a goodbye; when closing it panics too it is cut out of every table. mend then
// sees to it that all tables agree.

// internalError is what users are told about it. What it was stands in the log.
const internalError = "internal error of the server"

// work is whom the server works for at the moment.
type work struct {
	// whose datagram or timer it is; nil while its game data is handled, which is the room's affair
	session *session
	other   *session      // whose place or name that session takes
	room    *room         // that is being changed
	pending *pendingLogin // whose timer it is
	login   loginAddr     // where a datagram came from that may be a login
	news    bool          // what waits to be told is told
}

// The types of message that change a room. A fault in one of game is the room's alone.
var (
	changeGame = setOf(wire.TypeGameData, wire.TypeGameCache)
	changeRoom = setOf(wire.TypeUserQuit, wire.TypeGameChat, wire.TypeCreateGame, wire.TypeJoinGame, wire.TypeQuitGame,
		wire.TypeKick, wire.TypeStartGame, wire.TypeReady, wire.TypeDropGame, ext.TypeCaughtUp)
)

// workOn is the work that one message of a session's is.
func (s *session) workOn(t wire.Type) work {
	switch {
	case changeGame.has(t):
		return work{room: s.room}
	case changeRoom.has(t):
		return work{session: s, room: s.room}
	}
	return work{session: s}
}

// workOn is the work that a timer's owner does.
func workOn(owner timer.Owner) work {
	switch o := owner.(type) {
	case *session:
		if o.inGame() {
			return work{session: o, room: o.room}
		}
		return work{session: o}
	case *room:
		return work{room: o}
	case *roomLines:
		return work{room: o.room}
	case *pendingLogin:
		return work{pending: o}
	case *news:
		return work{news: true}
	}
	return work{}
}

func isFault(err error) bool { return guard.Of(err) != nil }

// report counts and logs a fault, if the error is one.
func (s *Server) report(err error, attrs ...any) {
	if f := guard.Of(err); f != nil {
		s.faults.Report(f, attrs...)
	}
}

// caught is deferred around everything that the server does with its lock held.
func (s *Server) caught(now time.Time, where string) {
	if v := recover(); v != nil {
		s.recovered(now, guard.New(where, v))
	}
}

func (s *Server) recovered(now time.Time, f *guard.Fault) {
	w := s.work
	s.work = work{}
	if w.login.addr.IsValid() {
		w.pending = s.pending.find(w.login)
		if se := s.sessions[w.login.addr]; se != nil {
			w.session = se
		}
	}
	s.report(f, w.attrs()...)
	if w.room != nil {
		s.closeRoom(now, w.room)
	}
	for _, se := range []*session{w.session, w.other} {
		if se != nil {
			s.part(now, se)
		}
	}
	if w.pending != nil {
		s.dropPending(w.pending)
	}
	if w.news {
		s.news.items = nil // one of them panics, and would again
	}
	if w != (work{}) {
		s.mend(now)
	}
}

// attrs say in the log whose session or room is closed.
func (w work) attrs() (attrs []any) {
	if w.session != nil {
		attrs = append(attrs, slog.Any("addr", w.session.addr), slog.Int("user", int(w.session.id)))
	} else if w.login.addr.IsValid() {
		attrs = append(attrs, slog.Any("addr", w.login.addr))
	}
	if w.room != nil {
		attrs = append(attrs, slog.Uint64("room", uint64(w.room.id)))
	}
	return attrs
}

// closeRoom closes a room in which something has panicked.
func (s *Server) closeRoom(now time.Time, r *room) {
	if s.roomByID[r.id] == r && guard.Run("server: close a room", func() {
		for _, m := range r.members {
			m.warn(now, "The room is closed: "+internalError)
		}
		r.close(now, r.owner)
	}, nil) {
		return
	}
	r.broken = true
	s.mend(now)
	s.broadcast(now, wire.TypeCloseGame, wire.GameClosed{GameID: r.id})
}

// part ends a session in which something has panicked. A room of its lives on while others play there.
func (s *Server) part(now time.Time, se *session) {
	if se.forgotten {
		return
	}
	r := se.room
	if guard.Run("server: part with a user", func() {
		if se.loggedIn() {
			se.tell(now, "Your session ends: "+internalError)
			se.quit(now, internalError, false)
		}
		if se.failed || se.state != stateClosed {
			se.forget()
		}
	}, nil) {
		return
	}
	if r != nil {
		s.closeRoom(now, r)
	}
	se.state, se.forgotten = stateClosed, true
	s.mend(now)
	s.broadcast(now, wire.TypeUserQuit, wire.UserQuit{User: se.user, UserID: se.id, Message: internalError})
}

func (s *Server) dropPending(p *pendingLogin) {
	if s.pending.find(p.loginAddr) == p && !guard.Run("server: drop a login", func() { s.pending.remove(p) }, nil) {
		delete(s.pending.byAddr, s.pending.hash(p.loginAddr))
	}
}

// caught is deferred around what concerns this session's link alone.
func (s *session) caught(where string) {
	if v := recover(); v != nil {
		s.linkFailed(guard.New(where, v))
	}
}

func (s *session) linkFailed(f *guard.Fault) {
	s.server.report(f, work{session: s, room: s.room}.attrs()...)
	if !s.failed {
		s.failed = true
		s.server.failed = append(s.server.failed, s)
	}
}

// partWithFailed ends the sessions whose links have panicked; others may do so meanwhile.
func (s *Server) partWithFailed(now time.Time) {
	for len(s.failed) > 0 {
		se := s.failed[0]
		s.failed[0] = nil
		s.failed = s.failed[1:]
		s.part(now, se)
	}
	s.failed = nil
}
