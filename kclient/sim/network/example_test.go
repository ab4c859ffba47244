package network_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"kbridge/kclient/sim/network"
)

// Two conns on a line that takes 20 to 22 ms and loses every tenth millisecond.
func Example() {
	network := network.New(1, network.Loss(0.1))
	server, err := network.Listen(netip.MustParseAddrPort("192.0.2.1:27888"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := network.Listen(netip.AddrPort{}) // a host of its own, a free port
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	buf := make([]byte, 64)
	for try := 1; ; try++ {
		client.WriteToUDPAddrPort([]byte("PING\x00"), server.AddrPort())
		server.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, from, err := server.ReadFromUDPAddrPort(buf)
		if err == nil {
			fmt.Printf("%q from the client: %v\n", buf[:n], from == client.AddrPort())
			return
		}
	}
	// Output: "PING\x00" from the client: true
}

// In a test, a synctest bubble makes an hour pass at once and every run the same.
func ExampleNew_virtualTime() {
	test := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			network := network.New(1, network.Satellite()) // inside the bubble
			// ... Listen, start clients and a server, play for an hour.
			_ = network
		})
	}
	_ = test
}

// A simulation with an event queue of its own asks the path instead of opening conns.
func ExamplePath_Fate() {
	client, server := netip.MustParseAddr("198.18.0.1"), netip.MustParseAddr("192.0.2.1")
	path := network.NewPath(1, client, server, network.Loss(0.2))
	lost := 0
	for frame := range 600 { // ten seconds at 60 frames a second
		if path.Fate(time.Duration(frame)*time.Second/60, 0).Lost {
			lost++
		}
	}
	fmt.Println(lost > 90 && lost < 150)
	// Output: true
}

// A client's NAT forgets its mapping in mid-session.
func ExampleNetwork_Rebind() {
	network := network.New(1, network.LAN())
	client, err := network.Listen(netip.MustParseAddrPort("192.0.2.7:4000"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	after := network.Rebind(client)
	fmt.Println(after.Addr(), after.Port() != 4000, client.LocalAddr())
	// Output: 192.0.2.7 true 192.0.2.7:4000
}
