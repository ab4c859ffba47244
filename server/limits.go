package server

import (
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/wire"
)

// The server's budgets, each with its reason: what anybody can make it keep, send and do, and what happens beyond that.
// What an administrator may change has a field in Config, its default and range in settings.go. The reasons stand with
// the numbers below.
//
//	bytes that are kept        for each                   in all           beyond it
//	unconfirmed messages       linkBytes a session        maxLinkBytes     who has most is ended; others see a quit
//	caches, frames of a game   playerBytes a player       maxGameBytes     the game is refused; its players are told
//	payloads sent to a player  sentBytes                                   the oldest go out whole the next time
//	history of a game          historyBytes               maxHistoryBytes  the largest is given up; the log
//	room chat that waits       ownLines, maxSessionLines, maxServerLines   dropped; its sender is told
//	                           maxRoomLines a room
//
//	places                     an address has             in all           beyond it
//	logins not proven yet                                 pendingMost      the oldest of its class goes; none is told
//	logins under way           maxLoginsPerAddress        maxLogins        the oldest makes room; nobody is told
//	users not proven                                      one in           the oldest makes room; it is told
//	                                                      unprovenShare
//	what waits for their bytes maxHeldBytes                                dropped
//	what an old client in a    maxTalkBytes                                chat is dropped
//	game has no room for
//	histories                  maxHostHistories           maxHistories     nobody can rejoin the game
//	addresses with rates       maxHostRates users         maxRateHosts     the oldest makes room
//	sessions that are over                                maxClosing       the oldest is forgotten
//	whom an owner has kicked,  maxRuledOut a room                          the oldest makes room; nobody is told
//	whom it has silenced
//	users                      MaxUsersPerAddress; of the Config.MaxUsers  refused; told
//	                           last fewPlaces less
//	rooms                                                 Config.MaxGames  refused; told
//
//	what goes out, what is asked for                                       beyond it
//	before who is there has proven it: unprovenFactor bytes for one        delayed, in netsync and in play as well
//	outside of play: paceRate after paceBurst; in play what the game needs delayed
//	changes of rooms, to those outside: newsPace and newsEvery             merged: the last state is told
//	moves to an address that has proven nothing: callRate                  dropped; the client asks again
//	history of a game: maxHistoryParts datagrams for each of historyRate   dropped; the client asks again
//	room chat: lineRate a room; in play together with the frames           delayed
//	Flood.Message: anything but game data and room chat                    dropped
//	Flood.Chat: lines in the lobby, commands in rooms                      dropped; told once in floodNotice
//	/finduser: maxFound users; /maxusers: maxUsersEvery                    the asker is told
//	Flood.GameChat: lines in a room that do not wait                       delayed, see above
//	Flood.Create, Flood.Join, roomJoinRate: new rooms, joins               refused; told
//	Flood.Login, rejoinRate: logins of an address, those that rejoin       refused; told
//
// What is refused is counted by reason, refusals.go, and the log says once in summaryEvery how much it was.

// Bytes that are kept: for each session, for each game, in all; memory.go is what happens when there is none left.

