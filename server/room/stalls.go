package room

import (
	"log/slog"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/timer"
)

// A player may hold a game up for Config.Stall, at once or in parts: of the times for which the next frame waited for
// its input those above limits.LeastStall and Stall / limits.StallPart count, for limits.StallWindow × Stall. A plain
// sum would be wrong: a game at 30 frames a second or a slow computer makes everybody wait a little for each frame, all
// evening long. Only who was waited for is charged, each for its own time.

// stallRecord is how long the game has waited for one player lately.
type stallRecord struct {
	waits     [limits.StallPart]waited // a ring; more of them would be more than the Stall in sum
	newest    int
	timesAway int // how often in a row it was away, each time within the window of the one before
	lastAway  time.Time
}

// waited is one wait that counts.
type waited struct {
	end  time.Time
	time time.Duration
}

// add takes down a wait that is over.
func (l *stallRecord) add(now time.Time, wait time.Duration) {
	l.newest = (l.newest + 1) % len(l.waits)
	l.waits[l.newest] = waited{now, wait}
}

// sum is how long the waits took that ended within the window.
func (l *stallRecord) sum(now time.Time, window time.Duration) (sum time.Duration) {
	for _, w := range l.waits {
		if now.Sub(w.end) < window {
			sum += w.time
		}
	}
	return sum
}

// countAway counts one time that the player is away and reports whether it may rejoin after it.
func (l *stallRecord) countAway(now time.Time, window time.Duration) bool {
	if now.Sub(l.lastAway) >= window {
		l.timesAway = 0
	}
	l.lastAway = now
	l.timesAway++
	return l.timesAway <= limits.MaxTimesAway
}

func (r *Room) window() time.Duration { return limits.StallWindow * r.shared.Rules.Stall }

// counted is above which length a wait counts.
func (r *Room) counted() time.Duration {
	return max(r.shared.Rules.Stall/limits.StallPart, limits.LeastStall)
}

// patience is how long the next frame waits for this player: what is left of the Stall, and always so much that a
// wait that does not count is none.
func (r *Room) patience(now time.Time, player int) time.Duration {
	stall := r.shared.Rules.Stall
	return min(max(stall-r.stalls[player].sum(now, r.window()), r.counted()+time.Millisecond), stall)
}

// holdsUp reports whether the next frame has waited for this player's input so long that it counts.
func (s *Seat) holdsUp(now time.Time) bool {
	r := s.room
	return now.Sub(r.since) > r.counted() && r.state == door.Playing && r.mixer.Waiting().Has(s.player)
}

// charge takes down how long the next frame has waited for a player.
func (r *Room) charge(now time.Time, player int) {
	if wait := now.Sub(r.since); wait > r.counted() {
		r.stalls[player].add(now, wait)
	}
}

// tick drops whoever holds the game up: in netsync those who are not ready, in play those from whom the next frame
// still needs input. Who has lost the connection and may rejoin is away then.
func (r *Room) Tick(now time.Time) {
	switch r.state {
	case door.Netsync:
		r.judgeLoading(now)
	case door.Playing:
		r.judgeWaits(now)
	}
	r.schedule(now)
}

func (r *Room) judgeLoading(now time.Time) {
	if now.Before(r.since.Add(r.shared.Rules.NetsyncStall)) {
		return
	}
	for i := 0; i < len(r.players) && r.state == door.Netsync; i++ {
		if p := r.players[i]; p != nil && !p.ready {
			r.expel(now, p, r.shared.Rules.NetsyncStall)
		}
	}
	r.since = now // for the rest of them play now, or nobody does
}

func (r *Room) judgeWaits(now time.Time) {
	wait := now.Sub(r.since)
	waiting := r.mixer.Waiting()
	judged := false
	for i := 0; i < len(r.players) && r.state == door.Playing; i++ {
		p := r.players[i]
		if p == nil || !waiting.Has(i) {
			continue
		}
		verdict := r.verdict(now, p, wait)
		if verdict == waitedFor {
			continue
		}
		if !judged {
			r.givenUp(now)
		}
		if verdict == away {
			r.charge(now, i)
			p.SetAway(now)
		} else {
			r.expel(now, p, r.shared.Rules.Stall)
		}
		judged = true
	}
	if judged && r.state == door.Playing {
		for i := range r.players {
			if waiting.Has(i) && r.mixer.Waiting().Has(i) {
				r.charge(now, i) // for what follows is another wait
			}
		}
		r.since = now
		r.lag.again(now)
		r.relay(now)
	}
}

// verdict is what becomes of a player.
type verdict uint8

const (
	waitedFor verdict = iota
	away
	dropped
)

// verdict judges a player for whom the next frame has waited so long.
func (r *Room) verdict(now time.Time, p *Seat, wait time.Duration) verdict {
	rejoins, patience := p.canRejoin(), r.patience(now, p.player)
	record := &r.stalls[p.player]
	switch {
	case rejoins && wait >= r.shared.Rules.ComebackWait && p.silent(now):
	case wait < patience:
		return waitedFor
	case !rejoins:
		return dropped
	case patience < r.shared.Rules.Stall && now.Sub(p.door.Heard()) >= wait/2: // it is the line that is slow
	case p.silent(now):
		return waitedFor // until ComebackWait is over
	default:
		return dropped
	}
	if !record.countAway(now, r.window()) {
		return dropped
	}
	return away
}

// expel drops a player who has used up a patience.
func (r *Room) expel(now time.Time, p *Seat, patience time.Duration) {
	r.shared.Logger.Info("player holds up the game", append(p.attrs(), slog.Uint64("room", uint64(r.ID)))...)
	reason := "nothing came from you for " + patience.String()
	if r.state == door.Playing && now.Sub(r.since) < patience {
		reason = "the others have waited for you for " + patience.String() + " in all"
	}
	p.Expel(now, reason)
}

// schedule sets the room's timer to when somebody may have held it up too long, and to never where nobody is waited
// for: all are away, and who rejoins sets it again. While frames flow the timer is not moved: it fires, sees that, and
// moves itself.
func (r *Room) schedule(now time.Time) {
	at := time.Time{}
	switch r.state {
	case door.Netsync:
		at = r.since.Add(r.shared.Rules.NetsyncStall)
	case door.Playing:
		at = r.judgement(now, r.mixer.Waiting())
	}
	if floor := now.Add(time.Millisecond); !at.IsZero() && at.Before(floor) {
		at = floor
	}
	r.shared.Timers.Set(&r.timer, at)
}

// judgement is when the first of those who are waited for may be judged; zero when nobody is.
func (r *Room) judgement(now time.Time, waiting lockstep.PlayerSet) (at time.Time) {
	for i, p := range r.players {
		if p == nil || !waiting.Has(i) {
			continue
		}
		due := r.since.Add(r.patience(now, i))
		if away := r.since.Add(r.shared.Rules.ComebackWait); p.canRejoin() && (away.Before(due) && away.After(now) ||
			!due.After(now)) {
			due = away // it has a patience of its own
		}
		if !due.After(now) {
			due = now.Add(r.counted()) // it was judged just now, and may be otherwise then
		}
		at = timer.Earliest(at, due)
	}
	return at
}
