// Command demo shows kbridge at work on one machine: it starts kaillera-server on loopback and two separate chip8
// emulators, one of which creates a room that the other joins, draws both screens side by side while the computer plays
// both sides, and compares the two machines after every frame of theirs. `make demo` runs it.
//
// The comparison does not go through the netplay: each emulator reports the digest of its machine through a pipe
// of its own. Each reaches the server through a relay that delays and loses datagrams, and the two are at different
// distances, since players are: frame n of one machine is frame n of the other only if calls are lined up.
//
// The exit status is 0 only if both emulators played all frames and their machines were equal in every one.
//
// It is a user of the programs, so it must not import the packages that they are made of.
package main