// Memory, in bytes, of what peers can make the server keep; memory.go is what happens when there is none left. One host
// with 32 sessions that fill everything takes less than 40 MiB, so that the program stays below 64 MB. What
// is for all is for each hundred of Config.MaxUsers, begun ones included.
const (
	// playerBytes is what a game has for each of its players without asking: more than any with 24 bytes of input (N64,
	// the largest usual) needs at most, which is 84 KiB for each of eight players, 24 of them the tables of the two
	// caches. What a game can need beyond that it takes from maxGameBytes when its input size is known, or it is
	// refused. Eight players who send six frames of 512 bytes at once, the most that is accepted, need 8 MB.
	playerBytes  = 96 << 10
	maxGameBytes = 8 << 20

	// sentBytes bounds each player's outgoing cache: all 256 payloads of 512 bytes. Of larger ones the oldest are
	// forgotten, and go out whole when they come again. The incoming caches cannot forget, since clients name any of
	// their last 256 batches.
	sentBytes = 128 << 10

	// linkBytes is what each session may leave unconfirmed without regard to others: a list of 500 users, half a game
	// of the largest inputs under way, eight seconds of room chat at full pace. The rest is taken from maxLinkBytes; a
	// link bounds itself at about 1 MiB. Who is not logged in yet, or no more, has strangerLinkBytes, which is what a
	// login needs.
	linkBytes         = 64 << 10
	strangerLinkBytes = 2 << 10
	maxLinkBytes      = 6 << 20

	// maxHistoryBytes is for all histories, of which the largest gives way: 32 games have 384 KiB each at least, three
	// quarters of an hour of four players who press something in every third frame.
	maxHistoryBytes = 12 << 20

	// historyFrames is how many frames a history keeps as scratch: the last one, what changes in it (three bytes for
	// one), and the one that is added.
	historyFrames = 5
)

// Room chat that waits, see lines.go. 1964 and Project64k (their code read) send the saves of player 1 in lines of at
// most 113 bytes, 100 of them base64 of what zlib made of a file: an EEPROM, SRAM or FlashRAM of 0.5 to 128 KB and a
// memory pack of 32 KB. Some hundred lines are usual, 2,200 are the most. All come at once, and the last one starts the
// game.
const (
	// lineRate is a room's pace, in bytes a second of messages as each member gets them: 64 lines of a save, so that
	// 300 take less than 5 s. In a game a line goes along in each frame's datagram until the receiver has proven it,
	// about ten times with a round trip of 100 ms: some 80 KB/s for each member, and never more than 60 datagrams of
	// 1,400 bytes, as long as the save takes. At twice the rate the datagrams would be full, and game data had fewer
	// second chances. A line counts for leastLine at least, or short ones would make many datagrams.
	lineRate  = 8 << 10
	leastLine = 100
	lineBurst = 512 // what may go at once: one of the longest lines, or four of a save

	// lineFrame is how long after a frame the next one is waited for, for lines to go with it: longer than six frames
	// at sixty a second, which is how often the slowest connection type gets some. After it the game stalls, and lines
	// do not.
	lineFrame = 120 * time.Millisecond

	// maxSessionLines, maxRoomLines and maxServerLines bound the bytes that wait, lineOverhead for each line included
	// (the string, its place in a list, what the allocator rounds up): all that one player can have to send, twice that
	// in a room, and ten of the largest saves in all. Beyond that each session may still have ownLines, a usual save of
	// 300 lines, so that ten who send without need cannot keep the others from it. The first also bounds what a session
	// has had waiting lately: it becomes free again at waitedRate, so that who never stops gets a quarter of the pace.
	maxSessionLines = 384 << 10
	maxRoomLines    = 768 << 10
	maxServerLines  = 4 << 20
	ownLines        = 48 << 10
	waitedRate      = 2 << 10
	lineOverhead    = 48
)

// Players who lose the connection and rejoin.
const (
	// historyBytes bounds the record of one game's frames; see history.MaxBytes for how long that lasts. A game
	// that outgrows it goes on, and nobody can rejoin it. At most maxHistories games have one, and
	// maxHostHistories of them are of rooms that users of one host have opened; what they take in all is bounded by
	// maxHistoryBytes.
	historyBytes     = history.MaxBytes
	maxHistories     = 32
	maxHostHistories = 8

	// rejoinFrames is how far the frames that a player has fetched may be behind
	// when it takes up game data again: two seconds, several round trips.
	rejoinFrames = 120

	// maxHistoryParts is how many datagrams of history one request gets, and
	// historyRate how often one is answered: 480 KB a second.
	maxHistoryParts = 8
)

