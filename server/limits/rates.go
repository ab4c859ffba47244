package limits

import (
	"time"

	"kbridge/server/rate"
)

// Datagrams and bytes a second, and how often a user may ask for something.

// Outside of play a session gets at most PaceRate bytes a second after a burst
// of PaceBurst: a list of 500 users is spread over a second, and whoever logs in
// blindly with somebody else's address directs no more than this at them. In
// play the rate of the game is the bound.
const (
	PaceRate  = 64 << 10
	PaceBurst = 32 << 10
)

var HistoryRate = rate.Rate{Every: 20 * time.Millisecond, Burst: 4}

// Flood holds the limits on what one user may do; Login's is for an IP address. Game chat beyond
// its rate is not refused: it waits, and goes out at the room's pace. Commands count for Chat, in rooms too.
type Flood struct {
	Chat, GameChat, Create, Join, Start, Login, Message rate.Rate
}

// DefaultFlood. EmuLinker allows one chat line and one new room in 2 s; the bursts are
// ours, so that a person who types two short lines is not told off.
var DefaultFlood = Flood{
	Chat: rate.Rate{Every: 2 * time.Second, Burst: 5},
	// GameChat is what passes without waiting.
	GameChat: rate.Rate{Every: 500 * time.Millisecond, Burst: 10},
	Create:   rate.Rate{Every: 2 * time.Second, Burst: 5},
	Join:     rate.Rate{Every: time.Second, Burst: 8},
	// Start is an owner's, and a room has one. Somebody impatient who starts, drops out and starts again needs four
	// seconds each time at least for the emulator to load, and may do it faster eight times in a row.
	Start: rate.Rate{Every: 4 * time.Second, Burst: 8},
	// Login counts completed rounds of 05 and 06 from one IP address, so only
	// who really is at the address can use it up. Loopback is exempt.
	Login: rate.Rate{Every: time.Second, Burst: 30},
	// Message counts everything but game data, room chat and what ends things. n02 sends a
	// few a second at most.
	Message: rate.Rate{Every: 20 * time.Millisecond, Burst: 100},
}

// What users in the lobby are told of others, see lobby/news.go. NewsPace is in bytes a second, after a burst of
// NewsBurst. An old client gets a message again in each datagram until it has proven to have it, which is asked for
// once a second: what comes at n messages a second arrives as n × n, up to 15 × n. So a second message of the same room
// comes when the first may be proven. A message counts for LeastNews, so there are eight a second, which arrive as 1.5
// kB; a room whose names are as long as they may be takes 340 bytes. On a full server in an evening users and rooms
// change once a second.
const (
	NewsEvery = 1250 * time.Millisecond
	NewsPace  = 256
	NewsBurst = 400
	LeastNews = 32
)

// RoomJoinRate is for a room, whoever enters it: each time everybody in it gets four messages, until it is left again.
// Seven friends come at once, twice.
var RoomJoinRate = rate.Rate{Every: time.Second, Burst: 16}

// RejoinRate is for one user's returns with the ticket of an earlier session, which count at Flood.Login too: an
// emulator that crashes at once each time it is started takes seconds for it, and is started again by hand.
var RejoinRate = rate.Rate{Every: 5 * time.Second, Burst: 4}

// Moves to addresses that have proven nothing, see kaillera/move.go.
const (
	// CallTime is how long a nonce is good for, once to twice that: as long as a client may need for its answer, many
	// times.
	CallTime = time.Minute
)

// CallRate is how many calls a session draws, and how many go to one host. A client that has moved sends a Move every
// 500 ms; behind one address several may have moved at once, when their router was started again.
var CallRate = rate.Rate{Every: 50 * time.Millisecond, Burst: 40}

// MaxRateHosts bounds the hosts for which the rates of earlier sessions are kept, and MaxHostRates those for one host:
// as many as may be logged in from there by default. A set is about 300 bytes, and is forgotten when nothing of it is
// used up any more: a minute later by default, three where much of what was said in rooms had to wait.
const (
	MaxRateHosts = 4096
	MaxHostRates = 32
)

// MaxLoginRates bounds the addresses whose login rate is remembered.
const MaxLoginRates = 4096

// Commands, see lobby/commands.go. A command's number is 1 to MaxOrdered (EmuLinker). /finduser names MaxFound users.
// /maxusers, which everybody on the server is told of, may be said once in MaxUsersEvery, in each room (EmuLinker: in
// all). A list goes out in lines of about ListLine bytes of UTF-8, which no charset makes longer than a line of chat
// may be. MaxRuledOut is whom a room keeps out, and whom it silences: there are few who come again and again from new
// addresses in the life of one room.
const (
	MaxOrdered    = 100
	MaxFound      = 10
	MaxUsersEvery = 3 * time.Second
	ListLine      = 240
	MaxRuledOut   = 64
)

// FloodNotice is how often a user is told about one of the limits above.
const FloodNotice = 2 * time.Second
