// Command line stands between a program and a server, as far away as it is told:
//
//	line -server 127.0.0.1:27888 -distance 45
//
// It prints the address that the program takes for its server, and forwards until it is ended. test.sh puts its players
// at different distances with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"kbridge/examples/internal/relay"
)

func main() {
	server := flag.String("server", "", "`address` of the server, IP:port")
	distance := flag.String("distance", "0", "how long a datagram takes, one way, in milliseconds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *server, *distance); err != nil {
		fmt.Fprintf(os.Stderr, "line: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, server, distance string) error {
	address, err := netip.ParseAddrPort(server)
	if err != nil {
		return fmt.Errorf("-server: %w", err)
	}
	far, err := relay.ParseDistances(distance, 1)
	if err != nil {
		return fmt.Errorf("-distance: %w", err)
	}
	r, err := relay.New(address, relay.Line{Delay: far[0]}.Ways(1))
	if err != nil {
		return err
	}
	fmt.Println(r.Addr())
	<-ctx.Done()
	return r.Close()
}