// A session that is over keeps its link for goodbyeLinger, so that the link can
// repeat the goodbye (about 200, 600 and 1,400 ms after it was sent), and its address for
// tombstone longer: what the client repeats of its own (our link does so for
// about 25 s) must not look like a new login. At most maxClosing of them are
// kept. When the server itself ends, it waits for shutdownLinger.
const (
	goodbyeLinger  = 2 * time.Second
	tombstone      = 30 * time.Second
	shutdownLinger = 500 * time.Millisecond
	maxClosing     = 1024
)

// Logins: places, and what goes out before an address has proven that it is there.

// Logins under way.
const (
	// loginRounds is how many 06 a login takes (EmuLinker: 4). The server times
	// each: that is the ping.
	loginRounds = 4

	// loginTimeout: n02 waits 10 s for its login.
	loginTimeout = 10 * time.Second

	// maxLogins bounds the logins of our own clients, which have returned the nonce, in all and for one
	// IP address (for IPv6 one /64, which is what one host has; loopback is exempt). The oldest one makes room.
	maxLogins           = 1024
	maxLoginsPerAddress = 128

	// maxLoginBody is the largest login that is kept until the address answers:
	// both names at their limits need 161 bytes; clients that do not cut theirs
	// need more.
	maxLoginBody = 400

	// maxFirst is the largest number that a client's first message may have. They count
	// from 0, one captured client from 1, and EmuLinker-K takes that.
	maxFirst = 1

	// A login that comes again is answered again after firstAckGap.
	firstAckGap = 150 * time.Millisecond

	// n02 sends its login once, never repeats a 06 and ignores a repeated 05, so when
	// a 06 is lost the login only goes on with a new 05: the 06 that it draws brings
	// the two before it along (seen with n02). One goes out when the last one has
	// had no answer for askAgainAfter, or one and a half round trips; clients with a longer one answer all of
	// them. Before the first 06 only maxPendingAsks of them are new: the ticket of our own
	// client still needs one, and it takes each 05 of the login for a proof of the 06
	// before it, which does no harm while its three messages a datagram hold all of them.
	askAgainAfter   = 500 * time.Millisecond
	maxLoginAsks    = 7
	maxPendingAsks  = loginRounds - 1
	maxPendingSends = 8 // datagrams in all that no 06 called for

	// lateAnswer is how much later than the quickest answer one is when its 05 had to be
	// sent again: links wait 200 ms at least, and the line may vary.
	lateAnswer = 150 * time.Millisecond
)

