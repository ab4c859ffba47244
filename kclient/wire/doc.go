// Package wire turns the bytes of the Kaillera protocol into Go structs and
// back: the handshake texts, bundles of numbered messages, and one struct for
// every message of each direction. It is for whoever speaks the protocol
// (kclient, server) and for tools that read it. WIRE.md, beside this file,
// describes the format with the source of every fact.
//
// # Reading
//
// ParseBundle takes a datagram apart; ParseX parses the body of one message.
// They are made for hostile bytes: whatever comes in, they return a value or
// one of this package's static errors, never panic, never read beyond the
// declared length, and allocate no more than the bytes that came in justify.
// A body too short is refused, bytes that trail in it are ignored. Enums are kept as
// they came, with a Valid method; LoginRequest and GameStarted alone are
// refused for them.
//
// Bodies, payloads and the Extra of an ack alias the datagram: they are valid
// until its buffer is used again. Strings are copies.
//
// # Writing
//
// AppendTo methods and Append functions append a body to a slice and return
// it; AppendMessage puts a body into a bundle. A string is written up to its
// first NUL and up to MaxString bytes, so that no struct can make bytes that a
// parser refuses. Senders keep to the lower limits that deployed servers have
// (MaxUserName and its neighbours) with Charset.Cut of kclient/text.
//
// ParseBundle, AppendBundleHeader, AppendMessage and the functions for game
// data and game cache allocate nothing when their slices have room: they run
// for every frame.
//
// # Text
//
// Every string in a struct holds the raw bytes of the wire. kclient/text turns them
// into UTF-8 and back, and makes them fit for people's eyes.
//
// # What it must not do
//
// It does no I/O, reads no clock, starts no goroutine and keeps no state: all
// of it may be called from several goroutines at once on different buffers. It
// does not number messages, order them or choose what to repeat (that is
// kclient/link), and does not know what game data means (kclient/lockstep).
package wire
