package main

import (
	"context"
	"fmt"
	"time"
)

// restartAfter is how long after its death the second player's emulator is started again.
const restartAfter = time.Second

// crash is the death of player 2 in mid-game, and its return.
type crash struct {
	at       time.Time // when it was killed; zero before
	restart  <-chan time.Time
	returned bool
	before   []outcome // its frames before, which the new emulator must run again
	frame    int       // of these, that it has run again
}

// under reports whether it is dead just now.
func (c *crash) under() bool { return !c.at.IsZero() && !c.returned }

// kill ends player 2's emulator as a crash does: without a word to anybody.
func (g *game) kill() {
	g.crash.at = time.Now()
	g.crash.restart = time.After(restartAfter)
	_ = g.players[1].Process().Kill()
}

// comeBack starts the emulator again, as a person would.
func (g *game) comeBack(ctx context.Context) error {
	<-g.players[1].Done()
	g.crash.returned, g.crash.restart = true, nil
	return g.startPlayer(ctx, 1)
}

// follow keeps what player 2 has run, and compares it with what its new emulator
// runs again; again says that the frame is one of those.
func (c *crash) follow(r report) (again bool, err error) {
	if r.player != 1 {
		return false, nil
	}
	mine := outcome{r.frame.digest, r.frame.keys}
	if !c.returned {
		c.before = append(c.before, mine)
		return false, nil
	}
	c.frame++
	if c.frame > len(c.before) {
		return false, nil
	}
	if r.frame.number != c.frame || mine != c.before[c.frame-1] {
		return true,
			fmt.Errorf("after its return player 2 ran frame %d differently from before: %016x with keys %04x, then %016x with keys %04x",
				c.frame, c.before[c.frame-1].digest, c.before[c.frame-1].keys, mine.digest, mine.keys)
	}
	return true, nil
}