// Who has proven nothing, see prover.go, pending.go and unproven.go.
const (
	// unprovenFactor bounds what is sent to who has not proven to be where its datagrams say, in
	// bytes for each byte that came from there; mostCredit is how many can be saved up. Four rounds of a login of n02
	// leave some 700: the welcome of a server with ten users and two rooms fits. n02 with a set ping, which
	// answers no 05, has that and three times what it says (70 to 100 bytes for each line or click, 31 a frame in a
	// game of two players at two bytes each, of which it is sent 37 to 73): it sees the lists of small
	// servers at once, those of large ones late or never, and plays.
	unprovenFactor = 3
	mostCredit     = 16 << 10

	// A round of 05 that proves is 1 to 8 of them, three bits; n02 ignores a datagram whose newest message is ten
	// ahead. Before the fifth 06, since n02 with a set ping needs its bytes, and where something got lost or bytes are
	// few it is 1 to 4, or 1 to 2. Seven bits are three rounds: with the first 05 the four of old servers. A forger,
	// who must send 220 bytes for a try, gets through once in 28 kB at best, and then draws a list of shortList users,
	// 4 kB, and what comes in a minute: a quarter more than it can draw anyhow. Longer lists take one round more. While
	// logins push each other out it takes sixteen bits, six rounds: of 10,000 forged ones a second one gets through in
	// ten seconds.
	mostRoundBits = 3
	shortBits     = 7
	longBits      = 10
	shortList     = 32 // users
	crowdedBits   = 16
	ackSize       = wire.MessageHeaderSize + 17 // of a 05
	mostOpen      = 9
	usualAcks     = 3 // in a datagram: the usual redundancy

	// answerSpread is how far apart the answers to one datagram may come, and what must pass between two rounds: a
	// burst on its way through a radio network is spread by some ten milliseconds. From a round trip of 120 ms on it
	// costs no time, since the next answers cannot come sooner.
	answerSpread = 60 * time.Millisecond

	// maxVainAsks is how many 05 in a row may draw nothing before no more are sent but one every proveAgainAfter.
	maxVainAsks     = 8
	proveAgainAfter = time.Minute

	// The logins that are not proven are kept in about 750 bytes each: at 10,000 forged ones a second each has 800 ms
	// for its first two rounds, at 2,500 that guess the first number right 1.6 s for the third. crowdedFor is how long
	// after one had to make room they count as crowded: longer than a login takes.
	pendingClasses = 3
	pendingRing    = 16 // 05 whose time is known: more than may be open
	crowdedFor     = 5 * time.Second

	// maxLostAcks is how many 06 may be missing before a datagram belongs to somebody else: two rounds of them.
	maxLostAcks = 16

	// mostRepeatedAcks: classic clients send their last three messages.
	mostRepeatedAcks = 3

	// A login that has sent four 06 and cannot prove more goes on after unprovenAfter (n02 waits 10 s), and sooner when
	// two 05 in a row have drawn nothing. Of such users unprovenLogins may come, and one in unprovenShare of all users
	// can be one.
	unprovenAfter = 5 * time.Second
	unprovenShare = 4

	// What cannot be paid for waits: maxHeldBytes for each session, with heldOverhead for each message, beside the list
	// at its login. At most maxGathered are given to the link before they go out. resendReserve is left for what is
	// new, and proofReserve for some rounds of 05, beside what they must repeat: no more than maxBeforeProof. A list
	// above smallStatus begins with an empty part: that is what n02 waits for.
	maxHeldBytes = 32 << 10

	// maxUnread is how many messages n02 holds before it looks at them. maxTalkBytes is what may wait for room there:
	// eight seconds of room chat at full pace, and after ten a client that does not look is dropped from the game.
	maxUnread      = 16
	maxTalkBytes   = 64 << 10
	heldOverhead   = 48
	maxGathered    = 3
	resendReserve  = 300
	proofReserve   = 300
	maxBeforeProof = 450
	smallStatus    = 200
	leastUser      = 10 // bytes in it
)

// pendingMost is how many logins of each class are kept.
var pendingMost = [pendingClasses]int{8192, 4096, 2048}

var unprovenLogins = Rate{Every: time.Second, Burst: 20}

// Clients that have crashed and log in again, see doubt.go. EmuLinker replaces the old session at once.
const (
	// answerTime is how long a client may take to show that it is there: several round trips, with the repeats of what
	// was lost. n02 and SupraClient bear 10 s for a login. Once it has answered it is not asked again for as long.
	answerTime = 2 * time.Second

	// lostAfter is how long an old client must have been silent in a game. It sends with every frame, and repeats
	// itself while it waits; an emulator that is paused is dropped after the stall time anyway.
	lostAfter = 5 * time.Second

	// replaceAfter is the same for a client that has never answered a 05 since its login, as n02 with a set ping:
	// longer than any client leaves between two keep-alives.
	replaceAfter = 65 * time.Second
)

// Places among the users.
const (
	// When fewer than one in fewPlaces is free, these go to hosts that have fewer than maxUsersOfHostWhenFew users,
	// which is more than a household usually has: a few addresses together cannot take the whole server either.
	fewPlaces             = 10
	maxUsersOfHostWhenFew = 4
)

// Datagrams and bytes a second, and how often a user may ask for something.

// Outside of play a session gets at most paceRate bytes a second after a burst
// of paceBurst: a list of 500 users is spread over a second, and whoever logs in
// blindly with somebody else's address directs no more than this at them. In
// play the rate of the game is the bound.
const (
	paceRate  = 64 << 10
	paceBurst = 32 << 10
)

