package main

import (
	"fmt"
	"time"
)

// keysOf are the keys of the machine's pad that belong to each player: two columns each (examples/chip8/netplay.c).
var keysOf = [2]uint16{0x05b7, 0xfa48}

// maxAhead is how many frames one player's reports may be ahead of the other's. In lockstep that is the frame delay and
// little more; ten minutes means that one of them has stopped reporting.
const maxAhead = 36_000

// comparison follows the reports of both players and compares their machines frame by frame. A frame is one of the
// machine, of which every call of kailleraModifyPlayValues is one, whether input came back or not.
type comparison struct {
	last    [2]frame // the latest of each
	ahead   []outcome
	leader  int // whose outcomes are in ahead
	first   [2]time.Time
	latest  [2]time.Time
	pressed [2]bool // keys of this player have reached both machines

	compared int // frames in which both were equal
	desync   *desync
}

type outcome struct {
	digest uint64
	keys   uint16
}

// desync says where the machines came apart.
type desync struct {
	frame     int
	one, two  outcome
	sameInput bool
}

func (d *desync) String() string {
	if d.sameInput {
		return fmt.Sprintf("both machines got the keys %04x, and came to the states %016x and %016x", d.one.keys,
			d.one.digest, d.two.digest)
	}
	return fmt.Sprintf("the machines got different keys, %04x and %04x", d.one.keys, d.two.keys)
}

// add takes in the next frame of a player (0 or 1).
func (c *comparison) add(player int, f frame, now time.Time) error {
	if f.number != c.last[player].number+1 {
		return fmt.Errorf("player %d reported frame %d after frame %d", player+1, f.number, c.last[player].number)
	}
	if f.number == 1 {
		c.first[player] = now
	}
	c.latest[player] = now
	c.last[player] = f

	mine := outcome{f.digest, f.keys}
	if len(c.ahead) == 0 || c.leader == player {
		if len(c.ahead) == maxAhead {
			return fmt.Errorf("player %d is %d frames ahead of the other", player+1, maxAhead)
		}
		c.leader = player
		c.ahead = append(c.ahead, mine)
		return nil
	}
	theirs := c.ahead[0]
	c.ahead = c.ahead[1:]
	if c.desync != nil {
		return nil
	}
	if mine == theirs {
		c.compared++
		for p, keys := range keysOf {
			c.pressed[p] = c.pressed[p] || f.keys&keys != 0
		}
		return nil
	}
	c.desync = &desync{frame: f.number, one: theirs, two: mine, sameInput: mine.keys == theirs.keys}
	if player == 0 {
		c.desync.one, c.desync.two = mine, theirs
	}
	return nil
}

// framesPerSecond is the rate at which a player's frames came.
func (c *comparison) framesPerSecond(player int) float64 {
	took := c.latest[player].Sub(c.first[player]).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(c.last[player].number-1) / took
}

// verdict is nil if both players played all the frames in sync. It is a *desyncError if they did not stay equal.
func (c *comparison) verdict(frames int) error {
	if c.desync != nil {
		return &desyncError{c.desync}
	}
	for p := range c.last {
		if got := c.last[p].number; got != frames {
			return fmt.Errorf("player %d played %d of %d frames", p+1, got, frames)
		}
	}
	if c.compared != frames {
		return fmt.Errorf("only %d of %d frames were compared", c.compared, frames)
	}
	for p, pressed := range c.pressed {
		if !pressed {
			return fmt.Errorf("no key of player %d has reached the machines", p+1)
		}
	}
	return nil
}

type desyncError struct{ *desync }

func (e *desyncError) Error() string { return fmt.Sprintf("DESYNC at frame %d", e.frame) }
