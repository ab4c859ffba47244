package environ_test

import (
	"fmt"

	"kbridge/bridge/environ"
)

func ExampleReadOrders() {
	environment := map[string]string{"KAILLERA_SERVER": "127.0.0.1", "KAILLERA_PLAYERS": "9"}
	_, err := environ.ReadOrders(func(name string) string { return environment[name] })
	fmt.Println(err)
	// Output:
	// KAILLERA_PLAYERS is "9"; it takes a number from 1 to 8
}
