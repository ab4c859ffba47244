// Package history keeps the combined frames of a game from the first one on, in a compact
// form that only grows at its end, so that a part of it can be sent while the game
// goes on. Players hold buttons for a while and most bytes stay what they were, so
// each frame is written as what it changes:
//
//	uvarint  frames that are like the one before (at first: zeros), then
//	uvarint  n, bytes of the next frame that differ, then for each of these
//	         uvarint  how many bytes after the last one changed (at first: from the frame's start), and the byte
//
// A frame like the one before it is only counted. It costs nothing until the next
// one that differs, so the newest ones may still be missing from the bytes: Flush
// adds them, with n = 0.
//
// The server keeps a [Record] for players who rejoin; their client reads it with a [Reader], in parts as they come.
// Nothing here knows of sockets, clocks or the messages that carry it.
package history
