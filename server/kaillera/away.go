package kaillera

import (
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// patience is how long the session may be silent.
func (s *session) patience() time.Duration {
	if s.noAddress {
		return max(s.server.cfg.Comeback, 0)
	}
	if seat := s.seat(); seat != nil && seat.Presence() != lockstep.Present {
		return max(s.server.cfg.Comeback, 0)
	}
	return s.server.cfg.KeepAlive
}

// sendHistory answers a request for a part of the frames so far of the game that the player is away from.
func (s *session) sendHistory(now time.Time, q ext.HistoryRequest) {
	sv := s.server
	seat := s.seat()
	if seat == nil {
		sv.countRefused(stats.RefusedHistory)
		return
	}
	h, lead := seat.History()
	if h == nil || !s.user.AllowHistory(now) {
		sv.countRefused(stats.RefusedHistory)
		return
	}
	h.Flush()
	s.link.Heard(now)
	s.touch()
	// The player's own leading zeros stand before what is everybody's.
	zeros := history.AppendZeroFrames(nil, lead)
	part := ext.History{Offset: q.Offset, Total: uint32(len(zeros) + h.Bytes()), Frames: uint32(lead + h.Frames())}
	if q.Offset > part.Total {
		return
	}
	for range min(max(q.Count, 1), limits.MaxHistoryParts) {
		if at := int(part.Offset); at < len(zeros) {
			part.Data = zeros[at:]
		} else {
			part.Data = h.At(at-len(zeros), ext.MaxHistory)
		}
		p := s.place()
		p.Out = part.AppendTo(p.Out[:0])
		sv.write(sv.conn, s.local, s.addr, p.Out)
		part.Offset += uint32(len(part.Data))
		if part.Offset == part.Total {
			return
		}
	}
}

// handleCaughtUp gives a player who is away game data again, or tells it to fetch more.
func (s *session) handleCaughtUp(now time.Time, c ext.CaughtUp) {
	seat := s.seat()
	if seat.Presence() != lockstep.Away {
		return
	}
	s.link.Prove(now, s.toldAway)
	s.forgetFormer()
	if !seat.CatchUp(now, int(min(c.Frames, 1<<30)), int(min(c.Calls, 1<<30)), int(c.Size)) {
		return
	}
	// Game messages are counted from 1 again.
	s.setPhase(now, link.Netsync)
	s.setPhase(now, link.Play)
	seat.Resume(now)
}
