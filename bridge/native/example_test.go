package native_test

import (
	"fmt"
	"runtime"

	"kbridge/bridge/native"
)

// A Go program that plays through a client library.
func Example() {
	runtime.LockOSThread()
	library, err := native.Open("build/libkailleraclient.so")
	if err != nil {
		fmt.Println(err)
		return
	}
	library.Init()
	library.SetInfos(native.Infos{
		AppName: "example 1.0",
		Games:   []string{"Duel"},
		Game: func(game string, player, players int) int {
			const size = 4
			values := make([]byte, native.MaxPlayers*size)
			for library.ModifyPlayValues(values, size) >= 0 {
				// advance the machine
			}
			return 0
		},
	})
	library.SelectServerDialog(0)
	library.Shutdown()
}
