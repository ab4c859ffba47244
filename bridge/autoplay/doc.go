// Package autoplay is the user interface without a user: it takes its orders
// from the environment, plays one game, and closes the dialog.
//
//	KAILLERA_SERVER      host or host:port of the server; without it there is no dialog
//	KAILLERA_NICK        the player's name; default "Player" and four digits
//	KAILLERA_ROLE        create: open a room; join: wait up to 30 s for one and enter it;
//	                     auto (the default): join one if there is one, else create
//	KAILLERA_GAME        the game, by its name in the emulator's list; default the first
//	KAILLERA_PLAYERS     who opens the room starts the game when so many are in, 1 to 8; default 2
//	KAILLERA_CONNECTION  connection type 1 (LAN, the default) to 6 (Bad)
//	KAILLERA_CHARSET     charset of text on the wire; default the emulator's on Windows (its
//	                     ANSI code page), windows-1252 elsewhere
//	KAILLERA_RECORD      folder for .krec recordings, from the bridge's Folder on; default none
//
// A variable that is set to nothing counts as not set. A wrong value ends the
// dialog with a [*SettingError] that names the variable, what it got and what
// it takes. KAILLERA_LOG, which says where all of it can be read, is
// the bridge's.
//
// # What it must not do
//
// It asks nobody anything, and prints nothing: what happens is in the log.
package autoplay
