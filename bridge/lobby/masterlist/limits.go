package masterlist

import "time"

// Bounds of one list, whatever it holds. The largest one known had some 300 servers.
const (
	MaxServers = 1000
	MaxWaiting = 1000
	maxText    = 200 // bytes of one field
	// waitingFields is how many fields a waiting game has.
	waitingFields = 7
)

// Bounds of one fetch.
const (
	// Timeout bounds it, redirects included.
	Timeout = 10 * time.Second
	// maxBody is in bytes: 1,000 servers and 1,000 games with all their texts at 200 bytes have 1.4 MB.
	maxBody           = 2 << 20
	maxResponseHeader = 64 << 10 // bytes
	// maxRedirects: one for https, one for a site that has moved, one for its own ways.
	maxRedirects = 3
	// maxAddresses of a host are tried, each for its part of the time.
	maxAddresses = 4
)
