package kclient_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"kbridge/kclient"
	"kbridge/server"
)

// Two players on a server in the same process play a few frames.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	srv, err := server.New(server.Config{Name: "example"})
	if err != nil {
		log.Fatal(err)
	}
	conn, _, err := server.Listen("127.0.0.1:0", 0)
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(conn, nil)
	defer srv.Close("the example is over")
	addr := conn.LocalAddr().String()

	ann, err := kclient.Dial(ctx, addr, kclient.Config{User: "ann", Emulator: "example 1.0"})
	if err != nil {
		log.Fatal(err)
	}
	defer ann.Quit("bye")
	bob, err := kclient.Dial(ctx, addr, kclient.Config{User: "bob", Emulator: "example 1.0"})
	if err != nil {
		log.Fatal(err)
	}
	defer bob.Quit("bye")

	hers, err := ann.Create(ctx, "Pong")
	if err != nil {
		log.Fatal(err)
	}
	his, err := bob.Join(ctx, hers.Info().ID)
	if err != nil {
		log.Fatal(err)
	}
	if err := hers.Start(ctx); err != nil {
		log.Fatal(err)
	}

	// The emulation loop: one byte of input per player and frame. Each call is a frame of the machine.
	play := func(room *kclient.Room, pressed byte, frames int) (last []byte) {
		game, err := room.WaitStart(ctx)
		if err != nil {
			log.Fatal(err)
		}
		values := make([]byte, 8)
		for range frames {
			values[0] = pressed
			n, err := game.Exchange(ctx, values, 1)
			if err != nil {
				log.Fatal(err)
			}
			if n == 0 { // the frame delay: nobody presses anything yet
				n = game.Players()
				clear(values[:n])
			}
			last = append(last[:0], values[:n]...) // run the machine for one frame with it
		}
		return last
	}
	results := make(chan []byte)
	go func() { results <- play(hers, 0x0A, 10) }()
	go func() { results <- play(his, 0x0B, 10) }()
	fmt.Printf("% x\n", <-results)
	fmt.Printf("% x\n", <-results)

	// Output:
	// 0a 0b
	// 0a 0b
}
