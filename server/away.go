package server

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
)

// A player of our own client's who loses the connection in a game keeps its seat
// for a while. The others wait for it a little, then it is away: zeros stand for its
// input. When it is heard again, or when its emulator was started again and has rejoined
// with the old session's ticket, it fetches the frames that it lacks from the game's
// history and asks for game data again: it is catching up. From its first input that
// comes in time it is present, and the game waits for it as before.

// mayRejoin reports whether the game that starts now keeps a history: somebody in it could use it, and there is a
// place. A game of one player keeps none, since nobody waits there: who loses the line in it has it back within Stall,
// or begins anew.
func (r *room) mayRejoin() bool {
	return r.server.cfg.Comeback > 0 && len(r.members) > 1 && r.historyFits() &&
		slices.ContainsFunc(r.members, func(m *session) bool { return m.proven })
}

// historyFits reports whether one more game may keep a history: in all, and of rooms that users of the owner's host
// have opened. A user has one room. Loopback is exempt: several servers of something else may stand between.
func (r *room) historyFits() bool {
	kept, same := 0, 0
	for _, other := range r.server.rooms {
		if other.history != nil && other != r {
			kept++
			if other.host == r.host {
				same++
			}
		}
	}
	return kept < limits.MaxHistories && (same < limits.MaxHostHistories || r.host.IsLoopback())
}

// mayRejoin reports whether the player can get the frames that it will lack.
func (s *session) mayRejoin() bool {
	return s.proven && s.room != nil && s.room.history != nil && !s.room.history.Full()
}

// silent reports whether a player has lost the connection, rather than being slow.
func (s *session) silent(now time.Time) bool {
	return now.Sub(s.link.LastReceived()) >= min(s.server.cfg.Stall, s.server.cfg.ComebackWait)/2
}

// presence is where the player stands in its game; Present outside of one.
func (s *session) presence() lockstep.Presence {
	if s.state != statePlaying {
		return lockstep.Present
	}
	return s.room.mixer.Presence(s.player)
}

// patience is how long the session may be silent.
func (s *session) patience() time.Duration {
	if s.presence() != lockstep.Present || s.noAddress {
		return max(s.server.cfg.Comeback, 0)
	}
	return s.server.cfg.KeepAlive
}

// remember adds the combined frames up to this one to the game's history.
func (r *room) remember(frames int) {
	if r.history == nil || r.history.Full() {
		return
	}
	if r.frame == nil || len(r.frame) != r.mixer.FrameSize() {
		r.frame = make([]byte, r.mixer.FrameSize())
	}
	for f := r.frames; f < frames; f++ {
		if !r.mixer.Frame(r.frame, f) {
			break // nobody takes frames, so nobody will miss them
		}
		r.history.Add(r.frame)
	}
	r.recordedMore()
}

// setAway makes a player away. The others are told, and old clients see no more
// of it than that.
func (s *session) setAway(now time.Time) {
	r := s.room
	r.mixer.SetAway(s.player)
	s.tellAway(now)
	s.warnOthers(now, fmt.Sprintf("%s has lost the connection. The game goes on; %s can rejoin within %v",
		s.server.clean.text(s.user), s.server.clean.text(s.user), s.server.cfg.Comeback))
	s.server.cfg.Logger.Info("player is away", append(s.attrs(), slog.Uint64("room", uint64(r.id)),
		slog.Int("frame", r.frames))...)
}

func (s *session) warnOthers(now time.Time, text string) {
	for _, m := range s.room.members {
		if m != s {
			m.warn(now, text)
		}
	}
}

// tellAway tells a player who is away where it stands, so that it fetches what it lacks.
func (s *session) tellAway(now time.Time) {
	r := s.room
	s.toldAway = s.send(now, ext.TypeBehind, ext.Behind{
		GameID: r.id, Game: r.game, FrameDelay: uint16(r.mixer.FrameDelay(s.player)), Player: uint8(s.player + 1),
		Players:    uint8(len(r.players)),
		Connection: s.connection, Size: uint16(r.mixer.Size()), Loading: r.state == wire.GameNetsync,
	})
}

// sendHistory answers a request for a part of the game's frames so far.
func (s *session) sendHistory(now time.Time, q ext.HistoryRequest) {
	sv := s.server
	if s.presence() != lockstep.Away || !s.mayRejoin() || !s.histories.Allow(now, limits.HistoryRate) {
		sv.countRefused(RefusedHistory)
		return
	}
	h := s.room.history
	h.Flush()
	s.link.Heard(now)
	s.touch()
	// The player's own leading zeros stand before what is everybody's.
	lead := s.room.mixer.Lead(s.player)
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
		sv.write(sv.conn, s.local, s.addr, part.AppendTo(sv.out[:0]))
		part.Offset += uint32(len(part.Data))
		if part.Offset == part.Total {
			return
		}
	}
}

// catchUp gives a player who is away game data again, or tells it to fetch more.
func (s *session) catchUp(now time.Time, c ext.CaughtUp) {
	r := s.room
	if s.presence() != lockstep.Away {
		return
	}
	s.link.Prove(now, s.toldAway)
	s.forgetFormer()
	have := r.mixer.Have(s.player)
	if !r.mixer.CatchUp(s.player, int(min(c.Frames, 1<<30)), int(min(c.Calls, 1<<30)), int(c.Size)) {
		s.tellAway(now)
		return
	}
	s.notePresent(now, lockstep.Away, have)
	// Game messages are counted from 1 again.
	s.setPhase(now, link.Netsync)
	s.setPhase(now, link.Play)
	r.relay(now)
}

// notePresent follows CaughtUp and every input: if the player was not present before it,
// with have frames of the game holding its part, and is now, the game waits for it again.
func (s *session) notePresent(now time.Time, was lockstep.Presence, have int) {
	m := s.room.mixer
	if was == lockstep.Present || m.Presence(s.player) != lockstep.Present {
		return
	}
	first := m.InFrom(s.player)
	batch := first + max(m.Received(s.player)-1, 0)*s.connection.Frames()
	s.send(now, ext.TypeInStep, ext.InStep{Frame: uint32(max(have, batch)), First: uint32(first)})
	s.room.since = now
	s.room.lag.again(now)
	s.room.schedule(now)
	s.warnOthers(now, s.server.clean.text(s.user)+" has rejoined the game")
	s.server.cfg.Logger.Info("player is present again", append(s.attrs(), slog.Uint64("room", uint64(s.room.id)),
		slog.Int("frame", max(have, batch)))...)
}

// seatIsKept reports whether the session's player can rejoin with its ticket, so that nobody else may have its name.
func (s *session) seatIsKept() bool {
	return s.inGame() && s.proven && s.server.cfg.Comeback > 0 && (s.state == stateNetsync || s.mayRejoin())
}
