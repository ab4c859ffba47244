// Command demo shows kbridge at work on one machine: it starts kaillera-server on loopback and two separate chip8
// emulators, one of which creates a room that the other joins, draws both screens side by side while the computer plays
// both sides, and compares the two machines after every frame. `make demo` runs it.
//
// The comparison does not go through the netplay: each emulator reports the digest of its machine through a pipe
// of its own. With -loss, -delay or -jitter each emulator reaches the server through a relay that loses and delays
// datagrams.
//
// The exit status is 0 only if both emulators played all frames and their machines were equal in every one.
//
// It is a user of the programs, so it must not import the packages that they are made of.
package main
