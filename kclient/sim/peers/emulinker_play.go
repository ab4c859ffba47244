package peers

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kbridge/kclient/wire"
)

// actionQueue is what one player has sent, and how far each player has read it.
type actionQueue struct {
	synced bool
	data   []byte
	heads  []int // by reader
	timed  int   // SF: the last time-out of it that was counted
}

// bufferK is how much of a player's input EmuLinker-K keeps, in bytes: the rest is thrown away at its old end.
const bufferK = 1024

func (q *actionQueue) restart() {
	q.synced, q.data, q.timed = true, nil, 0
	clear(q.heads)
}

func (q *actionQueue) size(reader int) int { return len(q.data) - q.heads[reader] }

func (q *actionQueue) add(b []byte, limit int) {
	if !q.synced {
		return
	}
	q.data = append(q.data, b...)
	q.timed = 0
	cut := slices.Min(q.heads)
	if limit > 0 {
		cut = max(cut, len(q.data)-limit)
	} else if cut < 4096 {
		return // nobody sees when
	}
	q.data = q.data[cut:]
	for i := range q.heads {
		q.heads[i] = max(q.heads[i]-cut, 0)
	}
}

func (q *actionQueue) read(reader int, dst []byte) {
	q.heads[reader] += copy(dst, q.data[q.heads[reader]:])
}

// gameData takes a player's next batch. The first totalDelay ones are answered with zeros and kept; then, as long as
// some of those are left, they are played instead of what comes, which is thrown away.
func (e *emulinker) gameData(u *elUser, data []byte) error {
	r := u.room
	if r == nil || u.player < 1 || u.player > len(r.queues) {
		if e.o.SF && r == nil && len(data) > 0 && len(data)%int(u.connection) == 0 {
			e.failed(u, data, int(u.connection), 1, 1)
		}
		return nil
	}
	if len(data) == 0 || len(data)%int(u.connection) != 0 || u.batches > 0 && len(data) != u.size*int(u.connection) {
		return fmt.Errorf("%d bytes of game data", len(data))
	}
	if u.batches < u.totalDelay {
		u.size = len(data) / int(u.connection)
		u.batches++
		u.lostInput = append(u.lostInput, data)
		e.give(u, make([]byte, len(data)*len(r.queues)))
		u.failing = time.Time{}
		return nil
	}
	input := data
	if len(u.lostInput) > 0 {
		input = u.lostInput[0]
	}
	if !e.o.SF {
		if len(u.lostInput) > 0 {
			u.lostInput = u.lostInput[1:]
		}
		if r.synched {
			r.queues[u.player-1].add(input, bufferK)
			e.maybeSend(r, u)
		}
		return nil
	}
	if e.addData(r, u, input) && len(u.lostInput) > 0 {
		u.lostInput = u.lostInput[1:]
	}
	return nil
}

// give sends a player its next game message, through the cache of what that player has had.
func (e *emulinker) give(u *elUser, payload []byte) {
	e.event(func() {
		if pos, ok := u.outCache.Find(payload); ok {
			e.sendBody(u, wire.TypeGameCache, wire.AppendGameCache(nil, pos))
			return
		}
		u.outCache.Add(payload)
		e.sendBody(u, wire.TypeGameData, wire.AppendGameData(nil, payload))
	})
}

// maybeSend is EmuLinker-K's: every player for whom all of the next batch is there gets one, and no more than one.
func (e *emulinker) maybeSend(r *elRoom, by *elUser) {
	actions := int(r.owner.connection)
	need := actions * by.size
	for _, p := range append([]*elUser(nil), r.players...) {
		reader := p.player - 1
		if reader < 0 || reader >= len(r.queues) || need == 0 {
			continue
		}
		r.waiting = false
		for _, q := range r.queues {
			if q.synced && q.size(reader) < need {
				r.waiting = true
			}
		}
		if r.waiting || !r.synched {
			continue
		}
		batch := make([]byte, 0, need*len(r.queues))
		for range actions {
			for _, q := range r.queues {
				part := make([]byte, by.size)
				if q.synced {
					q.read(reader, part)
				}
				batch = append(batch, part...)
			}
		}
		e.give(p, batch)
	}
}

// SF's waits for one player's part of a frame, and how many of them in a row make that player desynchronised.
const (
	actionTimeout   = 100 * time.Millisecond
	desynchTimeouts = 120
	timeoutsTold    = 12 // every twelfth makes the one who is waited for get its messages again
)

var errTimeout = errors.New("peers: no action in time")

// addData is EmuLinkerSF's: the player's own thread waits until its next batch is complete, and reads nothing of the
// player meanwhile. False says that the batch was not played, but answered with itself.
func (e *emulinker) addData(r *elRoom, u *elUser, data []byte) bool {
	actions, number, queues := int(r.owner.connection), u.player, r.queues
	if !r.synched {
		e.failed(u, data, actions, number, len(queues))
		return false
	}
	queues[number-1].add(data, 0)
	e.notify()
	batch := make([]byte, len(queues)*int(u.connection)*u.size)
	timeouts := 0
	for a := range actions {
		for i, q := range queues {
			at := (a*len(queues) + i) * u.size
			for r.synched && !e.over {
				if e.action(q, number-1, batch[at:at+u.size]) == nil {
					break
				}
				timeouts++
				e.timeout(r, i, timeouts)
			}
		}
	}
	if e.over {
		return false
	}
	if !r.synched {
		e.failed(u, data, u.size, number, len(queues))
		return false
	}
	e.give(u, batch)
	u.failing = time.Time{}
	return true
}

// action reads one action, and waits for it 100 ms. Of a player who does not play any more what is left is read, then
// zeros.
func (e *emulinker) action(q *actionQueue, reader int, dst []byte) error {
	for deadline := time.Now().Add(actionTimeout); q.synced && q.size(reader) < len(dst) && !e.over; {
		left := time.Until(deadline)
		if left <= 0 {
			return errTimeout
		}
		e.pause(left, true)
	}
	if q.size(reader) >= len(dst) {
		q.read(reader, dst)
	}
	return nil
}

// timeout: the n-th in a row for the same frame. All who wait count together.
func (e *emulinker) timeout(r *elRoom, player, n int) {
	q := r.queues[player]
	if !r.synched || !q.synced || q.timed == n {
		return
	}
	q.timed = n
	var u *elUser
	for _, p := range r.players {
		if p.player == player+1 {
			u = p
		}
	}
	switch {
	case u == nil:
	case n >= desynchTimeouts:
		e.desynchronise(r, u, u.name+" desynched: lagged")
		e.flush()
	case n%timeoutsTold == 0:
		e.event(func() { e.resend(u, u.end.Again(time.Now(), n/timeoutsTold)) })
	}
}
