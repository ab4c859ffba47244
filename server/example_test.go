package server_test

import (
	"fmt"
	"net"
	"time"

	"kbridge/server"
)

// A server for friends on this machine, asked by a server list's ping, and ended.
func Example() {
	s, err := server.New(server.Config{Name: "friends only", MaxUsers: 16})
	if err != nil {
		fmt.Println(err)
		return
	}
	query, game, err := server.Listen("127.0.0.1:0", 0) // ":27888" for everybody
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(query, game) }()

	conn, err := net.Dial("udp", query.LocalAddr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	answer := make([]byte, 16)
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	conn.Write([]byte("PING\x00"))
	n, err := conn.Read(answer)
	fmt.Printf("%q %v\n", answer[:n], err)

	s.Close("that was all")
	fmt.Println(<-served)
	// Output:
	// "PONG\x00" <nil>
	// <nil>
}
