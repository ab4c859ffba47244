// Package settings is the one file with what a player has chosen in the lobby:
// kbridge.toml, which a person can read and edit.
//
// Open never fails. A file that cannot be read as settings is set aside under
// another name, single values that cannot be are replaced by their defaults, and in
// both cases a sentence for the user says so. So is a file that is too large or nests too deep, which the parser never
// sees. Change reads the file again before it
// writes, so that two emulators, or an emulator and a person with an editor, do not
// undo each other's work; it writes to a new file that then takes the old one's
// place.
//
// What it must not do: it knows nothing of the page and of servers, and never
// writes outside of its folder.
package settings
