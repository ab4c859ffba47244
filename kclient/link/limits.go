package link

import (
	"time"

	"kbridge/kclient/wire"
)

// What deployed receivers bear. A peer may always be one of them, so these hold
// for every datagram that is sent.
const (
	// maxDatagram is the payload size that no datagram exceeds unless one
	// message alone is larger: what passes every usual path without fragments.
	maxDatagram = wire.MaxDatagram

	// usualRedundancy is how many messages classic clients put into a datagram.
	usualRedundancy = 3

	// maxToServer is the largest count that EmuLinker accepts (1..32).
	maxToServer = 32

	// maxToClient is the largest count for a client: SupraClient overruns an
	// array when more than 15 messages are missing.
	maxToClient = 15

	// aheadForClient is how far the newest message of a datagram may be ahead
	// of what a client has received: n02 ignores the whole datagram at ten.
	aheadForClient = 9
)

// What a datagram holds at least where bytes are few: the usual three messages, in a game one before the new ones.
const (
	leastRepeated = usualRedundancy
	leastInPlay   = 1
)

// What classic clients do when they wait for a frame: n02 sends its last five messages every
// 10 ms, SupraClient its last three a second after the one before. Neither ever sends more (seen).
const (
	mostRepeated = 5

	// lateRepeat is how long after its last news a client's repeat is one of those
	// and no copy that the network has made of the news.
	lateRepeat = 500 * time.Millisecond
)

// Our own bounds.
const (
	// keepMessages and keepBytes bound what is kept for a peer that proves
	// nothing. Beyond them the oldest message is forgotten, and counted.
	keepMessages = 2048
	keepBytes    = 512 << 10

	// keepGames is how many game messages can be outstanding and still be
	// proven one by one; the largest frame delay needs fewer than a hundred.
	keepGames = 512

	// windowMessages and windowBytes bound the messages that wait for a missing
	// one before them.
	windowMessages = 1024
	windowBytes    = 256 << 10

	// minWindow is how many places the window has at first: more than a datagram
	// has messages. It has more only while they are needed.
	minWindow = 2 * wire.MaxBundle

	// keepBuffers is how many bytes of buffers the window keeps for the next messages that wait.
	keepBuffers = 16 << 10

	// minSlots and minRing are for how many messages, and for how many bytes of bodies, there is room at first. maxRing
	// bounds the latter: keepBytes, what is kept as redundancy, and what stays empty at the end because bodies stand in
	// one piece.
	minSlots = 16
	minRing  = 1 << 10
	maxRing  = keepBytes + 64<<10

	// Memory is given back when spareRoom times less is kept than there is room for; in a game, where large messages
	// and small ones follow each other, only after calmProofs of which each left so little: some seconds.
	spareRoom  = 4
	calmProofs = 256
)

// Times. All of them bound how much is sent while nothing is heard.
const (
	firstRTT     = 100 * time.Millisecond // before anything was measured
	minPlayWait  = 5 * time.Millisecond   // below it a game on a LAN would resend what is under way
	maxPlayWait  = 250 * time.Millisecond // n02 and EmuLinker answer repeats at most this often
	minLobbyWait = 200 * time.Millisecond
	maxLobbyWait = time.Second
	maxCopies    = 4 // datagrams of one resend
	// of everything unproven, then the peer is left in peace until something new is sent
	lobbyResends  = 12
	longSilence   = 8 * time.Second        // lobbyResends take nearly ten
	netsyncRepeat = 200 * time.Millisecond // n02 handles one message per datagram and never asks
	answerGap     = 250 * time.Millisecond // between answers to repeats outside of play, EmuLinker's maxPing as shipped
	// of messages far ahead before the client follows a server that has thrown the rest away
	farPatience = 3 * time.Second
	farMessages = 8

	// leftAfter is how old what the peer may lack is when it no longer waits for a silence to be sent again: outside of
	// play a server asks for proof once a second.
	leftAfter = 1500 * time.Millisecond
)

// Asking a quiet server, see watch.go.
const (
	// askAfter is how long after the last news, ours or the server's, a client asks. With
	// askGap after it a message is asked for again within 2.2 s, and the third time is
	// more than a second after the first, for a server with the maxPing of the code.
	askAfter  = time.Second
	askGap    = 600 * time.Millisecond
	asksInRow = 3 // the third one draws all that EmuLinker keeps

	// deafRows is after how many rows that drew nothing a server counts as one that
	// does not answer repeats: 24 of them, of which at 10 % loss each way one server in
	// 10^17 that does would have answered none.
	deafRows = 8

	// noCopy is how long after news a datagram with nothing new is no copy of it that
	// the network made, but an answer.
	noCopy = 500 * time.Millisecond

	// A server that answers repeats is asked when it has been quiet (Watch says how
	// long), and then every probeGap. At 10 % loss each way a repeat is answered with
	// 0.81, so that 16 in vain happen to a living session once in 10^11 silences; with a
	// maxPing of 1 s, which lets only every other one be answered, once in 10^7.
	// After maxProbes the line is dead, and is asked more seldom.
	probeGap  = 500 * time.Millisecond
	maxProbes = 24
	slowProbe = 4 * time.Second
)
