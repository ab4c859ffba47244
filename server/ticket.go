package server

import (
	"io"
	"net/netip"
	"time"

	"kbridge/kclient/wire/ext"
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
	se.forgetFormer()
}

// receiveExtension handles a datagram that only our own client sends. Whatever
// cannot be right is dropped without an answer and leaves nothing behind.
func (s *Server) receiveExtension(now time.Time, from netip.AddrPort, local netip.Addr, datagram []byte) {
	if m, ok := ext.ParseMove(datagram); ok {
		se := s.byTicket[m.ID]
		s.work.session = se
		if se != nil && m.Counter >= se.moves && ext.ProvesMove(datagram, se.ticket) && se.receiveMove(now, from, local,
			m) {
			return
		}
	} else if r, ok := ext.ParseHistoryRequest(datagram); ok {
		if se := s.byTicket[r.ID]; se != nil && se.isAt(from) {
			s.work.session = se
			se.sendHistory(now, r)
			return
		}
	}
	s.countRefused(RefusedStray)
}

// isAt reports whether the session is at this address. One without an address is nowhere, whatever address it had.
func (s *session) isAt(a netip.AddrPort) bool { return s.addr == a && !s.noAddress }
