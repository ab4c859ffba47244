// Command demo proves the MAME plugin on one machine: it starts kaillera-server on loopback and, for each scene, two
// MAMEs on virtual screens, which scripted players play, and compares the digests of both machines and of their
// pictures. `make demo-mame` runs it, and `make test-mame` runs it with -short.
//
// What each MAME did does not come through the netplay: the plugin writes digests to a file of its own. In scenes with
// a bad
// line each MAME reaches the server through a relay that loses and delays datagrams. Screenshots of the two screens
// side by side are kept, for a person to look at.
//
// The exit status is 0 only if all machines played all frames, were equal in every compared frame, saw
// input change them, and kept the speed that was asked for; and if players of different MAMEs were turned away.
//
// It is a user of the programs, so it must not import the packages that they are made of.
package main
