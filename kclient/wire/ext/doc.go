// Package ext is what only our own two ends say to each other: tickets, moves, a game's history, and messages about a
// player who comes back. WIRE.md, beside this file, has the bytes. A server offers it in the trailing bytes of its
// first S 05, a client that knows the offer answers in those of its C 06, and nobody else is ever sent any of it.
//
// The rules of package wire for hostile bytes, slices and allocation hold here too.
package ext
