// Package lobby is what a player sees when the emulator opens Kaillera: a web page
// that the library serves on 127.0.0.1, opened in the player's browser.
//
// A Lobby is a bridge.UI. Each dialog has a server of its own on a free port, with
// a page (package page) and one WebSocket on which both sides talk (package
// message, and its MESSAGES.md). One goroutine, the desk, owns everything that the
// dialog knows: it takes what pages, sessions and workers put into its inbox, one
// after the other, and tells the pages what changed. Nothing else holds state, and
// nothing else needs a lock.
//
// # Who may talk to it
//
// Only loopback reaches the port. The browser is started with the name of a file that only its user can read (see
// redirect), which leads on to an address with a random token. The token works once, and is exchanged for a cookie.
// Since cookies do not know of ports, the page lies in a folder of a random name, and the cookie belongs to that. Every
// request must name 127.0.0.1 and the port as its host, and the WebSocket must come from a page of that origin: another
// page in the same browser, or a name that was pointed at 127.0.0.1, gets nothing.
//
// # How a dialog ends
//
// With the player's button "back to the emulator", with the emulator's
// kailleraShutdown, or when no page has been there for a while: never while the
// player is in a room, or in a game.
//
// # What it must not do
//
// It listens on nothing but loopback, except for a game server that the player asked to host. It starts no program but
// the browser, with that file and nothing else on the command line. No token gets into the log, and none to stderr but
// where no browser comes. It waits for no page: one that does not read is cut off.
package lobby
