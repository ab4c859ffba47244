package server

import (
	"io"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
)

// giveTicket makes a session one between our own two ends: its client has
// returned the nonce of the first 05. It gets its ticket with the second.
func (s *Server) giveTicket(se *session) {
	if _, err := io.ReadFull(s.cfg.Random, se.ticket.ID[:]); err != nil {
		return // it stays an ordinary session
	}
	if _, err := io.ReadFull(s.cfg.Random, se.ticket.Key[:]); err != nil {
		return
	}
	se.proven = true
	se.ticket.Comeback = max(s.cfg.Comeback, 0)
	s.byTicket[se.ticket.ID] = se
}

func (s *Server) takeTicket(se *session) {
	if s.byTicket[se.ticket.ID] == se {
		delete(s.byTicket, se.ticket.ID)
	}
}

// receiveExtension handles a datagram that only our own client sends. Whatever
// cannot be right is dropped without an answer and leaves nothing behind.
func (s *Server) receiveExtension(now time.Time, from netip.AddrPort, datagram []byte) {
	if id, counter, ok := wire.ParseMove(datagram); ok {
		se := s.byTicket[id]
		if se != nil && counter >= se.moves && wire.ProvesMove(datagram, se.ticket) && se.move(now, from, counter) {
			return
		}
	} else if r, ok := wire.ParseHistoryRequest(datagram); ok {
		if se := s.byTicket[r.ID]; se != nil && se.addr == from {
			se.sendHistory(now, r)
			return
		}
	}
	s.countRefused(RefusedStray)
}

// move takes the session to the address that a Move came from, and tells the
// client that it is heard. A copy of the last Move is answered where it
// led to, and moves nothing.
func (s *session) move(now time.Time, to netip.AddrPort, counter uint32) bool {
	sv := s.server
	if to != s.addr {
		if counter == s.moves || to.Port() == 0 {
			return false
		}
		if there := sv.sessions[to]; there != nil {
			if there.loggedIn() {
				return false // whoever that is has proven to be there, too
			}
			there.forget()
		}
		sv.cfg.Logger.Info("a client has moved", append(s.attrs(), slog.Any("to", to))...)
		sv.releaseHost(s)
		delete(sv.sessions, s.addr)
		s.addr = to
		sv.sessions[to] = s
	}
	s.moves = counter
	s.link.Heard(now)
	sv.write(sv.conn, to, wire.AppendMoved(sv.out[:0], s.ticket, counter))
	s.touch()
	return true
}
