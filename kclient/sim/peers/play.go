package peers

import (
	"fmt"
	"time"

	"kbridge/kclient/wire"
)

// netsyncPatience is how long n02 waits in netsync.
const netsyncPatience = 120 * time.Second

// frameTime is one frame at 60 frames a second.
const frameTime = time.Second / 60

// Begin waits for the start of a game, loads it, and waits until everybody has.
func (c *Client) Begin() error {
	if err := c.await(5*time.Minute, func() bool { return c.stage >= inNetsync || c.told != nil }); err != nil {
		return fmt.Errorf("waiting for the start: %w", err)
	}
	time.Sleep(c.opts.Loads)
	if err := c.netsync(); err != nil {
		return fmt.Errorf("%s in netsync: %w", c.Name(), err)
	}
	return nil
}

// Play begins a game and plays it as an emulator does: one frame
// every 1/60 s, each with an input of size bytes from input, until so many combined
// frames have come back; then it stays in the game, Drop ends it. The error is
// nil when all frames came, else how the game was lost: by the client's own rules, or
// ErrDropped, ErrRoomClosed.
func (c *Client) Play(size, frames int, input func(frame int, b []byte)) error {
	if err := c.Begin(); err != nil {
		return err
	}
	values := make([]byte, size*c.Players())
	next := time.Now()
	for f := 0; len(c.Frames()) < frames; f++ {
		if now := time.Now(); next.After(now) {
			time.Sleep(next.Sub(now))
		} else {
			next = now
		}
		next = next.Add(frameTime)
		clear(values)
		input(f, values[:size])
		if _, err := c.Exchange(values, size); err != nil {
			return fmt.Errorf("%s after %d frames: %w", c.Name(), len(c.Frames()), err)
		}
	}
	return c.Err()
}

// Players is how many play in the game that has begun.
func (c *Client) Players() int { return int(c.Started().Players) }

// Drop ends the game for this player; it stays in the room.
func (c *Client) Drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

func (c *Client) drop() {
	if c.stage < inNetsync {
		return
	}
	c.send(wire.TypeDropGame, make([]byte, 1+c.rules.dropBytes))
	c.stage = inRoom
	// What has arrived is read by the lobby from now on.
	for _, d := range c.arrived {
		c.datagram(d)
	}
	c.arrived = nil
	for {
		m := c.next()
		if m == nil {
			break
		}
		c.handle(m)
	}
	c.change()
}

// netsync tells the server that the game is loaded, and waits until everybody is. n02
// handles one message per arriving datagram here and never asks again.
func (c *Client) netsync() error {
	c.mu.Lock()
	if c.stage == inNetsync {
		c.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
	}
	c.mu.Unlock()
	for begun := time.Now(); ; {
		c.mu.Lock()
		for c.stage == inNetsync && len(c.arrived) > 0 {
			c.socket()
			for m := c.next(); m != nil; m = c.next() {
				if m.Type == wire.TypeReady {
					c.stage = inPlay
					break
				}
				c.handle(m)
				if c.rules.oneInNetsync || c.stage != inNetsync {
					break
				}
			}
		}
		stage, told, err, changed := c.stage, c.told, c.err(), c.changed
		c.mu.Unlock()
		switch {
		case stage == inPlay:
			return nil
		case told != nil:
			return told
		case time.Since(begun) >= netsyncPatience:
			c.mu.Lock()
			c.lose(fmt.Errorf("netsync: %w", ErrGaveUp))
			c.drop() // the emulator ends the game
			err = c.err()
			c.mu.Unlock()
			return err
		case err != nil && !c.stalled():
			return err
		}
		wait(changed, netsyncPatience-time.Since(begun))
	}
}

// stalled: a hole does not end n02, it waits on.
func (c *Client) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault == nil && c.lost == ErrHole
}

// socket reads one datagram; under the lock.
func (c *Client) socket() {
	d := c.arrived[0]
	c.arrived = c.arrived[1:]
	c.datagram(d)
}

// Exchange is one kailleraModifyPlayValues: values begins with this player's input of size bytes, and has room for one
// of every player. It returns 0 with values untouched in the frame delay, else the length of the combined frame, which
// stands in values then.
//
// While it waits for a frame it looks for datagrams, and sends its last messages again from time to time, see
// [ClientEnd].
func (c *Client) Exchange(values []byte, size int) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != inPlay {
		return 0, c.ended()
	}
	out, full, err := c.batcher.Collect(values[:size])
	if err != nil {
		return 0, fmt.Errorf("%w: the model's own fault: %w", ErrClosed, err)
	}
	switch {
	case full && out.Cached && c.rules.caches:
		c.send(wire.TypeGameCache, wire.AppendGameCache(nil, out.Position))
	case full: // n02 sends only 12
		c.send(wire.TypeGameData, wire.AppendGameData(nil, out.Payload))
	}
	c.end.Wait()
	for {
		// One message for each round of the loop.
		if len(c.arrived) > 0 {
			c.socket()
		}
		if m := c.next(); m != nil {
			c.gameMessage(m)
		}
		if c.stage != inPlay {
			return 0, c.ended()
		}
		if err := c.err(); err != nil && c.lost != ErrHole {
			return 0, err
		}
		if n, ok := c.batcher.Next(values); ok {
			if n > 0 {
				c.frames = append(c.frames, append([]byte(nil), values[:n]...))
			}
			return n, nil
		}
		now := time.Now()
		again, gaveUp := c.end.Look(now)
		c.write(again)
		if gaveUp != nil {
			c.lose(fmt.Errorf("waiting for a frame: %w", gaveUp))
			c.drop()
			return 0, c.err()
		}
		if len(c.arrived) > 0 || c.end.Held() > 0 && c.lost == nil {
			continue
		}
		changed := c.changed
		c.mu.Unlock()
		wait(changed, c.end.NextLook(now))
		c.mu.Lock()
	}
}

// ended is how the game ended that is not played any more; under the lock.
func (c *Client) ended() error {
	if c.told != nil {
		return c.told
	}
	return ErrClosed
}

// gameMessage is a message inside the game's loop; under the lock.
func (c *Client) gameMessage(m *Message) {
	var err error
	switch m.Type {
	case wire.TypeGameData:
		var payload []byte
		if payload, err = wire.ParseGameData(m.Body); err == nil {
			err = c.batcher.Receive(payload)
		}
	case wire.TypeGameCache:
		var pos uint8
		if pos, err = wire.ParseGameCache(m.Body); err == nil {
			err = c.batcher.ReceiveCached(pos)
		}
	default:
		c.handle(m)
	}
	if err != nil {
		c.blame(fmt.Errorf("%w: %v after %d messages: %w", ErrProtocol, m.Type, c.batcher.Messages(), err))
	}
}

// wait waits for a change, for so long at most.
func wait(changed <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(max(limit, 0))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
