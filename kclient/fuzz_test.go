package kclient_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// FuzzSession is a server that brings a client into any state of a session by the
// rules, and then breaks them: well-formed messages at the wrong moment, mutated
// ones, mutated datagrams, silence. Whatever it does, every call of the client
// returns, what reaches the user is fit to be shown, the emulator's buffer is
// written where it may be, and nothing is left behind.
//
// The first byte of the input is the state (and the connection type); then come
// records of an operation, a length, and so many bytes.
func FuzzSession(f *testing.F) {
	record := func(op byte, data ...byte) []byte { return append([]byte{op, byte(len(data))}, data...) }
	for stage := range byte(stages) {
		for i := range goodMessages {
			f.Add(append([]byte{stage}, record(opGood, byte(i))...))
			f.Add(append([]byte{stage + 6}, append(record(opGood, byte(i), 1, 0xFF), record(opGoodDatagram, byte(i), 3,
				0x7F)...)...))
		}
		for action := range byte(actions) {
			f.Add(append([]byte{stage}, append(record(opAct, action), record(opWait, 200)...)...))
		}
		for _, m := range []message{
			{wire.TypeGlobalChat, fields{"b\x07b", "\x1b[2J"}.bytes()},
			{wire.TypeDropGame, fields{"bob", uint8(255)}.bytes()},
			{wire.TypeGameData, wire.AppendGameData(nil, nil)}, {wire.TypeGameData, []byte{0, 0xFF, 0xFF}},
			{wire.TypeGameCache, []byte{0, 0xFF}},
			{wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 9, Players: 200}.AppendTo(nil)},
		} {
			f.Add(append([]byte{stage}, record(opMessage, append([]byte{byte(m.t)}, m.body...)...)...))
		}
		f.Add(append([]byte{stage}, record(opDatagram, 1, 0, 0, 0, 0, 7)...))
		f.Add(append([]byte{stage + 12}, record(opMessage, byte(wire.TypeGameData), 0, 4, 0, 1, 2, 3, 4)...))
		f.Add(append([]byte{stage}, record(opHello, []byte("HELLOD00D666\x00")...)...))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 || len(in) > 4<<10 {
			return
		}
		faults := guard.Count() // a panic ends the session only, and so would not be seen
		defer func() { require.Equal(t, faults, guard.Count(), "panics of the client's") }()
		script(t, func(t *testing.T, s *scripted) {
			z := &fuzzed{t: t, s: s, actions: make(chan byte, 64), over: make(chan struct{})}
			z.begin(int(in[0]))
			records := in[1:]
			for range 64 {
				if len(records) < 2 {
					break
				}
				n := min(int(records[1]), len(records)-2)
				z.do(records[0]%ops, records[2:2+n])
				records = records[2+n:]
			}
			z.end()
		})
	})
}

// The operations of a record.
const (
	opMessage      = iota // a type and a body, numbered as it should be
	opDatagram            // any datagram
	opGood                // one of goodMessages, and pairs of what is mutated where
	opGoodDatagram        // the same, and all of its datagram can be mutated
	opWait                // hundredths of a second
	opAct                 // the user does something
	opStranger            // a datagram from elsewhere
	opHello               // what HELLO is answered with from now on
	ops
)

// The states that the rules lead to.
const (
	stageHello = iota
	stageLogin
	stageLobby
	stageRoom
	stageNetsync
	stagePlay
	stages
)

type message struct {
	t    wire.Type
	body []byte
}

