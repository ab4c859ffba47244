package lockstep_test

import (
	"fmt"

	"kbridge/kclient/lockstep"
)

// Two clients and a server play three frames; a real program has a network where this one calls directly.
func Example() {
	server, err := lockstep.NewMixer(lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{1, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var clients [2]*lockstep.Batcher
	for i := range clients {
		clients[i], err = lockstep.NewBatcher(lockstep.BatcherConfig{Connection: 1, FrameDelay: 1, Players: 2})
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	inputs := [2]string{"AAAA", "abba"}
	values := make([]byte, 2) // room for one byte of each player
	for frame := range 4 {
		// Each emulator hands in its own input of this frame …
		for i, c := range clients {
			out, send, err := c.Collect([]byte{inputs[i][frame]})
			if err != nil {
				fmt.Println(err)
				return
			}
			if send && out.Cached {
				err = server.InputCached(i, out.Position)
			} else if send {
				err = server.Input(i, out.Payload)
			}
			if err != nil {
				fmt.Println("player", i, "would be dropped:", err)
			}
		}
		// … the server sends what is ready for each …
		for i, c := range clients {
			for out, ok := server.Next(i); ok; out, ok = server.Next(i) {
				if out.Cached {
					err = c.ReceiveCached(out.Position)
				} else {
					err = c.Receive(out.Payload)
				}
				if err != nil {
					fmt.Println("the game would end:", err)
				}
			}
		}
		// … and each emulator gets the combined frame, or nothing yet.
		for i, c := range clients {
			n, ok := c.Next(values)
			fmt.Printf("frame %d player %d: %q %v\n", frame, i, values[:n], ok)
		}
	}
	// Output:
	// frame 0 player 0: "" true
	// frame 0 player 1: "" true
	// frame 1 player 0: "Aa" true
	// frame 1 player 1: "Aa" true
	// frame 2 player 0: "Ab" true
	// frame 2 player 1: "Ab" true
	// frame 3 player 0: "Ab" true
	// frame 3 player 1: "Ab" true
}

// With connection type 3 (Good) the fourth call's input waits for two more; frames come back three at once.
func ExampleBatcher() {
	b, _ := lockstep.NewBatcher(lockstep.BatcherConfig{Connection: 3, FrameDelay: 0, Players: 1})
	fmt.Println("frame delay", b.Delay())
	for call, input := range "abcdef" {
		out, send, _ := b.Collect([]byte(string(input)))
		if send {
			fmt.Printf("call %d sends %q\n", call+1, out.Payload)
			b.Receive(out.Payload) // what a room of one player gets back
		}
		frame := make([]byte, 1)
		if n, _ := b.Next(frame); n > 0 {
			fmt.Printf("call %d returns %q\n", call+1, frame[:n])
		}
	}
	// Output:
	// frame delay 2
	// call 3 sends "abc"
	// call 3 returns "a"
	// call 4 returns "b"
	// call 5 returns "c"
	// call 6 sends "def"
	// call 6 returns "d"
}

// A player who drops stays in the layout as zeros; the others go on.
func ExampleMixer_Drop() {
	m, _ := lockstep.NewMixer(lockstep.MixerConfig{Connections: []int{1, 1, 1}, FrameDelays: []int{1, 1, 1}})
	m.Input(0, []byte("A"))
	m.Input(2, []byte("C"))
	fmt.Printf("waits for player 1: %v\n", m.Waiting().Has(1))
	m.Drop(1)
	out, _ := m.Next(0)
	fmt.Printf("%q\n", out.Payload)
	// Output:
	// waits for player 1: true
	// "A\x00C"
}
