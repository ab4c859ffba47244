package bridge_test

import (
	"context"
	"fmt"

	"kbridge/bridge"
)

// A host runs the API as the C shim does: it asks what to call, calls it, and
// asks again. This one plays two frames inside its game callback.
func Example() {
	game := newFakeGame() // stands for a *kclient.Game
	game.give([]byte{1, 9})
	game.give([]byte{1, 8})
	s := bridge.New(bridge.Config{UI: runUI(func(ctx context.Context, d *bridge.Dialog) error {
		_, err := d.Play(ctx, bridge.Match{Game: game, Name: bridge.GameName{Entry: "Duel"}})
		return err
	})})
	s.Init()
	s.SetInfos(&bridge.Infos{AppName: "example 1.0", Games: []string{"Duel"}, Callbacks: bridge.Callbacks{Game: 1}})

	const thread = 1
	id, err := s.BeginDialog(thread, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		var c bridge.Call
		code := s.NextCall(id, &c)
		if c.Kind == bridge.CallWait {
			s.Wait(thread, &c)
			continue
		}
		if c.Kind == bridge.CallNone {
			fmt.Println("the dialog returned", code)
			break
		}
		fmt.Printf("gameCallback(%q, %d, %d)\n", c.Game, c.Player, c.Players)
		for range 2 {
			values := make([]byte, bridge.MaxPlayers)
			values[0] = 1
			var c bridge.Call
			n := s.ModifyPlayValues(thread, values, 1, &c)
			for c.Kind != bridge.CallNone { // chat, a player who dropped, or a frame that is not there yet
				if c.Kind == bridge.CallWait {
					s.Wait(thread, &c)
				}
				n = s.ModifyPlayValues(thread, values, 1, &c)
			}
			fmt.Println(n, values[:n])
		}
		s.EndGame()
	}
	s.Shutdown()
	// Output:
	// gameCallback("Duel", 1, 2)
	// 2 [1 9]
	// 2 [1 8]
	// the dialog returned 0
}
