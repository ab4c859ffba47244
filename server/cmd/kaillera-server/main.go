// Command kaillera-server is a Kaillera server as a program of its own.
//
//	kaillera-server -listen :27888 -name "My server" -max-users 50
//
// It logs to standard error; Ctrl-C (or SIGTERM) tells everyone and ends it with
// exit code 0. Wrong flags end it with 2, a port in use with 1.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}
