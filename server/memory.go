package server

import (
	"log/slog"
	"strconv"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/limits"
)

// What peers can make the server keep is bounded in bytes, see package limits: each session and each game has something
// of its own, which nobody can take from it, and what goes beyond that comes from a pot that all share. What happens
// when a pot is empty is decided here. The rule is always the same: who takes the most gives way, and those who take
// what is usual never notice.

// pot is bytes that many share.
type pot struct{ used, size int }

// take changes what somebody has of the pot, held, to n bytes. It reports false, and changes nothing, when there is not
// that much left.
func (p *pot) take(held *int, n int) bool {
	if n > *held && p.used+n-*held > p.size {
		return false
	}
	p.set(held, n)
	return true
}

// set is take for memory that is taken already. Whoever calls it looks whether the pot is overdrawn.
func (p *pot) set(held *int, n int) {
	p.used += n - *held
	*held = n
}

func (p *pot) overdrawn() bool { return p.used > p.size }

// memory is the server's pots.
type memory struct {
	games     pot // beyond limits.PlayerBytes for each player
	links     pot // beyond limits.LinkBytes for each user, limits.StrangerLinkBytes for each other session
	histories pot
}

// newMemory is for a server of so many users: what the default has is for the default's.
func newMemory(users int) memory {
	hundreds := max((users+limits.DefaultMaxUsers-1)/limits.DefaultMaxUsers, 1)
	return memory{
		games:     pot{size: hundreds * limits.MaxGameBytes},
		links:     pot{size: hundreds * limits.MaxLinkBytes},
		histories: pot{size: hundreds * limits.MaxHistoryBytes},
	}
}

// reserve takes the most memory that the room's game can need with inputs of so many bytes; at once, so that no game
// ends in the middle for want of it.
func (r *room) reserve(size int) bool {
	need := r.mixer.MaxBytes(size)
	if r.history != nil {
		need += limits.HistoryFrames * size * r.mixer.Players()
	}
	return r.server.memory.games.take(&r.reserved, max(need-limits.PlayerBytes*r.mixer.Players(), 0))
}

// reserveOrEnd reserves the game's memory before every batch until the size of its inputs is known. It reports false
// when there is none: then the game is over, and everybody in it is told why.
func (r *room) reserveOrEnd(now time.Time, batch, frames int) bool {
	if batch%frames != 0 || batch/frames > lockstep.MaxFrameSize || r.reserve(batch/frames) {
		return true // what is no batch, or too large a one, is the mixer's to refuse
	}
	sv, size := r.server, batch/frames
	sv.countRefused(RefusedMemory)
	sv.cfg.Logger.Warn("no memory for a game", slog.Uint64("room", uint64(r.id)),
		slog.Int("players", r.mixer.Players()),
		slog.Int("size", size), slog.Int("reserved", sv.memory.games.used))
	reason := "the server has no memory left for a game with inputs of " + strconv.Itoa(size) + " bytes"
	for i := 0; i < len(r.players) && r.running(); i++ {
		if p := r.players[i]; p != nil {
			p.expel(now, reason)
		}
	}
	return false
}

// release gives the memory of the room's game back.
func (r *room) release() {
	r.mixer, r.history, r.frame = nil, nil, nil
	r.server.memory.games.set(&r.reserved, 0)
	r.server.memory.histories.set(&r.recorded, 0)
}

// recordedMore accounts for the room's history, which has grown. When that is more than all histories may take, the
// largest of them is given up: its game goes on, and nobody can rejoin it.
func (r *room) recordedMore() {
	m := &r.server.memory.histories
	m.set(&r.recorded, r.history.Held())
	if r.history.Full() {
		r.tooLong()
	}
	for m.overdrawn() {
		largest := r
		for _, other := range r.server.rooms {
			if other.recorded > largest.recorded {
				largest = other
			}
		}
		r.server.countRefused(RefusedMemory)
		largest.history.GiveUp()
		m.set(&largest.recorded, 0)
		largest.tooLong()
	}
}

func (r *room) tooLong() {
	r.server.cfg.Logger.Info("the game is too long for anybody to rejoin it", slog.Uint64("room", uint64(r.id)),
		slog.Int("frames", r.frames))
}

// heldMore accounts for what the session's link keeps.
func (s *session) heldMore() {
	n := 0
	if s.link != nil && !s.forgotten {
		own := limits.StrangerLinkBytes
		if s.loggedIn() {
			own = limits.LinkBytes
		}
		n = max(s.link.Held()-own, 0)
	}
	s.server.memory.links.set(&s.held, n)
}

// relieve ends the sessions that keep the most while links keep more than they may in all. That is always somebody who
// has long not confirmed what it was sent: of one who has, no more is kept than is under way. Forgetting messages
// instead would help nobody, since clients wait for a missing one for ever.
func (s *Server) relieve(now time.Time) {
	for s.memory.links.overdrawn() {
		var largest *session
		for _, se := range s.sessions {
			if largest == nil || se.held > largest.held || se.held == largest.held &&
				se.addr.Compare(largest.addr) < 0 {
				largest = se
			}
		}
		if largest == nil || largest.held == 0 {
			return
		}
		largest.unburden(now)
		s.flushTouched(now)
	}
}

// unburden ends a session and what its link keeps. The others are told; it cannot be, behind so much that it did not
// take.
func (s *session) unburden(now time.Time) {
	s.server.countRefused(RefusedMemory)
	s.server.cfg.Logger.Warn("client has not confirmed what it was sent", append(s.attrs(), slog.Int("bytes", s.held),
		slog.Int("messages", s.link.Unproven()))...)
	switch {
	case s.state == stateLogin:
		s.forget()
		return
	case s.loggedIn():
		s.quit(now, "did not confirm what it was sent", false)
	}
	s.closeAt = now
	s.link = nil
	s.heldMore()
	s.server.timers.Set(&s.timer, s.closeAt.Add(limits.Tombstone))
}