var historyRate = Rate{Every: 20 * time.Millisecond, Burst: 4}

// Rates. EmuLinker allows one chat line and one new room in 2 s; the bursts are
// ours, so that a person who types two short lines is not told off.
var defaultFlood = Flood{
	Chat: Rate{Every: 2 * time.Second, Burst: 5},
	// GameChat is what passes without waiting.
	GameChat: Rate{Every: 500 * time.Millisecond, Burst: 10},
	Create:   Rate{Every: 2 * time.Second, Burst: 5},
	Join:     Rate{Every: time.Second, Burst: 8},
	// Start is an owner's, and a room has one. Somebody impatient who starts, drops out and starts again needs four
	// seconds each time at least for the emulator to load, and may do it faster eight times in a row.
	Start: Rate{Every: 4 * time.Second, Burst: 8},
	// Login counts completed rounds of 05 and 06 from one IP address, so only
	// who really is at the address can use it up. Loopback is exempt.
	Login: Rate{Every: time.Second, Burst: 30},
	// Message counts everything but game data, room chat and what ends things. n02 sends a
	// few a second at most.
	Message: Rate{Every: 20 * time.Millisecond, Burst: 100},
}

// What users in the lobby are told of others, see news.go. newsPace is in bytes a second, after a burst of newsBurst.
// An old client gets a message again in each datagram until it has proven to have it, which is asked for once a second:
// what comes at n messages a second arrives as n × n, up to 15 × n. So a second message of the same room comes when the
// first may be proven. A message counts for leastNews, so there are eight a second, which arrive as 1.5 kB; a room
// whose names are as long as they may be takes 340 bytes. On a full server in an evening users and rooms change once a
// second.
const (
	newsEvery = 1250 * time.Millisecond
	newsPace  = 256
	newsBurst = 400
	leastNews = 32
)

// roomJoinRate is for a room, whoever enters it: each time everybody in it gets four messages, until it is left again.
// Seven friends come at once, twice.
var roomJoinRate = Rate{Every: time.Second, Burst: 16}

// rejoinRate is for one user's returns with the ticket of an earlier session, which count at Flood.Login too: an
// emulator that crashes at once each time it is started takes seconds for it, and is started again by hand.
var rejoinRate = Rate{Every: 5 * time.Second, Burst: 4}

// Moves to addresses that have proven nothing, see move.go.
const (
	// callTime is how long a nonce is good for, once to twice that: as long as a client may need for its answer, many
	// times.
	callTime = time.Minute
)

// callRate is how many calls a session draws, and how many go to one host. A client that has moved sends a Move every
// 500 ms; behind one address several may have moved at once, when their router was started again.
var callRate = Rate{Every: 50 * time.Millisecond, Burst: 40}

// maxRateHosts bounds the hosts for which the rates of earlier sessions are kept, and maxHostRates those for one host:
// as many as may be logged in from there by default. A set is about 300 bytes, and is forgotten when nothing of it is
// used up any more: a minute later by default, three where much of what was said in rooms had to wait.
const (
	maxRateHosts = 4096
	maxHostRates = 32
)

// maxLoginRates bounds the addresses whose login rate is remembered.
const maxLoginRates = 4096

// Commands, see commands.go. A command's number is 1 to maxOrdered (EmuLinker). /finduser names maxFound users.
// /maxusers, which everybody on the server is told of, may be said once in maxUsersEvery, in each room (EmuLinker: in
// all). A list goes out in lines of about listLine bytes of UTF-8, which no charset makes longer than a line of chat
// may be. maxRuledOut is whom a room keeps out, and whom it silences: there are few who come again and again from new
// addresses in the life of one room.
const (
	maxOrdered    = 100
	maxFound      = 10
	maxUsersEvery = 3 * time.Second
	listLine      = 240
	maxRuledOut   = 64
)

