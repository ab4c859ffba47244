package wire

import "kbridge/kclient/wire/internal/field"

// Limits on strings, in bytes on the wire without the NUL. They are
// EmuLinker's: what is longer, it refuses or cuts, so a sender keeps within
// them (text.Charset.Cut). Parsers accept up to MaxString.
const (
	MaxUserName     = 31  // EmuLinker; n02 holds 32 with the NUL
	MaxEmulatorName = 127 // EmuLinker; n02 holds 128 with the NUL
	MaxGameName     = 127 // the same
	MaxChat         = 150 // EmuLinker, global chat (07)
	MaxGameChat     = 320 // EmuLinker, game chat (08)
	MaxQuitMessage  = 100 // EmuLinker, quit message (01)
)

// MaxString is the longest string that a parser takes and AppendTo writes, in
// bytes without the NUL: three times the longest that a deployed peer is known
// to send (MaxGameChat), so that no peer is refused for a limit of its own.
const MaxString = field.MaxString

// Limits on the rest.
const (
	// MaxPlayers is how many players a game has: the classic C API says that
	// an emulator's buffer holds 8 x size bytes.
	MaxPlayers = 8
	// MaxBundle is how many messages a bundle may hold: EmuLinker takes 1..32.
	// Since every handshake text starts with a letter (> 32), none of them
	// can be taken for a bundle on a port that serves both.
	MaxBundle = 32
	// MaxDatagram is how large a sender makes a datagram, in bytes of UDP
	// payload, unless one message alone is larger: below the 1,500 of
	// Ethernet with room for IPv6, PPPoE and tunnels (protocol notes).
	MaxDatagram = 1400
	// MaxBody is the longest body: the u16 length counts the type byte.
	MaxBody = 0xFFFF - 1
	// MaxGameData is the longest game data payload: a body less its empty
	// string and its u16 length.
	MaxGameData = MaxBody - 3
	// StatusPart is how many bytes of list SplitServerStatus aims at for one
	// message, as EmuLinker does.
	StatusPart = 300
	// MaxListPlayers is the most that the counts of a StatusGame say: its
	// text could hold any number, but the same counts are u8 in a GameStatus.
	MaxListPlayers = 255
)
