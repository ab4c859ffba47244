package framecache_test

import (
	"fmt"

	"kbridge/kclient/framecache"
)

// A sender and a receiver that see the same payloads in the same order hold the same entries at the same positions.
func Example() {
	sender, receiver := framecache.New(framecache.Window), framecache.New(framecache.Window)
	for _, payload := range []string{"idle", "jump", "idle", "idle", "left"} {
		if pos, ok := sender.Find([]byte(payload)); ok {
			got, _ := receiver.At(pos) // what game cache (13) does at the other end
			fmt.Printf("13 %d: %s\n", pos, got)
			continue
		}
		sender.Add([]byte(payload))
		receiver.Add([]byte(payload)) // what game data (12) does at the other end
		fmt.Printf("12 %s\n", payload)
	}
	// Output:
	// 12 idle
	// 12 jump
	// 13 0: idle
	// 13 0: idle
	// 12 left
}

// Once the cache is full the numberings part: a window shifts down by one, a ring overwrites in place.
func ExampleNumbering() {
	window, ring := framecache.New(framecache.Window), framecache.New(framecache.Ring)
	for i := range framecache.Slots + 1 {
		window.Add([]byte{byte(i >> 8), byte(i)})
		ring.Add([]byte{byte(i >> 8), byte(i)})
	}
	newest := []byte{1, 0} // the 257th
	w, _ := window.Find(newest)
	r, _ := ring.Find(newest)
	fmt.Println("window", w, "ring", r)
	// Output: window 255 ring 0
}
