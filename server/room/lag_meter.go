package room

import (
	"time"

	"kbridge/server/limits"
)

// Who was waited for, how long and how often: what /lagstat says.
//
// A player sends batch b only after it was given message m, some batches before (lockstep.Mixer.Needs); at the game's
// pace the batch comes as many batches' time after the message went out. Only what is later than that is the player's
// own lag: whoever was held up by somebody else got its message late, and so is not behind. What a player is charged
// moves the time by which its next batches are due, so that one stall is charged once. And nobody is charged for more
// than the game has really waited: an input that comes late and is not needed yet hurts nobody.
//
// The pace is the game's own: PAL games run at 50 frames a second, slow computers slower, and nobody is to blame for
// that. It is measured in steps, less what players were waited for, and the fastest step counts. A player whose inputs
// come last for nearly all frames of a slower step has slowed the game down, without a single wait that counts: that is
// its lag too.
type lagMeter struct {
	players []lagPlayer
	game    lagSums       // waits for whomever, each moment once
	began   time.Time     // of the game; the durations below are since then
	over    time.Time     // zero while it runs
	booked  time.Duration // the end of the last wait that game counts
	frame   time.Duration // the pace: one frame's; 0 while it is not known
	ran     time.Duration // one frame's in the last step
	slowest int           // connection type

	// The step that is measured: since when, since which frame, what was waited in it, and for whom the frames were
	// complete.
	from    time.Duration
	at      int
	waited  time.Duration
	last    [limits.MaxPlayers]int
	frames  int
	turn    int           // of the steps of the sums
	turned  time.Duration // when it began
	resetAt time.Duration // when the totals began
}

type lagPlayer struct {
	name       string // UTF-8
	connection int
	sent       []time.Duration // when its last messages went out, less what it had been charged by then; a ring
	charged    time.Duration
	lagSums
}

// lagSums is what was waited, in the last steps and since the last reset.
type lagSums struct {
	steps [limits.LagSteps]lagSum // a ring
	total lagSum
}

// lagSum is waits.
type lagSum struct {
	time, longest time.Duration
	waits         int
}

func (l *lagSum) add(d time.Duration, wait bool) {
	l.time += d
	if wait {
		l.waits++
		l.longest = max(l.longest, d)
	}
}

// window is the sum of the last steps.
func (l *lagSums) window() (sum lagSum) {
	for _, s := range l.steps {
		sum.time += s.time
		sum.waits += s.waits
		sum.longest = max(sum.longest, s.longest)
	}
	return sum
}

func (l *lagSums) add(turn int, d time.Duration, wait bool) {
	l.steps[turn].add(d, wait)
	l.total.add(d, wait)
}

// begin is the start of a game's play.
func (l *lagMeter) begin(now time.Time, players []*Seat, delays func(player int) int) {
	*l = lagMeter{began: now}
	for i, p := range players {
		one := lagPlayer{}
		if p != nil {
			one.name, one.connection = p.Shown, p.Connection
			one.sent = make([]time.Duration, delays(i)+limits.LagSpare)
			l.slowest = max(l.slowest, one.connection)
		}
		l.players = append(l.players, one)
	}
}

// sent takes down that a player was given its message of that number, from 1.
func (l *lagMeter) sent(now time.Time, player, message int) {
	p := &l.players[player]
	p.sent[message%len(p.sent)] = now.Sub(l.began) - p.charged
}

// beyond is how long the game has waited, since its last frame, beyond the time of one of the player's batches.
func (l *lagMeter) beyond(wait time.Duration, player int) time.Duration {
	return wait - time.Duration(l.players[player].connection)*l.pace()
}

// pace is the time of a frame. While it is not known no game is slower.
func (l *lagMeter) pace() time.Duration {
	if l.frame == 0 {
		return limits.SlowestPace
	}
	return l.frame
}

// late is how much of a wait is the player's own: its next batch needs that message, so many batches before. 0 is none.
func (l *lagMeter) late(now time.Time, player, message, batches int, wait time.Duration) time.Duration {
	p := &l.players[player]
	if message <= 0 || batches >= len(p.sent) {
		return 0
	}
	due := time.Duration(batches*p.connection) * l.pace()
	own := now.Sub(l.began) - p.charged - p.sent[message%len(p.sent)] - due
	if own <= max(limits.LeastLag, due/limits.LagShare)+time.Duration(l.slowest-1)*l.pace() {
		return 0
	}
	return min(own, wait)
}

// book charges a player with a wait that is over.
func (l *lagMeter) book(now time.Time, player int, wait time.Duration) {
	l.turnTo(now)
	l.charge(now, player, wait, true)
}

func (l *lagMeter) charge(now time.Time, player int, d time.Duration, wait bool) {
	p := &l.players[player]
	if wait {
		p.charged += d
	}
	p.add(l.turn, d, wait)
	at := now.Sub(l.began)
	if d = min(d, at-l.booked); d > 0 {
		l.booked = at
		l.game.add(l.turn, d, wait)
		if wait {
			l.waited += d
		}
	}
}

// advanced follows every frame, which a player's input has made complete; below 0 when it was not an input.
func (l *lagMeter) advanced(now time.Time, player, frames int) {
	if player >= 0 {
		l.last[player] += frames - l.frames
	}
	l.frames = frames
	if now.Sub(l.began)-l.from >= limits.LagStep {
		l.step(now)
	}
}

// step measures the pace of the last step, and begins another one.
func (l *lagMeter) step(now time.Time) {
	at := now.Sub(l.began)
	took, frames := at-l.from-l.waited, l.frames-l.at
	if frames >= limits.LeastPaced {
		l.ran = took / time.Duration(frames)
		pace := min(max(l.ran, time.Second/60), limits.SlowestPace)
		if l.frame == 0 || pace < l.frame {
			l.frame = pace
		}
		if lost := took - time.Duration(frames)*l.frame; lost > took/limits.SlowShare {
			for i, n := range l.last {
				if n > frames*limits.LastShare/100 {
					l.turnTo(now)
					l.charge(now, i, lost, false)
				}
			}
		}
	}
	l.again(now)
}

// again begins a step anew: what was before cannot be compared.
func (l *lagMeter) again(now time.Time) {
	l.from, l.at, l.waited, l.last = now.Sub(l.began), l.frames, 0, [limits.MaxPlayers]int{}
}

// forgive takes out a time in which the server itself stood still.
func (l *lagMeter) forgive(now time.Time, d time.Duration) {
	l.from = min(l.from+d, now.Sub(l.began))
	for i := range l.players {
		l.players[i].charged += d
	}
}

// turnTo forgets the steps that are older than the window.
func (l *lagMeter) turnTo(now time.Time) {
	at := now.Sub(l.began)
	for n := 0; at-l.turned >= limits.LagStep; n++ {
		if n >= limits.LagSteps { // all are empty
			l.turned = at
			return
		}
		l.turned += limits.LagStep
		l.turn = (l.turn + 1) % limits.LagSteps
		l.game.steps[l.turn] = lagSum{}
		for i := range l.players {
			l.players[i].steps[l.turn] = lagSum{}
		}
	}
}

// reset forgets what was counted, and nothing of what it takes to count.
func (l *lagMeter) reset(now time.Time) {
	l.turnTo(now)
	l.game = lagSums{}
	for i := range l.players {
		l.players[i].lagSums = lagSums{}
	}
	l.resetAt = now.Sub(l.began)
}

// end is when nobody plays any more. What was counted stays until the next game.
func (l *lagMeter) end(now time.Time) {
	if l.over.IsZero() {
		l.over = now
	}
}
