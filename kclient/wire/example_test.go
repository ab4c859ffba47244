package wire_test

import (
	"fmt"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// A client logs in: its first datagram to the session port, and what a server
// reads from it.
func Example() {
	latin, _ := text.LookupCharset("windows-1252")
	login := wire.LoginRequest{
		User:       latin.Cut(latin.Encode("Käthe"), wire.MaxUserName),
		Emulator:   "chip8 1.0",
		Connection: wire.LAN,
	}
	datagram := wire.AppendBundleHeader(nil, 1)
	datagram = wire.AppendMessage(datagram, 0, wire.TypeLogin, login.AppendTo(nil))
	fmt.Printf("% x\n", datagram)

	var room [wire.MaxBundle]wire.Message // reused for every datagram
	messages, err := wire.ParseBundle(datagram, room[:0])
	if err != nil {
		return // the whole datagram is refused
	}
	for _, m := range messages {
		switch m.Type {
		case wire.TypeLogin:
			login, err := wire.ParseLoginRequest(m.Body)
			fmt.Println(m.Seq, m.Type, text.Sanitise(latin.Decode(login.User)), login.Emulator, login.Connection, err)
		}
	}
	// Output:
	// 01 00 00 12 00 03 4b e4 74 68 65 00 63 68 69 70 38 20 31 2e 30 00 01
	// 0 login Käthe chip8 1.0 LAN <nil>
}

func ExampleParseHelloReply() {
	port, err := wire.ParseHelloReply([]byte("HELLOD00D27889\x00"))
	fmt.Println(port, err)
	_, err = wire.ParseHelloReply([]byte("TOO\x00"))
	fmt.Println(err == wire.ErrServerFull)
	// Output:
	// 27889 <nil>
	// true
}

// The user list of a busy server goes out in several messages.
func ExampleSplitServerStatus() {
	users := make([]wire.StatusUser, 60)
	for i := range users {
		users[i] = wire.StatusUser{Name: fmt.Sprint("player ", i), Ping: 30, State: wire.UserIdle, UserID: uint16(i),
			Connection: wire.Good}
	}
	parts := 0
	wire.SplitServerStatus(users, nil, func(part wire.ServerStatus) {
		parts++
		_ = part.AppendTo(nil) // the body of one message of TypeServerStatus
	})
	fmt.Println(parts, "messages")
	// Output: 4 messages
}
