package room

import (
	"fmt"
	"strconv"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
)

// LagStat is for whom the last game has waited, or the one that runs, in lines for everybody to read; nil when none has
// begun.
func (r *Room) LagStat(now time.Time) (lines []string) {
	l := &r.lag
	if len(l.players) == 0 {
		return nil
	}
	then := now
	if !l.over.IsZero() {
		then = l.over
	}
	l.turnTo(then)
	since := min(then.Sub(l.began)-l.resetAt, (limits.LagSteps-1)*limits.LagStep+then.Sub(l.began)-l.turned)
	game := l.game.window()
	head := fmt.Sprintf("In the last %.0f s the game has waited %s for players", since.Seconds(), seconds(game.time))
	if l.ran > 0 {
		head += fmt.Sprintf(", at %.1f frames a second", 1/l.ran.Seconds())
	}
	lines = append(lines, head)
	var window, total []string
	for i := range l.players {
		p := &l.players[i]
		if p.connection == 0 {
			continue // it was dropped before the game began
		}
		name := fmt.Sprintf("P%d %s: ", i+1, p.name)
		window = append(window, name+p.window().String())
		if p.total.time > 0 {
			total = append(total, name+p.total.String())
		}
	}
	lines = append(lines, door.InLines("", window)...)
	if all := then.Sub(l.began) - l.resetAt; all > since && len(total) > 0 {
		lines = append(lines, door.InLines(fmt.Sprintf("In %v in all: ", all.Round(time.Second)), total)...)
	}
	for i, p := range r.players {
		if p == nil || !r.Running() {
			continue
		}
		if late := r.lateness(now, i); late > 0 {
			lines = append(lines, fmt.Sprintf("The game waits for P%d %s, %s by now", i+1, p.Shown, seconds(late)))
		}
	}
	return lines
}

// LagReset counts anew; false when no game runs.
func (r *Room) LagReset(now time.Time) bool {
	if len(r.lag.players) == 0 || !r.Running() {
		return false
	}
	r.lag.reset(now)
	return true
}

// String is the time, and of how many waits it is.
func (l lagSum) String() string {
	text := seconds(l.time)
	switch l.waits {
	case 0:
		return text
	case 1:
		return text + " in 1 wait"
	}
	return text + " in " + strconv.Itoa(l.waits) + " waits, the longest " + seconds(l.longest)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }
