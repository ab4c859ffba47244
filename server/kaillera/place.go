package kaillera

import (
	"net/netip"
	"time"

	"kbridge/server/room"
	"kbridge/server/timer"
)

// How what comes for a session finds the lock that guards it. Where the session is may change until that lock is held,
// so it is looked at again then; and what turns out to need the lobby's lock, for the session is in a room, is done
// after the room's was given back.

// inLobby does something with the lobby's lock held, and sees to whatever panics in it: w is who is blamed. It reports
// whether nothing did.
func (s *Server) inLobby(now time.Time, where string, w work, do func()) (well bool) {
	s.lobby.Lock.Lock()
	defer s.lobby.Unlock(now)
	return s.try(now, where, w, do)
}

// withLobby does something with a session and the locks of the lobby and of its room held, unless it is nobody's any
// more.
func (s *Server) withLobby(now time.Time, where string, se *session, do func()) {
	s.inLobby(now, where, work{session: se}, func() {
		s.lobby.Hold(se.room.Load())
		if !se.forgotten {
			do()
		}
	})
}

// toSession handles a datagram of the session's address. It reports false when the session is somewhere else by now, or
// nowhere.
func (s *Server) toSession(now time.Time, se *session, from netip.AddrPort, local netip.Addr, datagram []byte) bool {
	if r := se.room.Load(); r != nil {
		switch s.receiveInRoom(now, se, r, from, local, datagram) {
		case done:
			return true
		case needsLobby: // for what the datagram has brought
			s.withLobby(now, "server: datagram", se, func() { se.deliver(now, true) })
			return true
		}
	}
	took := false
	s.inLobby(now, "server: datagram", work{session: se, login: loginAddr{from, local}}, func() {
		if s.sessions.find(from) == se && !se.forgotten {
			took = true
			s.lobby.Hold(se.room.Load())
			se.receive(now, local, datagram, true)
		}
	})
	return took
}

// outcome is what has become of something that was tried with a room's lock alone.
type outcome uint8

const (
	done       outcome = iota
	needsLobby         // what is left of it needs the lobby's lock, too
	elsewhere          // nothing was done: the session is not there, or all of it needs the lobby's lock
)

// receiveInRoom handles a datagram of a session that is in a room, with the room's lock alone.
func (s *Server) receiveInRoom(now time.Time, se *session, r *room.Room, from netip.AddrPort, local netip.Addr,
	datagram []byte) (o outcome) {
	r.Lock.Lock()
	defer r.Lock.Unlock(now)
	if se.room.Load() != r || se.addr != from || se.doubt.open() || isLoneLogin(datagram) {
		return elsewhere
	}
	defer s.caughtInRoom("server: datagram", work{session: se}, r)
	if !se.receive(now, local, datagram, false) {
		return needsLobby
	}
	return done
}

// wakeSession has a session do what the time has come for.
func (s *Server) wakeSession(now time.Time, se *session) {
	if r := se.room.Load(); r != nil && s.wakeInRoom(now, se, r) {
		return
	}
	s.withLobby(now, "server: timer", se, func() { se.tick(now, true) })
}

func (s *Server) wakeInRoom(now time.Time, se *session, r *room.Room) (well bool) {
	r.Lock.Lock()
	defer r.Lock.Unlock(now)
	if se.room.Load() != r {
		return false
	}
	defer s.caughtInRoom("server: timer", work{session: se, room: r}, r)
	return se.tick(now, false)
}

// wakeRoom has a room do what the time has come for.
func (s *Server) wakeRoom(now time.Time, r *room.Room, owner timer.Owner) {
	r.Lock.Lock()
	defer r.Lock.Unlock(now)
	defer s.caughtInRoom("server: timer", work{room: r}, r)
	owner.Tick(now)
}
