// Package playback plays .krec recordings through an emulator, and keeps the shelf
// that they stand on.
//
// A Playback is a bridge.Game: it hands the emulator what kailleraModifyPlayValues
// returned in the recorded game, at sixty frames a second or as the listener likes,
// and never anything else, so that the emulator plays the same game again.
//
// What it must not do: believe a file. Frames that do not fit the number of
// players, names and lengths are refused or cut; a file that breaks off is played up
// to there.
package playback
