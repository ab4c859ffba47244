package kaillera

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// FuzzSession is four clients that go through sessions by the rules and then
// break them: well-formed messages at the wrong moment, mutated ones, mutated and
// repeated datagrams, silence, strangers with their names. After every step the
// server's books must be in order, and all that it sends must be well-formed and
// fit to be shown; in the end two who behave still get a room and a game, and
// nothing is left of the others.
//
// The first byte of the input is the state that the clients are brought into
// (and their connection type); then come records of an operation, a length, and
// so many bytes. The lowest two bits of an operation are the client.
func FuzzSession(f *testing.F) {
	record := func(who, op byte, data ...byte) []byte { return append([]byte{who + 4*op, byte(len(data))}, data...) }
	for stage := range byte(fuzzStages) {
		for i := range fuzzMessages {
			f.Add(append([]byte{stage}, append(record(0, fuzzGood, byte(i)), record(3, fuzzGood, byte(i))...)...))
			f.Add(append([]byte{stage + 12}, record(0, fuzzGood, byte(i))...))
			f.Add(append([]byte{stage + 6}, append(record(1, fuzzGood, byte(i), 1, 0xFF),
				record(0, fuzzMutated, byte(i), 3, 0x7F)...)...))
		}
		for _, op := range []byte{fuzzStranger, fuzzRaw} {
			f.Add(append([]byte{stage + 12}, record(0, op, loginDatagram("b")...)...))
		}
		f.Add(append([]byte{stage}, append(record(0, fuzzReplay, 9), record(1, fuzzVanish)...)...))
		f.Add(append([]byte{stage}, append(record(1, fuzzVanish), record(0, fuzzPass, 255)...)...))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 || len(in) > 4<<10 {
			return
		}
		z := newFuzzed(t, int(in[0]))
		records := in[1:]
		for range 100 {
			if len(records) < 2 {
				break
			}
			n := min(int(records[1]), len(records)-2)
			z.do(int(records[0]), records[2:2+n])
			records = records[2+n:]
			z.b.check()
			z.look()
		}
		z.end()
	})
}

// The operations of a record.
const (
	fuzzGood     = iota // messages by their number, or one and pairs of what is mutated where
	fuzzMutated         // one message, and all of its datagram can be mutated
	fuzzRaw             // any datagram
	fuzzStranger        // any datagram from another port of the client's address
	fuzzPass            // hundredths of a second, squared
	fuzzReplay          // the client's last datagrams again
	fuzzVanish          // the client says nothing any more
	fuzzOps
)

// The states that the rules lead to.
const (
	fuzzNobody = iota
	fuzzLogin
	fuzzLobby
	fuzzRoom
	fuzzNetsync
	fuzzPlay
	fuzzStages
)

var fuzzMessages = []struct {
	t    wire.Type
	body []byte
}{
	{wire.TypeLogin, wire.LoginRequest{User: "a", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil)},
	{wire.TypeLogin, wire.LoginRequest{User: "e", Emulator: "emu", Connection: wire.Bad}.AppendTo(nil)},
	{wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)},
	{wire.TypeClientAck, wire.ClientAck{Extra: ext.AppendNonce(nil, [ext.NonceSize]byte{})}.AppendTo(nil)},
	{wire.TypeGlobalChat, wire.ChatRequest{Text: "hi"}.AppendTo(nil)},
	{wire.TypeGameChat, wire.ChatRequest{Text: "hi"}.AppendTo(nil)},
	{wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil)},
	{wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil)},
	{wire.TypeJoinGame, wire.JoinRequest{GameID: 1, Connection: wire.LAN}.AppendTo(nil)},
	{wire.TypeJoinGame, wire.JoinRequest{GameID: 2, Connection: wire.LAN}.AppendTo(nil)},
	{wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil)},
	{wire.TypeKick, wire.KickRequest{UserID: 2}.AppendTo(nil)},
	{wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil)},
	{wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil)},
	{wire.TypeGameData, wire.AppendGameData(nil, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})},
	{wire.TypeGameData, wire.AppendGameData(nil, []byte{1})},
	{wire.TypeGameData, wire.AppendGameData(nil, nil)},
	{wire.TypeGameCache, wire.AppendGameCache(nil, 0)},
	{wire.TypeGlobalChat, wire.ChatRequest{Text: "\x1b[2J"}.AppendTo(nil)},
	{wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil)},
	{wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil)},
}