var goodMessages = []message{
	{wire.TypeUserQuit, fields{"bob", uint16(9), "bye"}.bytes()},
	{wire.TypeUserQuit, fields{"ann", uint16(7), "you too"}.bytes()},
	{wire.TypeUserJoined, fields{"ann", uint16(7), uint32(10), uint8(1)}.bytes()},
	{wire.TypeUserJoined, fields{"bob", uint16(9), uint32(10), uint8(1)}.bytes()},
	{wire.TypeServerStatus, fields{"", uint32(1), uint32(1), "bob", uint32(10), uint8(1), uint16(9), uint8(1), "Duel",
		uint32(5), "test", "bob", "1/8", uint8(0)}.bytes()},
	{wire.TypeServerAck, wire.ServerAck{}.AppendTo(nil)},
	{wire.TypeServerAck, wire.ServerAck{Extra: []byte("12345678")}.AppendTo(nil)},
	{wire.TypeGlobalChat, fields{"bob", "hi"}.bytes()},
	{wire.TypeGameChat, fields{"Server", "no"}.bytes()},
	{wire.TypeCreateGame, fields{"ann", "Duel", "test", uint32(1)}.bytes()},
	{wire.TypeQuitGame, fields{"ann", uint16(7)}.bytes()},
	{wire.TypeQuitGame, fields{"bob", uint16(9)}.bytes()},
	{wire.TypeJoinGame, fields{"", uint32(1), "ann", uint32(10), uint16(7), uint8(1)}.bytes()},
	{wire.TypeJoinGame, fields{"", uint32(1), "bob", uint32(10), uint16(9), uint8(1)}.bytes()},
	{wire.TypePlayerList, fields{"", uint32(1), "bob", uint32(10), uint16(9), uint8(1)}.bytes()},
	{wire.TypeGameStatus, fields{"", uint32(1), uint8(1), uint8(2), uint8(8)}.bytes()},
	{wire.TypeCloseGame, fields{"", uint32(1)}.bytes()},
	{wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil)},
	{wire.TypeGameData, wire.AppendGameData(nil, []byte{1, 2, 3, 4})},
	{wire.TypeGameCache, wire.AppendGameCache(nil, 0)},
	{wire.TypeDropGame, fields{"ann", uint8(1)}.bytes()},
	{wire.TypeDropGame, fields{"bob", uint8(2)}.bytes()},
	{wire.TypeReady, wire.Ready{}.AppendTo(nil)},
	{wire.TypeLoginRefused, fields{"ann", uint16(7), "no"}.bytes()},
	{wire.TypeServerMessage, fields{"Server", "hi"}.bytes()},
}

// fuzzed is one run. The user is a goroutine of its own, since it waits for what
// the server says.
type fuzzed struct {
	t       *testing.T
	s       *scripted
	l       *kclient.Client
	user    player
	actions chan byte
	over    chan struct{}
}

func (z *fuzzed) begin(first int) {
	s, stage := z.s, first%stages
	connection := wire.ConnectionType(first/stages%6 + 1)
	change := func(c *kclient.Config) { c.Connection, c.Charset = connection, "utf-8" }
	if stage <= stageLogin {
		if stage == stageHello {
			s.hello = nil
		}
		go func() {
			defer close(z.over)
			l, err := s.dial(change)
			if err != nil {
				return
			}
			z.l, z.user = l, player{t: z.t, l: l}
			z.user.run(z.actions)
		}()
		s.serve(20 * time.Millisecond)
		return
	}
	z.l = s.loginAs(change)
	z.user = player{t: z.t, l: z.l}
	if stage >= stageRoom {
		z.user.room = s.room(z.l)
		s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "bob", UserID: 9, Connection: 1}.AppendTo(nil))
	}
	if stage >= stageNetsync {
		z.user.game = s.game(z.user.room, 2)
	}
	go func() {
		defer close(z.over)
		z.user.run(z.actions)
	}()
	if stage >= stagePlay {
		z.do(opAct, []byte{actFrame})
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		for range 2 {
			z.do(opAct, []byte{actFrame})
			s.say(wire.TypeGameData, wire.AppendGameData(nil, make([]byte, 4*connection.Frames())))
		}
	}
}

func (z *fuzzed) do(op byte, data []byte) {
	s := z.s
	switch op {
	case opMessage:
		if len(data) > 0 {
			s.say(wire.Type(data[0]), data[1:])
		}
	case opDatagram:
		s.raw(data)
	case opGood, opGoodDatagram:
		if len(data) == 0 {
			return
		}
		m := goodMessages[int(data[0])%len(goodMessages)]
		body := bytes.Clone(m.body)
		if op == opGood {
			s.say(m.t, mutate(body, data[1:]))
			return
		}
		d := wire.AppendMessage(wire.AppendBundleHeader(nil, 1), uint16(s.link.Stats().MessagesSent), m.t, body)
		s.raw(mutate(d, data[1:]))
	case opWait:
		if len(data) > 0 {
			s.serve(time.Duration(data[0]) * 10 * time.Millisecond)
		}
	case opAct:
		for _, a := range data[:min(len(data), 8)] {
			select {
			case z.actions <- a % actions:
			default:
			}
		}
		s.serve(20 * time.Millisecond)
	case opStranger:
		if s.client.IsValid() {
			s.net.Inject(netip.MustParseAddrPort("10.6.6.6:27888"), s.client, data)
			s.serve(20 * time.Millisecond)
		}
	case opHello:
		s.hello = bytes.Clone(data)
		s.serve(600 * time.Millisecond) // HELLO is repeated by then
	}
}

