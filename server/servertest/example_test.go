package servertest_test

import (
	"fmt"
	"testing"

	"kbridge/server"
	"kbridge/server/servertest"
)

// In a test, one line is enough; options change the server first.
func ExampleStart() {
	test := func(t *testing.T) {
		srv := servertest.Start(t)
		fmt.Println("say HELLO to", srv.Addr)

		small := servertest.Start(t, func(c *server.Config) { c.MaxUsers = 1 })
		fmt.Println("and here to", small.Addr)
	}
	_ = test
	// Output:
}
