// Package kclient is a Kaillera client: it logs in to a server, follows the
// lobby, creates and joins rooms, and plays games in lockstep.
//
// # How it is used
//
// [Dial] returns a [Client]. [Client.Create] and [Client.Join] return a [Room];
// when its owner starts the game, [Room.WaitStart] returns the [Game]. The
// emulation loop then calls [Game.Exchange] once a frame, and runs one frame of the
// machine for each call: with neutral input of all players as long as nothing has
// come back, with everybody's input from then on. What other users do
// arrives as events through [Client.NextEvent]; the lists that the methods return
// are kept up to date whether or not events are read.
//
// [Room.Chat] does not wait. Hundreds of lines may be said at once, as emulators do that
// send saves in this way: they go out in order, at a pace that leaves a game its place
// on the line. [ErrChatFull] says that a line was not taken, and [ChatLost] that lines
// which were taken are not known to have arrived.
//
// # Threads
//
// All methods may be called from any goroutine; only one goroutine at a time may
// be in [Game.Exchange] (or [Game.Submit] and [Game.Receive]) of a game. One
// goroutine per session reads the socket and owns every timer. The goroutine that
// calls Exchange sends its own datagrams, under the session's lock, so that the way
// out has no hop between goroutines; the way in has one, from the reader to the
// waiting Exchange. Every wait ends: with an answer, with the context, or with a
// [*TimeoutError] that says what was waited for.
//
// # Text
//
// Text is UTF-8 without control characters. Bytes of other users that the session's
// charset does not define are in it as code points for private use, so that what comes
// from the wire can go back to it as it was, and two names that differ stay
// two; [kbridge/kclient/text.Shown] makes it fit for people's eyes.
//
// What is sent is composed (a Mac has "é" as two characters) and encoded. Text with a character that the session's
// charset does not have is not sent: a [*CharsetError] names the character.
//
// # What it must not do
//
// It prints nothing (a logger may be given in [Config]), calls nobody back, and
// starts no process. It speaks only what deployed servers understand; the wire is
// described in kclient/wire/WIRE.md.
package kclient
