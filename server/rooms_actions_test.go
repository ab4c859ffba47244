package server_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// action is something that a rogue does. The script chooses which rogue, which action, and all that the action asks.
type action struct {
	name   string
	weight int
	do     func(sc *scene, s *script, r *rogue)
}

var actions = []action{
	// What the rules lead to, so that rogues get somewhere.
	{"go on", 40, func(sc *scene, s *script, r *rogue) { r.goOn(s) }},
	{"play", 8, func(sc *scene, s *script, r *rogue) { r.with(func() { r.plays = true }) }},
	{"do not play", 6, func(sc *scene, s *script, r *rogue) { r.with(func() { r.plays = false }) }},
	{"noise", 2, func(sc *scene, s *script, r *rogue) { r.with(func() { r.noise = !r.noise }) }},

	// Well-formed messages at any moment.
	{"create", 4, func(sc *scene, s *script, r *rogue) {
		name := []string{openRoom + " too", "", "* chat", "\x01\x1b[2J", string(bytes.Repeat([]byte{'x'}, 400))}[s.n(5)]
		r.say(wire.TypeCreateGame, wire.CreateRequest{Game: name}.AppendTo(nil))
	}},
	{"join", 6, func(sc *scene, s *script, r *rogue) {
		if id, ok := pick(s, r.known()); ok {
			r.join(id)
		}
	}},
	{"leave", 6, func(sc *scene, s *script, r *rogue) { r.say(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil)) }},
	{"start", 8, func(sc *scene, s *script, r *rogue) { r.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil)) }},
	{"ready", 8, func(sc *scene, s *script, r *rogue) { r.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil)) }},
	{"drop", 10, func(sc *scene, s *script, r *rogue) { r.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil)) }},
	{"quit", 3, func(sc *scene, s *script, r *rogue) {
		r.say(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil))
	}},
	{"kick", 3, func(sc *scene, s *script, r *rogue) {
		r.mu.Lock()
		id, _ := pick(s, r.peers)
		r.mu.Unlock()
		r.say(wire.TypeKick, wire.KickRequest{UserID: id}.AppendTo(nil))
	}},
	{"log in again", 2, func(sc *scene, s *script, r *rogue) {
		login := wire.LoginRequest{User: "x", Emulator: roomsEmulator, Connection: wire.ConnectionType(s.n(8))}
		r.say(wire.TypeLogin, login.AppendTo(nil))
	}},
	{"acks", 2, func(sc *scene, s *script, r *rogue) {
		for range s.n(12) {
			r.say(wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
		}
	}},
	{"caught up", 3, func(sc *scene, s *script, r *rogue) {
		n := uint32(s.byte()) * []uint32{0, 1, 20, 1 << 24}[s.n(4)]
		r.say(ext.TypeCaughtUp, ext.CaughtUp{Frames: n, Calls: n + uint32(s.n(20))}.AppendTo(nil))
	}},
	{"lobby flood", 2, func(sc *scene, s *script, r *rogue) {
		for i := range s.n(40) {
			r.say(wire.TypeGlobalChat, wire.ChatRequest{Text: fmt.Sprint("line ", i)}.AppendTo(nil))
		}
	}},
	{"room flood", 4, func(sc *scene, s *script, r *rogue) {
		line := wire.ChatRequest{Text: string(bytes.Repeat([]byte{'y'}, 1+2*s.n(160)))}.AppendTo(nil)
		for range 4 * s.n(120) {
			r.say(wire.TypeGameChat, line)
		}
	}},
	{"command", 3, func(sc *scene, s *script, r *rogue) { r.command(s) }},

	// Game data of whatever length, type and position.
	{"data", 8, func(sc *scene, s *script, r *rogue) {
		r.mu.Lock()
		right := r.typ.Frames() * r.size
		r.mu.Unlock()
		n := []int{right, right, 2 * right, right + 1, 0, 1, 4096, 1200}[s.n(8)]
		for range 1 + s.n(4) {
			r.say(wire.TypeGameData, wire.AppendGameData(nil, bytes.Repeat([]byte{s.byte()}, n)))
		}
	}},
	{"cached", 4, func(sc *scene, s *script, r *rogue) {
		r.say(wire.TypeGameCache, wire.AppendGameCache(nil, s.byte()))
	}},
	{"size", 3, func(sc *scene, s *script, r *rogue) {
		size := []int{1, 2, 4, 4, 24, 500}[s.n(6)]
		r.with(func() { r.size = size })
	}},
	{"malformed", 5, func(sc *scene, s *script, r *rogue) { r.say(wire.Type(s.byte()%0x24), s.bytes(40)) }},

	// Datagrams that no rule leads to.
	{"mutate", 5, func(sc *scene, s *script, r *rogue) {
		if d, ok := pick(s, r.said()); ok {
			r.raw(mutate(s, bytes.Clone(d)))
		}
	}},
	{"replay", 4, func(sc *scene, s *script, r *rogue) {
		past := r.said()
		for _, d := range past[max(0, len(past)-s.n(keepPast)):] {
			r.raw(d)
		}
	}},
	{"anything", 2, func(sc *scene, s *script, r *rogue) { r.raw(s.bytes(60)) }},
	{"hello", 2, func(sc *scene, s *script, r *rogue) {
		for range 1 + s.n(20) {
			r.raw([][]byte{wire.AppendHello(nil), wire.AppendPing(nil), []byte("HELLO0.99\x00"),
				[]byte("PING")}[s.n(4)])
		}
	}},

	// Lines and sessions.
	{"mute", 2, func(sc *scene, s *script, r *rogue) { r.with(func() { r.mute = !r.mute }) }},
	{"vanish", 4, func(sc *scene, s *script, r *rogue) { r.vanish() }},
	{"come back", 8, func(sc *scene, s *script, r *rogue) {
		for range 1 + s.n(3) {
			r.arrive()
		}
	}},
	{"forget", 1, func(sc *scene, s *script, r *rogue) { r.with(func() { r.way, r.ours = nil, s.one(2) }) }},
	{"cut", 3, func(sc *scene, s *script, r *rogue) { sc.a.net.Partition(r.host, sc.a.addr.Addr(), true) }},
	{"mend", 5, func(sc *scene, s *script, r *rogue) { sc.a.net.Partition(r.host, sc.a.addr.Addr(), false) }},
	{"rebind", 3, func(sc *scene, s *script, r *rogue) { r.rebind(s) }},
	{"move", 4, func(sc *scene, s *script, r *rogue) { r.move(s) }},
	{"history", 3, func(sc *scene, s *script, r *rogue) {
		r.mu.Lock()
		id := r.ticket.ID
		r.mu.Unlock()
		for range 1 + s.n(8) {
			r.raw(ext.HistoryRequest{ID: id, Offset: uint32(s.byte()) << s.n(25), Count: s.byte()}.AppendTo(nil))
		}
	}},
	{"forge", 3, func(sc *scene, s *script, r *rogue) { sc.forgeLogins(s) }},
	{"neighbour", 2, func(sc *scene, s *script, r *rogue) { // somebody else of the same host, with the same name
		at := netip.AddrPortFrom(r.host, 1+uint16(s.byte()))
		login := wire.LoginRequest{User: r.name, Emulator: roomsEmulator, Connection: r.typ}
		sc.a.forge(at, message(0, wire.TypeLogin, login.AppendTo(nil)))
	}},

	// What happens to the honest ones: lines break, machines move, servers end.
	{"shake", 3, func(sc *scene, s *script, r *rogue) { sc.shake(s) }},
	{"close", 1, func(sc *scene, s *script, r *rogue) {
		if s.one(4) && !sc.closed {
			sc.closed = true
			go sc.a.server.Close("in mid-scene")
		}
	}},
}

