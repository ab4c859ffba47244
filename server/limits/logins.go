package limits

import (
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/rate"
)

// Logins: places, and what goes out before an address has proven that it is there.

// Logins under way.
const (
	// LoginRounds is how many 06 a login takes (EmuLinker: 4). The server times
	// each: that is the ping.
	LoginRounds = 4

	// LoginTimeout: n02 waits 10 s for its login.
	LoginTimeout = 10 * time.Second

	// MaxLogins bounds the logins of our own clients, which have returned the nonce, in all and for one
	// IP address (for IPv6 one /64, which is what one host has; loopback is exempt). The oldest one makes room.
	MaxLogins           = 1024
	MaxLoginsPerAddress = 128

	// MaxLoginBody is the largest login that is kept until the address answers:
	// both names at their limits need 161 bytes; clients that do not cut theirs
	// need more.
	MaxLoginBody = 400

	// MaxFirst is the largest number that a client's first message may have. They count
	// from 0, one captured client from 1, and EmuLinker-K takes that.
	MaxFirst = 1

	// A login that comes again is answered again after FirstAckGap.
	FirstAckGap = 150 * time.Millisecond

	// n02 sends its login once, never repeats a 06 and ignores a repeated 05, so when
	// a 06 is lost the login only goes on with a new 05: the 06 that it draws brings
	// the two before it along (seen with n02). One goes out when the last one has
	// had no answer for AskAgainAfter, or one and a half round trips; clients with a longer one answer all of
	// them. Before the first 06 only MaxPendingAsks of them are new: the ticket of our own
	// client still needs one, and it takes each 05 of the login for a proof of the 06
	// before it, which does no harm while its three messages a datagram hold all of them.
	AskAgainAfter   = 500 * time.Millisecond
	MaxLoginAsks    = 7
	MaxPendingAsks  = LoginRounds - 1
	MaxPendingSends = 8 // datagrams in all that no 06 called for

	// LateAnswer is how much later than the quickest answer one is when its 05 had to be
	// sent again: links wait 200 ms at least, and the line may vary.
	LateAnswer = 150 * time.Millisecond
)

// Who has proven nothing, see kaillera/prover.go, kaillera/pending.go and kaillera/unproven.go.
const (
	// UnprovenFactor bounds what is sent to who has not proven to be where its datagrams say, in
	// bytes for each byte that came from there; MostCredit is how many can be saved up. Four rounds of a login of n02
	// leave some 700: the welcome of a server with ten users and two rooms fits. n02 with a set ping, which
	// answers no 05, has that and three times what it says (70 to 100 bytes for each line or click, 31 a frame in a
	// game of two players at two bytes each, of which it is sent 37 to 73): it sees the lists of small
	// servers at once, those of large ones late or never, and plays.
	UnprovenFactor = 3
	MostCredit     = 16 << 10

	// A round of 05 that proves is 1 to 8 of them, three bits; n02 ignores a datagram whose newest message is ten
	// ahead. Before the fifth 06, since n02 with a set ping needs its bytes, and where something got lost or bytes are
	// few it is 1 to 4, or 1 to 2. Seven bits are three rounds: with the first 05 the four of old servers. A forger,
	// who must send 220 bytes for a try, gets through once in 28 kB at best, and then draws a list of ShortList users,
	// 4 kB, and what comes in a minute: a quarter more than it can draw anyhow. Longer lists take one round more. While
	// logins push each other out it takes sixteen bits, six rounds: of 10,000 forged ones a second one gets through in
	// ten seconds.
	MostRoundBits = 3
	ShortBits     = 7
	LongBits      = 10
	ShortList     = 32 // users
	CrowdedBits   = 16
	AckSize       = wire.MessageHeaderSize + 17 // of a 05
	MostOpen      = 9
	UsualAcks     = 3 // in a datagram: the usual redundancy

	// AnswerSpread is how far apart the answers to one datagram may come, and what must pass between two rounds: a
	// burst on its way through a radio network is spread by some ten milliseconds. From a round trip of 120 ms on it
	// costs no time, since the next answers cannot come sooner.
	AnswerSpread = 60 * time.Millisecond

	// MaxVainAsks is how many 05 in a row may draw nothing before no more are sent but one every ProveAgainAfter.
	MaxVainAsks     = 8
	ProveAgainAfter = time.Minute

	// The logins that are not proven are kept in about 750 bytes each: at 10,000 forged ones a second each has 800 ms
	// for its first two rounds, at 2,500 that guess the first number right 1.6 s for the third. CrowdedFor is how long
	// after one had to make room they count as crowded: longer than a login takes.
	PendingClasses = 3
	PendingRing    = 16 // 05 whose time is known: more than may be open
	CrowdedFor     = 5 * time.Second

	// MaxLostAcks is how many 06 may be missing before a datagram belongs to somebody else: two rounds of them.
	MaxLostAcks = 16

	// MostRepeatedAcks: classic clients send their last three messages.
	MostRepeatedAcks = 3

	// A login that has sent four 06 and cannot prove more goes on after UnprovenAfter (n02 waits 10 s), and sooner when
	// two 05 in a row have drawn nothing. Of such users UnprovenLogins may come, and one in UnprovenShare of all users
	// can be one.
	UnprovenAfter = 5 * time.Second
	UnprovenShare = 4

	// What cannot be paid for waits: MaxHeldBytes for each session, with HeldOverhead for each message, beside the list
	// at its login. At most MaxGathered are given to the link before they go out. ResendReserve is left for what is
	// new, and ProofReserve for some rounds of 05, beside what they must repeat: no more than MaxBeforeProof. A list
	// above SmallStatus begins with an empty part: that is what n02 waits for.
	MaxHeldBytes = 32 << 10

	// MaxUnread is how many messages n02 holds before it looks at them. MaxTalkBytes is what may wait for room there:
	// eight seconds of room chat at full pace, and after ten a client that does not look is dropped from the game.
	MaxUnread      = 16
	MaxTalkBytes   = 64 << 10
	HeldOverhead   = 48
	MaxGathered    = 3
	ResendReserve  = 300
	ProofReserve   = 300
	MaxBeforeProof = 450
	SmallStatus    = 200
	LeastUser      = 10 // bytes in it
)

// PendingMost is how many logins of each class are kept.
var PendingMost = [PendingClasses]int{8192, 4096, 2048}

var UnprovenLogins = rate.Rate{Every: time.Second, Burst: 20}

// Clients that have crashed and log in again, see kaillera/doubt.go. EmuLinker replaces the old session at once.
const (
	// AnswerTime is how long a client may take to show that it is there: several round trips, with the repeats of what
	// was lost. n02 and SupraClient bear 10 s for a login. Once it has answered it is not asked again for as long.
	AnswerTime = 2 * time.Second

	// LostAfter is how long an old client must have been silent in a game. It sends with every frame, and repeats
	// itself while it waits; an emulator that is paused is dropped after the stall time anyway.
	LostAfter = 5 * time.Second

	// ReplaceAfter is the same for a client that has never answered a 05 since its login, as n02 with a set ping:
	// longer than any client leaves between two keep-alives.
	ReplaceAfter = 65 * time.Second
)

// Places among the users.
const (
	// When fewer than one in FewPlaces is free, these go to hosts that have fewer than MaxUsersOfHostWhenFew users,
	// which is more than a household usually has: a few addresses together cannot take the whole server either.
	FewPlaces             = 10
	MaxUsersOfHostWhenFew = 4
)
