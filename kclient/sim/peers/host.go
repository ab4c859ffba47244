package peers

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
)

// HostConfig says which emulator a Host is, and in which game.
type HostConfig struct {
	Player  int // from 0
	Players int
	Size    int // bytes of one input, at least 4

	// Repeats makes it an emulator that repeats a call until it returns a frame, and runs its machine only then
	// (Nestopia). Most run a frame on every call, with neutral input of all players when the call returns 0 (RMG-K,
	// FBNeo and FB Alpha, Gens, Mupen64).
	Repeats bool
}

// Host is a model of an emulator on top of a client library: of what it does with kailleraModifyPlayValues. Its machine
// is a number that depends on every input it has run, in order. It is not safe for concurrent use.
type Host struct {
	config  HostConfig
	values  []byte
	digest  uint64
	digests []uint64
	given   []int // for each call: in which frame of the machine its input was given
	lags    []lag
}

// lag is how old the own input was in a frame of the machine.
type lag struct{ frame, frames int }

// NewHost switches a machine on.
func NewHost(c HostConfig) *Host {
	return &Host{config: c, values: make([]byte, c.Size*c.Players)}
}

// Call is a client's kailleraModifyPlayValues: values begins with the own input and has room for everybody's; it
// returns 0, with values untouched, or the length of the combined frame.
type Call func(values []byte) (n int, err error)

// Frame runs one frame of the machine. An error is the call's, and the machine has not run then.
func (h *Host) Frame(call Call) error {
	for {
		h.input(h.values[:h.config.Size])
		h.given = append(h.given, len(h.digests))
		n, err := call(h.values)
		switch {
		case err != nil:
			return err
		case n > 0:
			h.look()
		case h.config.Repeats:
			continue
		default:
			clear(h.values)
		}
		h.run()
		return nil
	}
}

// input is which player gives it and in which call.
func (h *Host) input(b []byte) {
	clear(b)
	b[0] = byte(h.config.Player + 1)
	binary.LittleEndian.PutUint16(b[1:], uint16(len(h.given)+1))
	b[3] = 7
}

// look finds the own input in a combined frame, and how long ago it was given.
func (h *Host) look() {
	own := h.values[h.config.Player*h.config.Size:]
	call := int(binary.LittleEndian.Uint16(own[1:])) - 1
	if own[0] != byte(h.config.Player+1) || call < 0 || call >= len(h.given) {
		return // zeros
	}
	h.lags = append(h.lags, lag{len(h.digests), len(h.digests) - h.given[call]})
}

func (h *Host) run() {
	sum := fnv.New64a()
	sum.Write(binary.LittleEndian.AppendUint64(nil, h.digest))
	sum.Write(h.values)
	h.digest = sum.Sum64()
	h.digests = append(h.digests, h.digest)
}

// Digests are the state of the machine after each of its frames. Two machines that ran the same inputs in the same
// frames have the same ones.
func (h *Host) Digests() []uint64 { return h.digests }

// Calls is how often it called.
func (h *Host) Calls() int { return len(h.given) }

// OwnLag is how many frames of the machine lie between giving an input and seeing it in the combined frame, in those of
// its frames that come after the given one: the least and the most. ok is false when the own input was never seen
// there.
//
// EmuLinker gives what a player put in first back much later, and throws what came after that away: on it look from 2 ×
// (2 × Hmax - d + 5) batches on. A game of more than 65,535 calls is too long for this.
func (h *Host) OwnLag(from int) (least, most int, ok bool) {
	for _, l := range h.lags {
		switch {
		case l.frame < from:
		case !ok:
			least, most, ok = l.frames, l.frames, true
		default:
			least, most = min(least, l.frames), max(most, l.frames)
		}
	}
	return least, most, ok
}

// SaveLines are the n lines of chat as which 1964 and Project64k send a save before the game starts: 100 bytes of it in
// each, an end line, and the one that starts the game.
func SaveLines(n int) (lines []string) {
	for i := range n - 2 {
		lines = append(lines, fmt.Sprintf("!MEMPAK%d=%s", i, strings.Repeat("x", 100)))
	}
	return append(lines, "!MEMPAKEND", "!!!StartGame!!!")
}
