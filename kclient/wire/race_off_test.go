//go:build !race

package wire

// raceEnabled: the race detector allocates on its own account, so that counts
// of allocations mean nothing under it.
const raceEnabled = false
