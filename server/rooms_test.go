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

// seedsInBlock is how many scenes a campaign plays before it says where it is: a scene that ends the process cannot say
// its seed, and is found again from the start of its block within seconds.
const seedsInBlock = 50

// faultySeeds have found something.
var faultySeeds = []uint64{
	7342,       // what is said in a room, beside frames after a stall, was more than n02 holds
	105346387,  // a line is cut twice in a row, and the player gives up before it can know that the server has
	1795807484, // a rogue gives the game its size while an honest player is away, who then cannot rejoin
}

// TestRandomRooms plays random scenes: some of the same seeds every time, or, with KBRIDGE_ROOMS_SECONDS, as many as
// fit into that time from KBRIDGE_ROOMS_SEED on, else from a seed that the clock gives. With 0 seconds it is that one
// seed.
func TestRandomRooms(t *testing.T) {
	seed, scenes, end := uint64(1), 40, time.Time{}
	campaign := os.Getenv("KBRIDGE_ROOMS_SECONDS")
	if campaign != "" {
		seconds, err := strconv.Atoi(campaign)
		if err != nil {
			t.Fatalf("KBRIDGE_ROOMS_SECONDS=%q is no number of seconds", campaign)
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
	defer func() { // synctest.Test does not return when a scene fails
		if t.Failed() {
			t.Logf("to replay: KBRIDGE_ROOMS_SECONDS=0 KBRIDGE_ROOMS_SEED=%d go test -run TestRandomRooms ./server",
				seed)
		}
	}()
	done := map[string]int{}
	for n := range scenes {
		if campaign != "" && n%seedsInBlock == 0 {
			fmt.Printf("rooms: from seed %d on\n", seed) // not through t, which does not write before a panic
		}
		for name, n := range playScene(t, scriptOf(seed)) {
			done[name] += n
		}
		if seed++; campaign != "" && !time.Now().Before(end) {
			break
		}
	}
	t.Logf("seeds %d to %d: %v", first, seed-1, done)
	if campaign == "" {
		for _, seed = range faultySeeds {
			playScene(t, scriptOf(seed))
		}
	}
}
