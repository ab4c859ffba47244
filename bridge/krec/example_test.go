package krec_test

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"kbridge/bridge/krec"
)

func Example() {
	var file bytes.Buffer // or krec.Create, which makes a file
	w, err := krec.NewWriter(&file, krec.Header{
		App: "chip8 1.0", Game: "Duel", Time: time.Unix(1700000000, 0),
		Player: 1, Players: 2, Names: []string{"ann", "bob"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Frame(nil)                            // inside the frame delay
	w.Chat("bob", "good luck")              // shown before the next frame
	w.Frame([]byte{0x01, 0x00, 0x02, 0x00}) // two players with two bytes each
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	r, err := krec.NewReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Header().Game, r.Header().Names)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		switch rec.Kind {
		case krec.Frame:
			fmt.Println("frame", rec.Values)
		case krec.Chat:
			fmt.Printf("%s: %s\n", rec.Nick, rec.Text)
		case krec.Drop:
			fmt.Printf("%s (player %d) dropped\n", rec.Nick, rec.Player)
		}
	}
	// Output:
	// Duel [ann bob]
	// frame []
	// bob: good luck
	// frame [1 0 2 0]
}

func ExampleFileName() {
	fmt.Println(krec.FileName(time.Unix(1700000000, 0), "Duel: Round 2"))
	// Output: 6553F100_Duel_ Round 2.krec
}