// fuzzed is one run.
type fuzzed struct {
	t    *testing.T
	b    *box
	cs   []*boxClient
	past [4][][]byte // the latest datagrams of each
}

func newFuzzed(t *testing.T, first int) *fuzzed {
	stage, typ := first%fuzzStages, wire.ConnectionType(first/fuzzStages%6+1)
	z := &fuzzed{t: t, b: newBox(t, Config{MaxPing: time.Second})}
	for i := range 4 {
		z.cs = append(z.cs, z.b.client(100+i, string(rune('a'+i))))
	}
	for i, c := range z.cs {
		switch {
		case stage == fuzzNobody:
			continue
		case stage == fuzzLogin:
			c.mute = true
			fallthrough
		default:
			c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu", Connection: typ})
		}
		if stage < fuzzRoom || i == 3 { // the fourth one stays in the lobby
			continue
		}
		if i == 0 {
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
		} else {
			c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1})
		}
	}
	if stage >= fuzzNetsync {
		z.cs[0].send(wire.TypeStartGame, wire.StartRequest{})
	}
	if stage >= fuzzPlay {
		for _, c := range z.cs[:3] {
			c.send(wire.TypeReady, wire.ReadyRequest{})
		}
		for _, c := range z.cs[:3] {
			require.Equal(t, standsInPlay, c.session().stands())
			c.data(make([]byte, 2*typ.Frames())...)
		}
	}
	return z
}

func (z *fuzzed) do(who int, data []byte) {
	op, who := who/4%fuzzOps, who%4
	b, c := z.b, z.cs[who]
	raw := func(d []byte) {
		z.past[who] = append(z.past[who], d)
		b.raw(c.addr, d)
	}
	next := func() uint16 { return uint16(c.link.Stats().MessagesSent) }
	switch op {
	case fuzzGood:
		if len(data) == 2 { // several in order
			for _, i := range data {
				m := fuzzMessages[int(i)%len(fuzzMessages)]
				c.send(m.t, rawBody(m.body))
			}
		} else if len(data) > 0 {
			m := fuzzMessages[int(data[0])%len(fuzzMessages)]
			z.past[who] = append(z.past[who], one(next(), m.t, m.body))
			c.send(m.t, rawBody(fuzzMutate(bytes.Clone(m.body), data[1:])))
		}
	case fuzzMutated:
		if len(data) > 0 {
			m := fuzzMessages[int(data[0])%len(fuzzMessages)]
			raw(fuzzMutate(one(next(), m.t, m.body), data[1:]))
		}
	case fuzzRaw:
		raw(bytes.Clone(data))
	case fuzzStranger:
		b.raw(netipPort(c.addr, 7), data)
	case fuzzPass:
		if len(data) > 0 {
			b.pass(time.Duration(data[0]) * time.Duration(data[0]) * 10 * time.Millisecond)
		}
	case fuzzReplay:
		for i := len(z.past[who]) - 1; len(data) > 0 && i >= max(0, len(z.past[who])-int(data[0]%16)); i-- {
			b.raw(c.addr, z.past[who][i])
		}
	case fuzzVanish:
		c.silent = true
	}
}

// fuzzMutate changes bytes by pairs of a place and what is changed there; a place
// beyond the end cuts or adds.
func fuzzMutate(b, pairs []byte) []byte {
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		at, x := int(pairs[0]), pairs[1]
		switch {
		case at < len(b):
			b[at] ^= x
		case x < 128:
			b = b[:min(int(x), len(b))]
		default:
			b = append(b, bytes.Repeat([]byte{x}, int(x)*8)...)
		}
	}
	return b
}

