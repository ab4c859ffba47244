package server

import (
	"fmt"
	"slices"
	"strings"

	"kbridge/server/limits"
)

// The commands of a room's chat, but for those that put somebody out or silence him, see ruled_out.go.

// orderNum lists the members by the numbers that /kick takes.
func orderNum(o order) bool {
	r, list := o.room, []string{}
	for i := range max(len(r.members), len(r.players)) {
		if m := r.numbered(i + 1); m != nil {
			list = append(list, fmt.Sprintf("%d %s", i+1, m.name()))
		}
	}
	for _, m := range r.members {
		if r.running() && !m.inGame() {
			list = append(list, m.name()+" (does not play)")
		}
	}
	o.answerList(fmt.Sprintf("%d in the room: ", len(r.members)), list)
	return true
}

// answerList answers with a list, in as many lines as it needs.
func (o order) answerList(head string, list []string) {
	for _, line := range inLines(head, list) {
		o.answer("%s", line)
	}
}

// inLines joins a list with commas into lines that are not cut.
func inLines(head string, list []string) (lines []string) {
	line := head
	for i, one := range list {
		if i > 0 && len(line)+len(one) > limits.ListLine {
			lines = append(lines, strings.TrimSuffix(line, ", "))
			line = ""
		}
		line += one
		if i < len(list)-1 {
			line += ", "
		}
	}
	return append(lines, line)
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
	r.maxUsers, r.maxUsersAt = n, o.now
	r.announce(o.now)
	if n > limits.MaxPlayers {
		o.tellAll("The room takes %d players, which is all that a room can hold", limits.MaxPlayers)
	} else {
		o.tellAll("The room takes %d players at most", n)
	}
	return true
}

// capacity is how many the room holds.
func (r *room) capacity() int {
	if r.maxUsers == 0 {
		return limits.MaxPlayers
	}
	return min(r.maxUsers, limits.MaxPlayers)
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
	if reason := o.from.begin(o.now); reason != "" {
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
	case !o.waiting():
		o.answer("The game has started already")
	default:
		o.room.startN = n
		o.tellAll("The game starts when %d have joined", n)
		o.room.startWhenFull(o.now)
	}
	return true
}

// orderSwap gives the members new places: a player's number is its place when the game starts. Who joins from then on
// sees them in that order.
func orderSwap(o order) bool {
	r := o.room
	if len(o.rest) != len(r.members) {
		n := len(r.members)
		o.answer("There are %d players, so it is %d digits: each place's new player number", n, n)
		return true
	}
	places := make([]*session, len(r.members))
	for i := range o.rest {
		to := int(o.rest[i]) - '1'
		if to < 0 || to >= len(places) || places[to] != nil {
			return false
		}
		places[to] = r.members[i]
	}
	copy(r.members, places)
	var list []string
	for i, m := range r.members {
		list = append(list, fmt.Sprintf("%d %s", i+1, m.name()))
	}
	for _, line := range inLines("Players from the next start on: ", list) {
		o.tellAll("%s", line)
	}
	return true
}

// orderSameDelay chooses whose frame delay the players get. The words are EmuLinker's.
func orderSameDelay(o order) bool {
	r := o.room
	switch strings.ToLower(o.rest) {
	case "true", "on":
		r.delay = FrameDelaySame
	case "false", "off":
		r.delay = FrameDelayOwn
	case "auto":
		r.delay = FrameDelayAuto
	default:
		return false
	}
	text := "Each player has the frame delay of its own ping"
	if r.sameDelay() {
		text = "Everybody has the longest frame delay of the room"
	}
	if r.running() {
		text += ", from the next game on"
	}
	o.tellAll("%s", text)
	return true
}

// numbered is the player of a number: in a game the one who plays as that, else the member at that place. nil if there
// is none.
func (r *room) numbered(n int) *session {
	from := r.members
	if r.running() {
		from = r.players
	}
	if n < 1 || n > len(from) {
		return nil
	}
	return from[n-1]
}

// others are the members but one, the last one first.
func (r *room) others(one *session) []*session {
	list := slices.DeleteFunc(slices.Clone(r.members), func(m *session) bool { return m == one })
	slices.Reverse(list)
	return list
}
