package lockstep

import "math/bits"

// PlayerSet is a set of players: bit i is player i, counted from 0.
type PlayerSet uint8

// Has reports whether the player, counted from 0, is in the set.
func (s PlayerSet) Has(player int) bool {
	return player >= 0 && player < MaxPlayers && s&(1<<player) != 0
}

// Len is how many players are in the set.
func (s PlayerSet) Len() int { return bits.OnesCount8(uint8(s)) }
