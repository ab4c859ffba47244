// Package wire turns the bytes of the Kaillera protocol into Go structs and
// back: the handshake texts, bundles of numbered messages, and one struct for
// every message of each direction. WIRE.md beside this file describes the
// bytes.
package wire
