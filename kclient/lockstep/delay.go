package lockstep

import (
	"slices"
	"time"
)

// Delay is the frame delay in frames, D = (d + 1) × c - 1, of a client with this connection type (1 to 6) and the frame
// delay d of the start message: so many calls return nothing, from then on each returns one combined frame.
func Delay(connection, frameDelay int) int { return (frameDelay+1)*connection - 1 }

// FrameDelay is the d that EmuLinker gives a player of this connection type (1 to 6) and ping: floor(60 / c × ping
// seconds + 1), how many batches fit into the ping, and one. It is kept within 1 and MaxFrameDelay.
func FrameDelay(connection int, ping time.Duration) int {
	if ping <= 0 || connection < 1 {
		return 1
	}
	ping = min(ping, time.Hour) // 60 times it must not overflow
	return int(min(60*ping/time.Duration(connection)/time.Second+1, MaxFrameDelay))
}

// FrameDelays is the d of each player of a game: FrameDelay in a room of one connection type. Where types are mixed, a
// player who is given c frames at once needs the last of them when it runs the first, and another one's input may wait
// up to c - 1 frames until its batch is full. In a room of one type groups and batches end together, in a mixed one
// they do not, and each player gets c - 1 frames more for it, in whole batches. Without them games of mixed types stall
// with every group, on lines that lose nothing too: types 1, 2, 3 and 4 over cable 6.6 s a minute, with them 0.9 s,
// nearly all of it while the game begins (make sim).
func FrameDelays(connections []int, pings []time.Duration) []int {
	delays := make([]int, len(connections))
	mixed := slices.ContainsFunc(connections, func(c int) bool { return c != connections[0] })
	for i, c := range connections {
		ping := pings[i]
		if mixed {
			ping += time.Duration(c-1) * time.Second / 60
		}
		delays[i] = FrameDelay(c, ping)
	}
	return delays
}
