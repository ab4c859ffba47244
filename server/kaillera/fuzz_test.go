package kaillera

import (
	"testing"
	"time"

	"kbridge/kclient/wire"
)

// FuzzDatagrams feeds datagrams from a few addresses, some of them players in a
// game, and lets time pass between them. The server must live, keep its books in
// order, and still serve somebody who behaves.
//
// The input is a list of records: one byte for the address (and, above 7F, how
// long to wait first), one for the length, the datagram.
func FuzzDatagrams(f *testing.F) {
	record := func(who byte, d []byte) []byte { return append([]byte{who, byte(len(d))}, d...) }
	join := func(rs ...[]byte) (out []byte) {
		for _, r := range rs {
			out = append(out, r...)
		}
		return out
	}
	// begin is two players in a game, a third user in the lobby, and the numbers of their next messages.
	begin := func(t testing.TB) (b *box, next []uint16) {
		b = newBox(t, Config{})
		users := b.game(2, wire.Good)
		third := b.client(102, "third")
		third.login()
		for _, c := range append(users, third) {
			next = append(next, uint16(c.link.Stats().MessagesSent))
			b.remove(c) // from here on the input speaks for them
		}
		return b, next
	}
	_, next := begin(f)
	ack := wire.ClientAck{}.AppendTo(nil)
	f.Add(record(0, wire.AppendHello(nil)))
	f.Add(join(record(5, loginDatagram("zoe")), record(5, one(1, wire.TypeClientAck, ack)),
		record(5, one(2, wire.TypeClientAck, ack))))
	for _, s := range []struct {
		t wire.Type
		b []byte
	}{
		{wire.TypeGameData, wire.AppendGameData(nil, []byte{1, 2})},
		{wire.TypeGameCache, wire.AppendGameCache(nil, 3)},
		{wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil)},
		{wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil)},
		{wire.TypeUserQuit, wire.QuitRequest{Message: "x"}.AppendTo(nil)},
		{wire.TypeGlobalChat, wire.ChatRequest{Text: "\x1b"}.AppendTo(nil)},
		{wire.TypeKick, wire.KickRequest{UserID: 2}.AppendTo(nil)},
		{wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil)},
		{wire.TypeCreateGame, wire.CreateRequest{Game: "x"}.AppendTo(nil)},
		{wire.TypeJoinGame, wire.JoinRequest{GameID: 1}.AppendTo(nil)},
		{wire.TypeUserQuit, []byte{1}},
		{wire.TypeJoinGame, []byte{1}},
		{wire.TypeQuitGame, []byte{1}},
	} {
		said := func(user int) []byte { return one(next[user], s.t, s.b) }
		f.Add(join(record(0, said(0)), record(0x81, said(1)), record(2, said(2))))
	}
	// A login beside a malformed answer.
	f.Add(record(5, append(wire.AppendMessage([]byte{2}, 1, wire.TypeClientAck, []byte{1}),
		loginDatagram("zoe")[1:]...)))
	// A hole that stays until the message is given up, in a game.
	beyond := one(next[0]+1, wire.TypeGlobalChat, wire.ChatRequest{Text: "x"}.AppendTo(nil))
	f.Add(join(record(0, beyond), record(0xF8, beyond)))
	f.Fuzz(func(t *testing.T, in []byte) {
		b, _ := begin(t)
		addrs := []addrPort{hostAddr(100), hostAddr(101), hostAddr(102), hostAddr(200), hostAddr(201), hostAddr(202),
			hostAddr(203), hostAddr(204)}
		for range 200 {
			if len(in) < 2 {
				break
			}
			who, n := in[0], min(int(in[1]), len(in)-2)
			if who > 0x7F {
				b.pass(time.Duration(who-0x7F) * time.Second / 4)
			}
			b.raw(addrs[who%8], in[2:2+n])
			in = in[2+n:]
			b.check()
		}
		b.pass(5 * time.Second)
		b.check()
		good := b.client(999, "good")
		good.login()
		b.pass(5 * time.Minute)
		b.check()
		if len(b.s.pending.byAddr) != 0 || len(b.s.hosts) != 0 || b.s.logins.n != 0 {
			t.Fatal("unfinished logins are left")
		}
	})
}
