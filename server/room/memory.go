package room

import (
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/limits"
	"kbridge/server/pot"
	"kbridge/server/stats"
)

// What rooms can be made to keep is bounded in bytes, see package limits: each game has something of its own, which
// nobody can take from it, and what goes beyond that comes from a pot that all share. The rule is always the same: who
// takes the most gives way, and those who take what is usual never notice.

// Memory is what the games of all rooms share.
type Memory struct {
	games     pot.Pot // beyond limits.PlayerBytes for each player
	histories histories
}

// NewMemory has so many bytes for games and so many for their histories.
func NewMemory(games, recorded int) *Memory {
	return &Memory{games: pot.Pot{Size: games}, histories: histories{size: recorded}}
}

// Games is how much of the memory for games is taken, in bytes.
func (m *Memory) Games() int { return m.games.Used() }

// histories are the records of all games: so many, of so many bytes. Its lock is a leaf.
type histories struct {
	size int

	mu   sync.Mutex
	used int
	all  []*kept
}

// kept is the place of one record.
type kept struct {
	host    netip.Addr // of whoever has opened the room
	bytes   int
	givenUp atomic.Bool // the room is to throw it away
}

// add takes a place; nil when there is none, in all or for rooms that users of this host have opened. A user has one
// room. Loopback is exempt: several servers of something else may stand between.
func (h *histories) add(host netip.Addr) *kept {
	h.mu.Lock()
	defer h.mu.Unlock()
	same := 0
	for _, k := range h.all {
		if k.host == host {
			same++
		}
	}
	if len(h.all) >= limits.MaxHistories || same >= limits.MaxHostHistories && !host.IsLoopback() {
		return nil
	}
	k := &kept{host: host}
	h.all = append(h.all, k)
	return k
}

// remove gives a place back.
func (h *histories) remove(k *kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, other := range h.all {
		if other == k {
			h.used -= k.bytes
			h.all = append(h.all[:i], h.all[i+1:]...)
			return
		}
	}
}

// grow takes down that a record takes so many bytes now. When that is more than all may take, the largest are given up;
// it returns how many.
func (h *histories) grow(k *kept, bytes int) (givenUp int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used += bytes - k.bytes
	k.bytes = bytes
	for h.used > h.size {
		largest := k
		for _, other := range h.all {
			if other.bytes > largest.bytes {
				largest = other
			}
		}
		h.used -= largest.bytes
		largest.bytes = 0
		largest.givenUp.Store(true)
		givenUp++
	}
	return givenUp
}

// reserve takes the most memory that the room's game can need with inputs of so many bytes; at once, so that no game
// ends in the middle for want of it.
func (r *Room) reserve(size int) bool {
	need := r.mixer.MaxBytes(size)
	if r.history != nil {
		need += limits.HistoryFrames * size * r.mixer.Players()
	}
	return r.shared.Memory.games.Take(&r.reserved, max(need-limits.PlayerBytes*r.mixer.Players(), 0))
}

// reserveOrEnd reserves the game's memory before every batch until the size of its inputs is known. It reports false
// when there is none: then the game is over, and everybody in it is told why.
func (r *Room) reserveOrEnd(now time.Time, batch, frames int) bool {
	if batch%frames != 0 || batch/frames > lockstep.MaxFrameSize || r.reserve(batch/frames) {
		return true // what is no batch, or too large a one, is the mixer's to refuse
	}
	size := batch / frames
	r.shared.Count.Refuse(stats.RefusedMemory)
	r.shared.Logger.Warn("no memory for a game", slog.Uint64("room", uint64(r.ID)),
		slog.Int("players", r.mixer.Players()), slog.Int("size", size),
		slog.Int("reserved", r.shared.Memory.games.Used()))
	reason := "the server has no memory left for a game with inputs of " + strconv.Itoa(size) + " bytes"
	for i := 0; i < len(r.players) && r.Running(); i++ {
		if p := r.players[i]; p != nil {
			p.Expel(now, reason)
		}
	}
	return false
}

// release gives the memory of the room's game back.
func (r *Room) release() {
	r.mixer, r.history, r.frame = nil, nil, nil
	r.shared.Memory.games.Set(&r.reserved, 0)
	if r.kept != nil {
		r.shared.Memory.histories.remove(r.kept)
		r.kept, r.recorded = nil, 0
	}
}

// records reports whether all of the game's frames are recorded.
func (r *Room) records() bool {
	return r.history != nil && !r.history.Full() && !r.kept.givenUp.Load()
}

// remember adds the combined frames up to this one to the game's history.
func (r *Room) remember(frames int) {
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
	if held := r.history.Held(); held != r.recorded {
		r.recorded = held
		for range r.shared.Memory.histories.grow(r.kept, held) {
			r.shared.Count.Refuse(stats.RefusedMemory)
		}
	}
	if r.kept.givenUp.Load() {
		r.history.GiveUp()
	}
	if r.history.Full() {
		r.tooLong()
	}
}

func (r *Room) tooLong() {
	r.shared.Logger.Info("the game is too long for anybody to rejoin it", slog.Uint64("room", uint64(r.ID)),
		slog.Int("frames", r.frames))
}
