package autoplay_test

import (
	"kbridge/bridge"
	"kbridge/bridge/autoplay"
)

// A session whose dialogs do what the environment says.
func Example() {
	session := bridge.New(bridge.Config{UI: autoplay.New(nil)})
	session.Init()
	defer session.Shutdown()
}
