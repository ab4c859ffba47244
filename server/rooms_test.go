package server_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// FuzzRooms plays whole rooms of random peers against a server: the bytes are the script of a scene, see scene.
func FuzzRooms(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(scriptOf(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 {
			return
		}
		playScene(t, data)
	})
}

// TestRandomRooms plays random scenes: some of the same seeds every time, or, with KBRIDGE_ROOMS_SECONDS, as many as fit into that
// time from a seed that is printed, or is KBRIDGE_ROOMS_SEED. A seed alone plays again with KBRIDGE_ROOMS_SECONDS=0.
func TestRandomRooms(t *testing.T) {
	seed, scenes, end := uint64(1), 40, time.Time{}
	if s := os.Getenv("KBRIDGE_ROOMS_SECONDS"); s != "" {
		seconds, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("KBRIDGE_ROOMS_SECONDS=%q is no number of seconds", s)
		}
		end, scenes = time.Now().Add(time.Duration(seconds)*time.Second), 1<<30
		seed = uint64(time.Now().Unix())
		if s := os.Getenv("KBRIDGE_ROOMS_SEED"); s != "" {
			if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
				t.Fatalf("KBRIDGE_ROOMS_SEED=%q is no number", s)
			}
		}
	}
	first := seed
	done := map[string]int{}
	for ; scenes > 0 && !t.Failed(); scenes-- {
		// Not through t: when a scene ends the process, this is the last line.
		fmt.Printf("rooms: seed %d\n", seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			for name, n := range playScene(t, scriptOf(seed)) {
				done[name] += n
			}
		})
		seed++
		if !end.IsZero() && time.Now().After(end) {
			break
		}
	}
	t.Logf("seeds %d to %d; actions %v", first, seed-1, done)
	if t.Failed() {
		t.Logf("to replay: KBRIDGE_ROOMS_SECONDS=0 KBRIDGE_ROOMS_SEED=%d go test -run TestRandomRooms ./server", seed-1)
	}
}
