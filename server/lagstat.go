package server

import (
	"fmt"
	"strconv"
	"time"

	"kbridge/server/limits"
)

// orderLagStat shows everybody in the room for whom the game has waited; see lagMeter.
func orderLagStat(o order) bool {
	l := &o.room.lag
	if len(l.players) == 0 {
		o.answer("No game has begun in this room yet")
		return true
	}
	now := o.now
	if !l.over.IsZero() {
		now = l.over
	}
	l.turnTo(now)
	since := min(now.Sub(l.began)-l.resetAt, (limits.LagSteps-1)*limits.LagStep+now.Sub(l.began)-l.turned)
	game := l.game.window()
	head := fmt.Sprintf("In the last %.0f s the game has waited %s for players", since.Seconds(), seconds(game.time))
	if l.ran > 0 {
		head += fmt.Sprintf(", at %.1f frames a second", 1/l.ran.Seconds())
	}
	o.tellAll("%s", head)
	var window, total []string
	for i := range l.players {
		p := &l.players[i]
		if p.connection == 0 {
			continue // it was dropped before the game began
		}
		name := fmt.Sprintf("P%d %s: ", i+1, o.from.server.clean.text(p.name))
		window = append(window, name+p.window().String())
		if p.total.time > 0 {
			total = append(total, name+p.total.String())
		}
	}
	o.tellAllList("", window)
	if all := now.Sub(l.began) - l.resetAt; all > since && len(total) > 0 {
		o.tellAllList(fmt.Sprintf("In %v in all: ", all.Round(time.Second)), total)
	}
	for i, p := range o.room.players {
		if p == nil || !o.room.running() {
			continue
		}
		if late := o.room.lateness(o.now, i); late > 0 {
			o.tellAll("The game waits for P%d %s, %s by now", i+1, p.name(), seconds(late))
		}
	}
	return true
}

func (o order) tellAllList(head string, list []string) {
	for _, line := range inLines(head, list) {
		o.tellAll("%s", line)
	}
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

// orderLagReset counts anew.
func orderLagReset(o order) bool {
	if len(o.room.lag.players) == 0 || !o.room.running() {
		o.answer("No game runs in this room")
		return true
	}
	o.room.lag.reset(o.now)
	o.tellAll("%s has lag counted anew", o.from.name())
	return true
}
