package lobby

import (
	"time"

	"kbridge/bridge/lobby/masterlist"
)

// How long the lobby waits for its page.
const (
	// firstPage is how long a browser may take to show the page.
	firstPage = 2 * time.Minute
	// browserLate is when the user is told the address although the browser seemed to start: a browser that begins cold
	// from a slow disk takes some 20 seconds, and one that is confined may never be able to read the link's file.
	browserLate = 30 * time.Second
	// aloneFor is how long a dialog goes on after its last page has vanished: time to open the page again.
	aloneFor = 30 * time.Second
	// maxSwept is how many files of killed emulators' lobbies one lobby looks at: each may cost 3 s.
	maxSwept = 16
)

// Connections to the page's server. Anybody on this computer can open some, and so can any web page in any browser on
// it.
const (
	// maxStrangers bounds those that have not shown the token or the cookie. A browser opens six at once and speaks at
	// once; the oldest gives way to the newest, so whoever only holds connections open keeps nobody out.
	maxStrangers = 64
	// maxGuests bounds those that have: eight pages with their WebSockets, and six connections of two browsers.
	maxGuests = 24
	// maxPages bounds the pages, each of which has a WebSocket and up to maxOutbox bytes of messages.
	maxPages = 8

	headerTimeout = 5 * time.Second  // from the connection's begin, or a request's, to its last header
	readTimeout   = 10 * time.Second // a whole request
	writeTime     = 10 * time.Second // an answer; the largest file of the page has 60 kB
	idleTimeout   = 30 * time.Second // between two requests
	maxHeader     = 16 << 10         // bytes
)

// Pings of servers. A list is written by anybody, and its entries can be anybody's addresses.
const (
	// pingsAtOnce bounds the sockets that are open for pings. pingTimeout is how long an answer may take: kclient asks
	// three times in it, since a datagram may get lost. lookupTimeout is for the server's name, before.
	pingsAtOnce   = 32
	pingTimeout   = 1500 * time.Millisecond
	lookupTimeout = 2 * time.Second
	// pingEach is the time between two servers that are pinged, 50 a second: the 300 servers of the largest list known
	// are pinged in 6 s, and no router takes that for an attack.
	pingEach = 20 * time.Millisecond
	// pingsPerHost bounds the servers of one IP address that a round pings, whatever their names and ports are. Hosts
	// with more than a handful of Kaillera servers are not known.
	pingsPerHost = 8
	// firstListedPort is the lowest port that is pinged because a list names it: below are the system's services.
	firstListedPort = 1024
	// maxServers bounds what the page shows: two full lists.
	maxServers = 2 * masterlist.MaxServers
)