var weights = func() (sum int) {
	for _, a := range actions {
		sum += a.weight
	}
	return sum
}()

// act does the next thing of the script.
func (sc *scene) act() {
	s := &sc.script
	time.Sleep(s.pause())
	r := sc.rogues[s.n(len(sc.rogues))]
	at := (int(s.byte())<<8 | int(s.byte())) % weights
	for _, a := range actions {
		if at -= a.weight; at < 0 {
			sc.done[a.name]++
			if roomsTrace {
				fmt.Println(time.Now().Format("05.000"), r.name, a.name)
			}
			a.do(sc, s, r)
			break
		}
	}
	sc.look()
}

func mutate(s *script, d []byte) []byte {
	for range 1 + s.n(4) {
		switch at := s.n(256); {
		case at < len(d):
			d[at] ^= s.byte()
		case s.one(2):
			d = d[:min(len(d), s.n(64))]
		default:
			d = append(d, bytes.Repeat([]byte{s.byte()}, s.n(200))...)
		}
	}
	return d
}

// goOn is what an honest client would do next.
func (r *rogue) goOn(s *script) {
	r.mu.Lock()
	absent, in, room, stage := r.conn == nil, r.in, r.room, r.stage
	r.mu.Unlock()
	switch {
	case absent:
		r.arrive()
	case !in:
	case room == 0:
		if id, ok := pick(s, r.known()); ok && !s.one(3) {
			r.join(id)
		} else {
			r.enter(openRoom + " of " + r.name)
		}
	case stage == outOfGame:
		r.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
	case stage == netsync:
		r.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
	default:
		r.with(func() { r.plays = true })
	}
}

func (r *rogue) known() []uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]uint32(nil), r.rooms...)
}

func (r *rogue) said() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]byte(nil), r.past...)
}

// newCommands is from where on the byte of the action "command" says more than what it said when there were six of
// them: all that kept scripts have is below it, so they mean what they meant, to the byte.
const newCommands = 150

