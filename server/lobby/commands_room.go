package lobby

import (
	"fmt"
	"slices"
	"strings"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/room"
)

// The commands of a room's chat, but for those that put somebody out or silence him, see ruled_out.go.

// orderNum lists the members by the numbers that /kick takes.
func orderNum(o order) bool {
	r, list := o.room, []string{}
	for i := range r.Numbers() {
		if m := r.Numbered(i + 1); m != nil {
			list = append(list, fmt.Sprintf("%d %s", i+1, m.Shown))
		}
	}
	for _, m := range r.Seats() {
		if r.Running() && !m.Plays() {
			list = append(list, m.Shown+" (does not play)")
		}
	}
	o.answerList(fmt.Sprintf("%d in the room: ", len(r.Seats())), list)
	return true
}

// answerList answers with a list, in as many lines as it needs.
func (o order) answerList(head string, list []string) {
	for _, line := range door.InLines(head, list) {
		o.answer("%s", line)
	}
}

func orderMaxUsers(o order) bool {
	r := o.room
	n, ok := o.number(limits.MaxOrdered)
	if !ok {
		return false
	}
	if !r.maxUsersAt.IsZero() && o.now.Sub(r.maxUsersAt) < limits.MaxUsersEvery {
		o.answer("/maxusers was said just now; once in %v is enough", limits.MaxUsersEvery)
		return true
	}
	r.maxUsersAt = o.now
	r.SetCapacity(o.now, n)
	if n > limits.MaxPlayers {
		o.tellAll("The room takes %d players, which is all that a room can hold", limits.MaxPlayers)
	} else {
		o.tellAll("The room takes %d players at most", n)
	}
	return true
}

func orderMaxPing(o order) bool {
	n, ok := o.number(int(limits.MaxMaxPing.Milliseconds()))
	if ok {
		o.room.maxPing = n
		o.tellAll("Whoever joins may have a ping of %d ms at most", n)
	}
	return ok
}

func orderStart(o order) bool {
	if reason := o.from.seat.Start(o.now); reason != "" {
		o.answer("%s", reason)
	}
	return true
}

// orderStartN starts the game when so many are there, now if they are. It counts for one game.
func orderStartN(o order) bool {
	n, ok := o.number(limits.MaxOrdered)
	switch {
	case !ok:
		return false
	case n > limits.MaxPlayers:
		o.answer("A room holds %d players, so it would never start", limits.MaxPlayers)
	case o.room.Running():
		o.answer("The game has started already")
	default:
		o.room.SetStartN(n)
		o.tellAll("The game starts when %d have joined", n)
		o.room.StartWhenFull(o.now)
	}
	return true
}

// orderSwap gives the members new places: a player's number is its place when the game starts. Who joins from then on
// sees them in that order.
func orderSwap(o order) bool {
	r := o.room
	if n := len(r.Seats()); len(o.rest) != n {
		o.answer("There are %d players, so it is %d digits: each place's new player number", n, n)
		return true
	}
	var to []int
	for i := range o.rest {
		place := int(o.rest[i]) - '1'
		if place < 0 || place >= len(o.rest) || slices.Contains(to, place) {
			return false
		}
		to = append(to, place)
	}
	r.Swap(to)
	var list []string
	for i, m := range r.Seats() {
		list = append(list, fmt.Sprintf("%d %s", i+1, m.Shown))
	}
	for _, line := range door.InLines("Players from the next start on: ", list) {
		o.tellAll("%s", line)
	}
	return true
}

// orderSameDelay chooses whose frame delay the players get. The words are EmuLinker's.
func orderSameDelay(o order) bool {
	r := o.room
	switch strings.ToLower(o.rest) {
	case "true", "on":
		r.SetDelay(room.FrameDelaySame)
	case "false", "off":
		r.SetDelay(room.FrameDelayOwn)
	case "auto":
		r.SetDelay(room.FrameDelayAuto)
	default:
		return false
	}
	text := "Each player has the frame delay of its own ping"
	if r.SameDelay() {
		text = "Everybody has the longest frame delay of the room"
	}
	if r.Running() {
		text += ", from the next game on"
	}
	o.tellAll("%s", text)
	return true
}

// numbered is the player of a number, see Room.Numbered; nil if there is none.
func (r *listing) numbered(n int) *User {
	if s := r.Numbered(n); s != nil {
		return r.lobby.byID[s.ID]
	}
	return nil
}

// others are those in the room but one, the last one first.
func (r *listing) others(one *User) (list []*User) {
	for _, s := range slices.Backward(r.Seats()) {
		if u := r.lobby.byID[s.ID]; u != nil && u != one {
			list = append(list, u)
		}
	}
	return list
}

// orderLagStat shows everybody in the room for whom the game has waited.
func orderLagStat(o order) bool {
	lines := o.room.LagStat(o.now)
	for _, line := range lines {
		o.tellAll("%s", line)
	}
	if len(lines) == 0 {
		o.answer("No game has begun in this room yet")
	}
	return true
}

// orderLagReset counts anew.
func orderLagReset(o order) bool {
	if !o.room.LagReset(o.now) {
		o.answer("No game runs in this room")
		return true
	}
	o.tellAll("%s has lag counted anew", o.from.Shown)
	return true
}
