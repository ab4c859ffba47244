package lockstep

import "time"

// Delay is the frame delay in frames, D = (d + 1) × c - 1, of a client with this connection type (1 to 6) and the frame delay d of the
// start message: so many calls return nothing, from then on each returns one combined frame.
func Delay(connection, frameDelay int) int { return (frameDelay+1)*connection - 1 }

// FrameDelay is the d that EmuLinker gives a player of this connection type (1 to 6) and ping: floor(60 / c × ping seconds + 1), how
// many batches fit into the ping, and one. It is kept within 1 and MaxFrameDelay.
func FrameDelay(connection int, ping time.Duration) int {
	if ping <= 0 || connection < 1 {
		return 1
	}
	ping = min(ping, time.Hour) // 60 times it must not overflow
	return int(min(60*ping/time.Duration(connection)/time.Second+1, MaxFrameDelay))
}
