package lab_test

import (
	"fmt"
	"time"

	"kbridge/kclient/sim/lab"
	"kbridge/kclient/sim/network"
)

// Ten minutes of two players on lines that lose a tenth of everything.
func ExampleRun() {
	weather := lab.Weather{Name: "mine", Line: network.Loss(0.10)}
	for _, s := range lab.Strategies {
		r, err := lab.Run(lab.Config{Strategy: s, Weather: weather, Connections: []int{1, 1}, Seed: 1,
			Length: 10 * time.Minute})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: %d desyncs, lost a game: %v\n", s, r.Desyncs, r.GamesLost > 0)
	}
	// Output:
	// ours: 0 desyncs, lost a game: false
	// classic: 0 desyncs, lost a game: true
	// floor: 0 desyncs, lost a game: false
}