// mutate changes bytes by pairs of a place and what is changed there; a place
// beyond the end cuts or adds.
func mutate(b, pairs []byte) []byte {
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

// end lets the session come to its end: every call of the user's returns, in a
// time that is known.
func (z *fuzzed) end() {
	close(z.actions)
	for range 200 { // seconds; the longest time-out of the client is 15 s, of the user 2 s
		z.s.serve(time.Second)
		select {
		case <-z.over:
			if z.l != nil {
				z.l.Quit("")
			}
			return
		default:
		}
	}
	z.t.Error("the client still waits for something")
}

// What the user does.
const (
	actFrame = iota
	actChat
	actRoomChat
	actCreate
	actJoin
	actStart
	actWaitStart
	actKick
	actLeave
	actDrop
	actQuit
	actions
)

// player is the user, and what it believes.
type player struct {
	t    *testing.T
	l    *kclient.Client
	room *kclient.Room
	game *kclient.Game
}

func (p *player) run(todo <-chan byte) {
	defer p.look()
	for a := range todo {
		p.act(a)
		p.look()
	}
}

func (p *player) act(a byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if p.room == nil && (a == actRoomChat || a >= actStart && a <= actLeave) {
		return
	}
	switch a {
	case actFrame:
		p.frame(ctx)
	case actChat:
		p.l.Chat("hello")
	case actRoomChat:
		p.room.Chat("hello")
	case actCreate, actJoin:
		room, err := p.l.Join(ctx, 1)
		if a == actCreate {
			room, err = p.l.Create(ctx, "Duel")
		}
		if err == nil {
			p.room = room
		}
	case actStart:
		p.room.Start(ctx)
	case actWaitStart:
		if g, err := p.room.WaitStart(ctx); err == nil {
			p.game = g
		}
	case actKick:
		p.room.Kick(ctx, 9)
	case actLeave:
		p.room.Leave(ctx)
	case actDrop:
		if p.game != nil {
			p.game.Drop()
		}
	case actQuit:
		p.l.Quit("bye")
	}
}

// frame is one call of the emulator's.
func (p *player) frame(ctx context.Context) {
	if p.game == nil {
		return
	}
	const size = 2
	buffer := bytes.Repeat([]byte{0xA5}, 8*size+32)
	if err := p.game.Submit(buffer[:8*size], size); err != nil && !errors.Is(err, kclient.ErrConcurrent) {
		return
	}
	n, err := p.game.Receive(ctx, buffer[:8*size])
	if err == nil && n != 0 && n != size*p.game.Players() || err != nil && n != 0 {
		p.t.Errorf("a frame has %d bytes, error %v", n, err)
	}
	for i, b := range buffer[n:] {
		if b != 0xA5 {
			p.t.Errorf("byte %d behind a frame of %d was written", i, n)
		}
	}
}

// look is what a user interface does.
func (p *player) look() {
	if n := len(p.l.Users()); n > 4096 {
		p.t.Errorf("%d users", n)
	}
	p.fit(reflect.ValueOf(p.l.Users()))
	games := p.l.Games()
	for _, g := range games {
		p.fit(reflect.ValueOf(g.Name + g.Emulator + g.Owner))
	}
	if p.room != nil {
		players := p.room.Players()
		if len(players) > wire.MaxPlayers {
			p.t.Errorf("%d players in a room", len(players))
		}
		p.fit(reflect.ValueOf(players))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // only what is there
	for {
		e, err := p.l.NextEvent(ctx)
		if err != nil {
			return
		}
		switch e := e.(type) {
		case kclient.GameStarted:
			if e.Player < 1 || e.Player > e.Players || e.Players > wire.MaxPlayers {
				p.t.Errorf("%+v", e)
			}
		case kclient.PlayerDropped:
			if e.Player < 1 || e.Player > wire.MaxPlayers {
				p.t.Errorf("%+v", e)
			}
		// WireName, and errors that quote
		case kclient.GameCreated, kclient.GameChanged, kclient.GameClosed, kclient.Disconnected:
			continue
		}
		p.fit(reflect.ValueOf(e))
	}
}

// fit asserts that every string in v can be shown.
func (p *player) fit(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); text.Sanitise(s) != s {
			p.t.Errorf("%q reaches the user", s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			p.fit(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			p.fit(v.Index(i))
		}
	}
}
