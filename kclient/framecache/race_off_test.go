//go:build !race

package framecache_test

const raceEnabled = false
