//go:build !race

package krec

const raceEnabled = false
