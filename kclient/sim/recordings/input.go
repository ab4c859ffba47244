package recordings

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// ReadInput is what one player's emulator sent in a real game, 24 bytes for each frame; the test is skipped where there
// are no recordings.
func ReadInput(t testing.TB) (frames [][]byte) {
	t.Helper()
	const name = "n64-smash-p1.txt"
	for line := range strings.Lines(string(read(t, name))) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "x"); ok { // the last one so often again
			times, err := strconv.Atoi(n)
			if err != nil || len(frames) == 0 {
				t.Fatalf("%s: %q", name, line)
			}
			for range times {
				frames = append(frames, frames[len(frames)-1])
			}
		} else if line != "" {
			frame, err := hex.DecodeString(line)
			if err != nil {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
			frames = append(frames, frame)
		}
	}
	return frames
}
