package kaillera

import (
	"io"
	"net/netip"
	"time"

	"kbridge/kclient/wire/ext"
	"kbridge/server/stats"
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
	s.tickets.set(se.ticket.ID, se)
}

func (s *Server) takeTicket(se *session) {
	s.tickets.remove(se.ticket.ID, se)
	se.forgetFormer()
}

// receiveExtension handles a datagram that only our own client sends. Whatever
// cannot be right is dropped without an answer and leaves nothing behind.
func (s *Server) receiveExtension(now time.Time, from netip.AddrPort, local netip.Addr, datagram []byte) {
	if m, ok := ext.ParseMove(datagram); ok {
		if se := s.tickets.find(m.ID); se != nil {
			took := false
			s.withLobby(now, "server: datagram", se, func() {
				took = m.Counter >= se.moves && ext.ProvesMove(datagram, se.ticket) &&
					se.receiveMove(now, from, local, m)
			})
			if took {
				return
			}
		}
	} else if r, ok := ext.ParseHistoryRequest(datagram); ok {
		if se := s.tickets.find(r.ID); se != nil && s.askedForHistory(now, from, se, r) {
			return
		}
	}
	s.countRefused(stats.RefusedStray)
}

// askedForHistory reports whether the session that is asked of is at this address.
func (s *Server) askedForHistory(now time.Time, from netip.AddrPort, se *session, q ext.HistoryRequest) bool {
	r := se.room.Load()
	if r == nil {
		return false
	}
	r.Lock.Lock()
	defer r.Lock.Unlock(now)
	if se.room.Load() != r || !se.isAt(from) {
		return false
	}
	defer s.caughtInRoom("server: history", work{session: se}, r)
	se.sendHistory(now, q)
	return true
}

// isAt reports whether the session is at this address. One without an address is nowhere, whatever address it had.
func (s *session) isAt(a netip.AddrPort) bool { return s.addr == a && !s.noAddress }
