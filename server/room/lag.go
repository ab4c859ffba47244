package room

import (
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
)

// lateness is how long the game has waited for a player's own lag by now; see lagMeter.
func (r *Room) lateness(now time.Time, player int) time.Duration {
	wait := r.lag.beyond(now.Sub(r.since), player)
	if wait <= limits.LeastLag || r.frames == 0 || r.state != door.Playing || !r.mixer.Waiting().Has(player) {
		return 0
	}
	message, batches := r.mixer.Needs(player)
	return r.lag.late(now, player, message, batches, wait)
}

// inTime reports whether a player's next batch is not late, or cannot have been sent yet; whether it is waited for or
// not.
func (r *Room) inTime(now time.Time, player int) bool {
	message, batches := r.mixer.Needs(player)
	return r.lag.late(now, player, message, batches, time.Hour) == 0
}

// lagged charges a player, for whom the game has waited so long by now. When everybody is late it is the server, or its
// line, that has stood still.
func (r *Room) lagged(now time.Time, player int, late time.Duration) {
	for i, p := range r.players {
		if p != nil && i != player && r.mixer.Presence(i) == lockstep.Present && r.inTime(now, i) {
			r.lag.book(now, player, late)
			return
		}
	}
	r.lag.forgive(now, late)
}

// givenUp charges those for whom the game will wait no longer.
func (r *Room) givenUp(now time.Time) {
	var late [limits.MaxPlayers]time.Duration
	all := true
	for i, p := range r.players {
		if p != nil && r.mixer.Presence(i) == lockstep.Present {
			late[i] = r.lateness(now, i)
			all = all && !r.inTime(now, i)
		}
	}
	for i, d := range late {
		if d > 0 && !all {
			r.lag.book(now, i, d)
		}
	}
}
