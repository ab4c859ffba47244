// Package krec writes and reads .krec files, the recordings of network games that n02
// introduced: what kailleraModifyPlayValues returned in every call of a game,
// with the chat lines and drops between. An emulator that is given the same values again
// plays the same game again.
//
// A [Writer] writes KRC1. A [Reader] reads KRC0 and KRC1, one record at a time.
//
// # The format
//
// All integers are little-endian. Text is raw bytes in whatever charset the
// session had, in fields that end at their first NUL.
//
//	offset  size  field
//	     0     4  "KRC0" or "KRC1"
//	     4   128  emulator name (appName)
//	   132   128  game name
//	   260     4  unix time of the start; in KRC0 n02 wrote the first four bytes of
//	              the game's name there by mistake, so it is not known
//	   264     4  this player's number, 1 to players
//	   268     4  players, 1 to 8
//	   272  4×32  names of the first four players, in KRC1 only
//
// Records follow, each a type byte and a body:
//
//	0x12  i16 n, n bytes      a frame: exactly what the call returned. n = 0 while inside
//	                          the frame delay; n < 0 is the end of the recording
//	0x08  nick NUL, text NUL  a chat line
//	0x14  nick NUL, i32 p     player p dropped
//
// Chat and drop records stand before the frame they came with. A file may end
// without an end record: n02 writes none when the emulator ends the game, and a crash
// writes none either.
//
// # What n02's player needs
//
// Its loader reads nothing once ten bytes or fewer are left, takes a negative n for 65,535,
// and copies a nick into 100 bytes and a text into 500, each with one NUL more than it counts. So
// a Writer cuts these to [MaxNick] and [MaxText] and writes seven zero bytes after the end
// record: the last frame is then played, and the end record is never looked at.
//
// # What it must not do
//
// krec does not convert charsets and does not clean text for a user interface: whoever shows a
// field decodes and sanitises it. It does not check that a frame's length fits the number of players:
// whoever feeds frames to an emulator does.
package krec