// fuzzParsers are all messages that a server sends.
var fuzzParsers = map[wire.Type]func([]byte) (any, error){
	wire.TypeUserQuit: parser(wire.ParseUserQuit), wire.TypeUserJoined: parser(wire.ParseUserJoined),
	wire.TypeServerStatus: parser(wire.ParseServerStatus),
	wire.TypeServerAck:    parser(wire.ParseServerAck), wire.TypeGlobalChat: parser(wire.ParseChat),
	wire.TypeGameChat:   parser(wire.ParseChat),
	wire.TypeCreateGame: parser(wire.ParseGameCreated), wire.TypeQuitGame: parser(wire.ParsePlayerLeft),
	wire.TypeJoinGame:   parser(wire.ParsePlayerJoined),
	wire.TypePlayerList: parser(wire.ParsePlayerList), wire.TypeGameStatus: parser(wire.ParseGameStatus),
	wire.TypeCloseGame: parser(wire.ParseGameClosed),
	wire.TypeStartGame: parser(wire.ParseGameStarted), wire.TypeGameData: parser(wire.ParseGameData),
	wire.TypeGameCache: parser(wire.ParseGameCache),
	wire.TypeDropGame:  parser(wire.ParsePlayerDropped), wire.TypeReady: parser(wire.ParseReady),
	wire.TypeLoginRefused:  parser(wire.ParseLoginRefused),
	wire.TypeServerMessage: parser(wire.ParseServerMessage),
}

func parser[T any](parse func([]byte) (T, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return parse(b) }
}

// look takes what the server has sent, and asserts that it is fit to be shown.
func (z *fuzzed) look() {
	for _, c := range z.cs {
		for _, g := range c.inbox {
			parse := fuzzParsers[g.typ]
			if parse == nil {
				z.t.Fatalf("the server sent %v", g.typ)
			}
			m, err := parse(g.body)
			if err != nil {
				z.t.Fatalf("the server sent a malformed %v: %x: %v", g.typ, g.body, err)
			}
			if _, data := m.([]byte); !data {
				z.fit(g, reflect.ValueOf(m))
			}
		}
		c.inbox = nil
	}
	if z.b.largest > wire.MaxDatagram {
		z.t.Fatalf("a datagram of %d bytes", z.b.largest)
	}
}

func (z *fuzzed) fit(g got, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if i := bytes.IndexFunc([]byte(v.String()), func(r rune) bool { return r < ' ' || r == 0x7F }); i >= 0 {
			z.t.Fatalf("%v says %q", g.typ, v.String())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			z.fit(g, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			z.fit(g, v.Index(i))
		}
	}
}

func (z *fuzzed) end() {
	b := z.b
	for _, c := range z.cs {
		c.silent = true
	}
	b.pass(5 * time.Second)
	b.check()
	var good []*boxClient
	for i := range 2 {
		c := b.client(900+i, fmt.Sprint("good", i))
		c.login()
		good = append(good, c)
	}
	good[0].send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
	good[1].send(wire.TypeJoinGame, wire.JoinRequest{GameID: good[0].session().room.Load().ID})
	good[0].send(wire.TypeStartGame, wire.StartRequest{})
	for _, c := range good {
		c.send(wire.TypeReady, wire.ReadyRequest{})
		c.inbox = nil
	}
	for i := range byte(3) {
		good[0].data(i)
		good[1].data(10 + i)
	}
	for _, c := range good {
		g, ok := c.find(wire.TypeGameData)
		if !ok || !bytes.Equal(g.body, wire.AppendGameData(nil, []byte{2, 12})) {
			z.t.Fatalf("two who behave cannot play: %x", g.body)
		}
		c.send(wire.TypeUserQuit, wire.QuitRequest{})
		c.silent = true
	}
	b.pass(5 * time.Minute)
	b.empty()
}
