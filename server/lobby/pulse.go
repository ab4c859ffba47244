package lobby

import (
	"time"

	"kbridge/server/limits"
	"kbridge/server/timer"
)

// pulse wakes the server once a second while games run, so that a standstill is noticed, and how long it was: whoever
// waits for the timers wakes much later than it wanted to.
type pulse struct {
	lobby *Lobby
	timer timer.Timer
}

// Tick is for whoever has the lobby's lock.
func (p *pulse) Tick(now time.Time) {
	if p.lobby.games(now) > 0 {
		p.lobby.Timers.Set(&p.timer, now.Add(limits.PulseEvery))
	}
}

// begin is called when a room has changed: a game may have started.
func (p *pulse) begin(now time.Time) {
	if !p.lobby.Timers.IsSet(&p.timer) {
		p.lobby.Timers.Set(&p.timer, now.Add(limits.PulseEvery))
	}
}

// Forgive takes a time in which the server stood still out of what games have waited for players.
func (l *Lobby) Forgive(now time.Time, stood time.Duration) {
	for _, r := range l.rooms {
		l.in(now, r.Room, func() { r.Forgive(now, stood) })
	}
}