var (
	commandWords = []string{"/lagstat", "/lagstat", "/lagreset", "/kick", "/kick", "/kickall", "/mute", "/unmute",
		"/muteall", "/unmuteall", "/swap", "/swap", "/startn", "/startn", "/start", "/maxusers", "/maxping",
		"/samedelay", "/num", "/me", "/msg", "/msgoff", "/msgon", "/finduser", "/myip", "/version", "/help", "/nothing"}
	commandArgs = []string{"", "1", "2", "3", "21", "213", "4321", "auto", "1000", "r", "-1", strings.Repeat("z", 330)}
)

// command types one or some commands.
func (r *rogue) command(s *script) {
	chat := [...]wire.Type{wire.TypeGameChat, wire.TypeGlobalChat}
	b := s.byte()
	if b < newCommands {
		text := [...]string{"/samedelay on", "/samedelay off", "/msg 1 hi", "/help", "/kick 1", "/"}[b%6]
		r.say(chat[s.n(2)], wire.ChatRequest{Text: text}.AppendTo(nil))
		return
	}
	for range 1 + b%5 {
		word, _ := pick(s, commandWords)
		r.mu.Lock()
		id, _ := pick(s, r.peers)
		r.mu.Unlock()
		args, _ := pick(s, append([]string{fmt.Sprint(id), fmt.Sprint(id, " hi")}, commandArgs...))
		r.say(chat[s.n(8)/7], wire.ChatRequest{Text: word + " " + args}.AppendTo(nil))
	}
}

func (r *rogue) join(id uint32) {
	r.say(wire.TypeJoinGame, wire.JoinRequest{GameID: id, Connection: r.typ}.AppendTo(nil))
}

// enter joins the first room there is, or opens one of that name.
func (r *rogue) enter(name string) {
	if rooms := r.known(); len(rooms) > 0 && name == openRoom {
		r.join(rooms[0])
		return
	}
	r.say(wire.TypeCreateGame, wire.CreateRequest{Game: name}.AppendTo(nil))
}

// rebind has its NAT forget it, or takes it to another host.
func (r *rogue) rebind(s *script) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		return
	}
	if s.one(2) {
		r.sc.a.net.Roam(r.conn, netip.Addr{})
	} else {
		r.sc.a.net.Rebind(r.conn)
	}
	if s.one(2) && r.ticketed {
		r.moves++
		r.write(ext.AppendMove(nil, r.ticket, r.moves, r.nonce))
	}
}

// move tells the server of a new address, truly or not.
func (r *rogue) move(s *script) {
	r.mu.Lock()
	ticket, nonce, counter := r.ticket, r.nonce, r.moves+uint32(s.n(3))
	r.moves = counter
	r.mu.Unlock()
	if s.one(4) {
		ticket.Key[0] ^= 1
	}
	d := ext.AppendMove(nil, ticket, counter, nonce)
	for range 1 + s.n(3) {
		switch to := s.n(3); {
		case to == 0:
			r.raw(d)
		case to == 1:
			r.sc.a.forge(netip.AddrPortFrom(r.host, uint16(1+s.n(20))), d)
		default:
			r.sc.a.forge(netip.AddrPortFrom(r.sc.victim(s), 99), d)
		}
	}
}

// victim is a host that never says a word.
func (sc *scene) victim(s *script) netip.Addr {
	host := netip.AddrFrom4([4]byte{10, 9, 0, byte(s.n(4))})
	for _, v := range sc.victims {
		if v == host {
			return host
		}
	}
	sc.victims = append(sc.victims, host)
	return host
}

// forgeLogins logs somebody in who knows nothing of it, with 06 that are guessed.
func (sc *scene) forgeLogins(s *script) {
	host := sc.victim(s)
	login := wire.LoginRequest{User: "victim", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil)
	for range 1 + s.n(30) {
		at := netip.AddrPortFrom(host, 1+uint16(s.byte()))
		sc.a.forge(at, message(0, wire.TypeLogin, login))
		for i := range uint16(s.n(6)) {
			sc.a.forge(at, message(1+i, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)))
		}
	}
}

// shake cuts the line of an honest player of ours at an open table for less than the server waits, or moves it.
func (sc *scene) shake(s *script) {
	t := sc.tables[len(sc.tables)-1]
	h, ok := pick(s, t.players)
	if !ok || t.quiet || h.conn == nil {
		return
	}
	switch s.n(3) {
	case 0:
		sc.a.net.Rebind(h.conn)
	case 1:
		sc.a.net.Roam(h.conn, netip.Addr{})
	default:
		h.cut.Store(true)
		if time.Since(h.whole) < time.Second {
			h.cutAgain.Store(true)
		}
		host := h.conn.AddrPort().Addr()
		sc.a.net.Partition(host, sc.a.addr.Addr(), true)
		time.Sleep(time.Duration(s.n(40)) * 100 * time.Millisecond)
		sc.a.net.Partition(host, sc.a.addr.Addr(), false)
		h.whole = time.Now()
	}
}
