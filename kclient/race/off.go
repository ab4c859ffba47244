//go:build !race

// Package race tells tests whether the race detector runs: it allocates on its own account, so that counts of
// allocations mean nothing under it, and is too slow for some scenes.
package race

// Enabled reports whether the race detector runs.
const Enabled = false
