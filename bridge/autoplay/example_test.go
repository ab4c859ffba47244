package autoplay_test

import (
	"fmt"

	"kbridge/bridge"
	"kbridge/bridge/autoplay"
)

// A session whose dialogs do what the environment says.
func Example() {
	session := bridge.New(bridge.Config{UI: autoplay.New(nil)})
	session.Init()
	defer session.Shutdown()
}

func ExampleReadSettings() {
	environment := map[string]string{"KAILLERA_SERVER": "127.0.0.1", "KAILLERA_PLAYERS": "9"}
	_, err := autoplay.ReadSettings(func(name string) string { return environment[name] })
	fmt.Println(err)
	// Output:
	// KAILLERA_PLAYERS is "9"; it takes a number from 1 to 8
}