// floodNotice is how often a user is told about one of the limits above.
const floodNotice = 2 * time.Second

// How long is waited, and what for.

// toldWait is from which wait on the players are told for whom they waited: three
// frames, which somebody notices.
const toldWait = 50 * time.Millisecond

// Proofs outside of play.
const (
	// the age of an unproven message that asks for proof; also the least time between two (protocol notes)
	askAfter = time.Second
	maxAsks  = 4  // without an answer, until something new is sent
	maxOpen  = 64 // unanswered ones in all; n02 with a set ping answers none
)

// The server's own pauses, see standstill.go: while games run it wants to wake each pulseEvery, and has stood still
// when it wakes standstill too late, which no scheduler does. queuedWait is how long no datagram comes when all that
// were queued are read; the socket holds maxQueued small ones at most.
const (
	pulseEvery = time.Second
	standstill = 250 * time.Millisecond
	queuedWait = 2 * time.Millisecond
	maxQueued  = 4096
)

// holePatience is how long the server waits for a message that later ones have
// overtaken. Clients repeat their last few messages whenever they send, so what
// has not come by then never will: classic clients no longer have it.
// When a client has shown that it no longer has the message, only what the network may have
// delayed is waited for: gonePatience.
const (
	holePatience = 5 * time.Second
	gonePatience = time.Second
)

// An old client that sends its last three messages and repeats them only after a second
// (SupraClient) is asked for a repeat with a 05 when the room waits for its input. The 06 takes one of the three
// places, so what it has sent and we lack must be no more than two: a frame delay of
// maxAskDelay lets no more be outstanding, and one 05 must do. Clients that repeat themselves sooner are
// never that silent: playAskAfter beyond two batches of sixty frames a second.
const (
	maxAskDelay  = 1
	playAskAfter = 50 * time.Millisecond
)

// How a player may hold up a game, see stalls.go: with a Stall of 10 s, waits above a second count, for half a minute.
// A computer that makes a frame in a second is of no use to anybody; a single hiccup of nine seconds is forgiven. Who
// loses the line more than maxLosses times, each within the window after the one before, does not rejoin that game.
const (
	leastStall   = time.Second
	stallPart    = 10
	stallWindow  = 3
	maxTimesAway = 3
)

// Who was waited for, see lag.go. EmuLinker-K keeps a minute in steps of five seconds. What comes less than a frame
// late nobody notices; a player with a long frame delay may vary by a part of it, one in lagShare, as lines that are
// that long do. A game is not slower than slowestPace; a step with fewer than leastPaced frames says nothing of it. A
// step that took longer than the pace by one part in slowShare has been slowed down, by whoever completed more than
// lastShare percent of its frames.
const (
	lagStep     = 5 * time.Second
	lagSteps    = 12
	leastLag    = time.Second / 60
	lagShare    = 8
	lagSpare    = 8 // batches more than the frame delay's: lockstep lets who is catching up have four more
	slowestPace = 100 * time.Millisecond
	leastPaced  = 30
	slowShare   = 20
	lastShare   = 80
)

// The socket and the log.

// readBuffer is what is asked of the system for a socket's receive queue: half
// a second of 100 players at 60 datagrams a second of about 300 bytes.
const readBuffer = 1 << 20

// maxReadErrors is how many errors in a row make a socket useless, with a growing
// pause between them, five seconds in all: on some systems an error only tells
// that an earlier datagram could not be delivered.
const maxReadErrors = 100

// The log. A server of a hundred users who all chat logs some lines a second for a while, and fewer than one in the
// long run. A message that anybody can cause is logged logRate often; at a line of 150 bytes that is 26 MB a day for
// each kind of message under an attack without end. logFlush is how long the server's end waits for a log that is
// written slowly.
var logRate = Rate{Every: 500 * time.Millisecond, Burst: 200}

const (
	summaryEvery = time.Minute
	logFlush     = time.Second
)
