package limits

import (
	"time"

	"kbridge/kclient/history"
)

// Bytes that are kept: for each session, for each game, in all; kaillera/memory.go and room/memory.go are what happens
// when there is none left.

// Memory, in bytes, of what peers can make the server keep; kaillera/memory.go and room/memory.go are what happens when
// there is none left. One host with 32 sessions that fill everything takes less than 40 MiB, so that the program stays
// below 64 MB. What is for all is for each hundred of Config.MaxUsers, begun ones included.
const (
	// PlayerBytes is what a game has for each of its players without asking: more than any with 24 bytes of input (N64,
	// the largest usual) needs at most, which is 84 KiB for each of eight players, 24 of them the tables of the two
	// caches. What a game can need beyond that it takes from MaxGameBytes when its input size is known, or it is
	// refused. Eight players who send six frames of 512 bytes at once, the most that is accepted, need 8 MB.
	PlayerBytes  = 96 << 10
	MaxGameBytes = 8 << 20

	// SentBytes bounds each player's outgoing cache: all 256 payloads of 512 bytes. Of larger ones the oldest are
	// forgotten, and go out whole when they come again. The incoming caches cannot forget, since clients name any of
	// their last 256 batches.
	SentBytes = 128 << 10

	// LinkBytes is what each session may leave unconfirmed without regard to others: a list of 500 users, half a game
	// of the largest inputs under way, eight seconds of room chat at full pace. The rest is taken from MaxLinkBytes; a
	// link bounds itself at about 1 MiB. Who is not logged in yet, or no more, has StrangerLinkBytes, which is what a
	// login needs.
	LinkBytes         = 64 << 10
	StrangerLinkBytes = 2 << 10
	MaxLinkBytes      = 6 << 20

	// MaxHistoryBytes is for all histories, of which the largest gives way: 32 games have 384 KiB each at least, three
	// quarters of an hour of four players who press something in every third frame.
	MaxHistoryBytes = 12 << 20

	// HistoryFrames is how many frames a history keeps as scratch: the last one, what changes in it (three bytes for
	// one), and the one that is added.
	HistoryFrames = 5
)

// Room chat that waits, see room/lines.go. 1964 and Project64k (their code read) send the saves of player 1 in lines of
// at most 113 bytes, 100 of them base64 of what zlib made of a file: an EEPROM, SRAM or FlashRAM of 0.5 to 128 KB and a
// memory pack of 32 KB. Some hundred lines are usual, 2,200 are the most. All come at once, and the last one starts the
// game.
const (
	// LineRate is a room's pace, in bytes a second of messages as each member gets them: 64 lines of a save, so that
	// 300 take less than 5 s. In a game a line goes along in each frame's datagram until the receiver has proven it,
	// about ten times with a round trip of 100 ms: some 80 KB/s for each member, and never more than 60 datagrams of
	// 1,400 bytes, as long as the save takes. At twice the rate the datagrams would be full, and game data had fewer
	// second chances. A line counts for LeastLine at least, or short ones would make many datagrams.
	LineRate  = 8 << 10
	LeastLine = 100
	LineBurst = 512 // what may go at once: one of the longest lines, or four of a save

	// LineFrame is how long after a frame the next one is waited for, for lines to go with it: longer than six frames
	// at sixty a second, which is how often the slowest connection type gets some. After it the game stalls, and lines
	// do not.
	LineFrame = 120 * time.Millisecond

	// MaxSessionLines, MaxRoomLines and MaxServerLines bound the bytes that wait, LineOverhead for each line included
	// (the string, its place in a list, what the allocator rounds up): all that one player can have to send, twice that
	// in a room, and ten of the largest saves in all. Beyond that each session may still have OwnLines, a usual save of
	// 300 lines, so that ten who send without need cannot keep the others from it. The first also bounds what a session
	// has had waiting lately: it becomes free again at WaitedRate, so that who never stops gets a quarter of the pace.
	MaxSessionLines = 384 << 10
	MaxRoomLines    = 768 << 10
	MaxServerLines  = 4 << 20
	OwnLines        = 48 << 10
	WaitedRate      = 2 << 10
	LineOverhead    = 48
)

// Players who lose the connection and rejoin.
const (
	// HistoryBytes bounds the record of one game's frames; see history.MaxBytes for how long that lasts. A game
	// that outgrows it goes on, and nobody can rejoin it. At most MaxHistories games have one, and
	// MaxHostHistories of them are of rooms that users of one host have opened; what they take in all is bounded by
	// MaxHistoryBytes.
	HistoryBytes     = history.MaxBytes
	MaxHistories     = 32
	MaxHostHistories = 8

	// RejoinFrames is how far the frames that a player has fetched may be behind
	// when it takes up game data again: two seconds, several round trips.
	RejoinFrames = 120

	// MaxHistoryParts is how many datagrams of history one request gets, and
	// HistoryRate how often one is answered: 480 KB a second.
	MaxHistoryParts = 8
)

// A session that is over keeps its link for GoodbyeLinger, so that the link can
// repeat the goodbye (about 200, 600 and 1,400 ms after it was sent), and its address for
// Tombstone longer: what the client repeats of its own (our link does so for
// about 25 s) must not look like a new login. At most MaxClosing of them are
// kept. When the server itself ends, it waits for ShutdownLinger.
const (
	GoodbyeLinger  = 2 * time.Second
	Tombstone      = 30 * time.Second
	ShutdownLinger = 500 * time.Millisecond
	MaxClosing     = 1024
)
