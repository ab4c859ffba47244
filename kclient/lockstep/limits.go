package lockstep

// Everything a peer, or a caller, can make this package hold is bounded by these numbers.
const (
	// MaxPlayers in a room (deployed servers' hard cap).
	MaxPlayers = 8

	// MaxConnection is the slowest connection type, Bad: so many frames in one game data. The fastest, LAN, is 1
	// (protocol notes).
	MaxConnection = 6

	// MaxFrameSize is the most bytes of one player's input in one frame. The protocol notes know sizes from 2 (MAME)
	// over 24 (N64 raw) to "a few hundred"; 512 leaves room above those and keeps the largest game data (MaxPayload)
	// far below what the u16 length of a message can say.
	MaxFrameSize = 512

	// MaxPayload is the longest game data: six frames of eight players, 24,576 bytes. A client's own is at most
	// MaxConnection × MaxFrameSize = 3,072.
	MaxPayload = MaxConnection * MaxPlayers * MaxFrameSize

	// MaxFrameDelay is the largest d that a game may start with. EmuLinker's floor(60 / c × ping seconds + 1) gives 61
	// for its largest ping of one second; four times that is more than anybody can play with, and bounds the queues
	// below. The u16 on the wire could ask for 65,535.
	MaxFrameDelay = 255

	// MaxSpare is the most combined frames that a Mixer keeps beyond what the game needs: ten seconds.
	MaxSpare = 600

	// catchUpSpare is how many batches more than the frame delay a player may have and not have run yet when it takes
	// up its input again. It is below queueSpare, which such a player is measured with from then on.
	catchUpSpare = 4

	// maxLate is how many frames too late the input of a player may be who rejoins, for the others to wait for it from
	// then on: half a second, once. It makes up for the round trip, and for an emulator that paces itself and would
	// stay behind by that much for ever.
	maxLate = 30

	// maxSentBytes bounds the payloads that a client's outgoing cache keeps: all 256 of up to 1,024 bytes, which is
	// more than deployed emulators send (six frames of 24 bytes are 144). Of larger ones the oldest are forgotten, and
	// go out whole when they come again.
	maxSentBytes = 256 << 10

	// queueSpare is how many batches more than needed each side queues before it calls the peer broken. Exactly d + 1
	// are needed: a client sends its batch b only after it was given message b - d - 1, and a server's message m needs
	// the client's batch m. The spare is for a peer that counts its frame delay a little differently.
	queueSpare = 8
)

// queueBatches is how many batches may wait on one side of a player whose start message said frameDelay.
//
// The memory behind it: a client's queue is queueBatches × c × size × players bytes, a server's room about the same as
// its slowest player's. A usual game (c = 1, d = 2, 24 bytes, 4 players) needs about 1 KiB; the worst settings, 255 × 6
// × 512 × 8, need 6.5 MB. An incoming cache holds at most 256 payloads (24 KiB in that usual game; in the worst 0.8 MB
// on a server, 6.3 MB on a client), an outgoing one no more than its bound; both grow only by payloads that were really
// sent.
func queueBatches(frameDelay int) int { return frameDelay + 1 + queueSpare }
