package peers

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// NewDirelera starts a direlera-rs 0.4: HELLO and PING are answered at query, sessions run at the game port of
// the same host.
//
// It applies exactly the next expected message of a datagram and no more; it sends three messages in a datagram, each
// datagram once, and never again; it refuses by silence; its frame delay is the connection type, whatever the ping; it
// sends S 15 at the first C 15; it plays mixed connection types, without padding; its S 0C names no game.
func NewDirelera(network *network.Network, query netip.AddrPort, gamePort uint16) (*Server, error) {
	d, err := newDirelera(network, query, gamePort)
	if err != nil {
		return nil, err
	}
	return d.Server, nil
}

func newDirelera(network *network.Network, query netip.AddrPort, gamePort uint16) (*direlera, error) {
	d := &direlera{Server: newServer(network, "direlera-rs"), inboxes: map[netip.AddrPort]*direleraInbox{}}
	q, err := d.listen(query)
	if err != nil {
		return nil, err
	}
	if d.conn, err = d.listen(netip.AddrPortFrom(query.Addr(), gamePort)); err != nil {
		d.Close()
		return nil, err
	}
	d.serve(q, func(from netip.AddrPort, b []byte) { d.text(q, from, b, func() uint16 { return gamePort }) })
	d.serve(d.conn, d.datagram)
	guard.GoIn(&d.running, "peers: direlera", d.forget, d.failed)
	return d, nil
}

const (
	direleraForgets = 120 * time.Second // without a datagram
	direleraLooks   = 3 * time.Second
	direleraRounds  = 3 // of 06
	direleraRoom    = 4 // players, it says; more may join
	direleraUsual   = 3 // messages in a datagram
	direleraName    = 31
)

// direlera is the program. Everything is under the lock of its Server.
type direlera struct {
	*Server
	conn     *network.Conn
	inboxes  map[netip.AddrPort]*direleraInbox
	users    []*dlUser // from their 03 on
	rooms    []*dlRoom
	lastUser uint16
	lastRoom uint32
}

// dlUser is a client from its 03 on: what is said to all it hears already.
type dlUser struct {
	addr       netip.AddrPort
	out        Outbox
	id         uint16
	name       string
	emulator   string
	connection wire.ConnectionType
	asked      time.Time // the last 05
	acks       int
	samples    []time.Duration
	ping       uint32 // ms
	status     wire.UserState
	room       uint32 // 0 is none
	heard      time.Time
}

// How it names the states of a user.
const (
	dlPlaying wire.UserState = 0
	dlIdle    wire.UserState = 1
	dlNetsync wire.UserState = 2
)

func (d *direlera) datagram(from netip.AddrPort, b []byte) {
	in := d.inboxes[from]
	if in == nil {
		in = &direleraInbox{}
		d.inboxes[from] = in
	}
	if in.dead {
		return
	}
	if u := d.at(from); u != nil {
		u.heard = time.Now()
	}
	fresh, err := in.receive(b)
	if err != nil {
		d.blame(from.String(), err)
		return
	}
	for _, m := range fresh {
		if err := d.handle(from, m); err != nil {
			d.blame(from.String(), fmt.Errorf("%w: %v %x: %w", ErrProtocol, m.Type, m.Body, err))
		}
	}
}

func (d *direlera) at(addr netip.AddrPort) *dlUser {
	i := slices.IndexFunc(d.users, func(u *dlUser) bool { return u.addr == addr })
	if i < 0 {
		return nil
	}
	return d.users[i]
}

func (d *direlera) handle(from netip.AddrPort, m *Message) error {
	if m.Type == wire.TypeLogin {
		l, err := wire.ParseLoginRequest(m.Body)
		if err == nil {
			d.login(from, l)
		}
		return err
	}
	u := d.at(from)
	if u == nil {
		// The tasks of these end when they do not find their client.
		d.inboxes[from].dead = m.Type == wire.TypeClientAck || m.Type == wire.TypeReady
		return nil
	}
	switch m.Type {
	case wire.TypeClientAck:
		d.pong(u)
	case wire.TypeUserQuit:
		q, err := wire.ParseQuitRequest(m.Body)
		if err != nil {
			return err
		}
		d.quit(u, q.Message)
	case wire.TypeGlobalChat:
		c, err := wire.ParseChatRequest(m.Body)
		if err != nil {
			return err
		}
		d.toAll(wire.TypeGlobalChat, wire.Chat{User: u.name, Text: c.Text})
	case wire.TypeKeepAlive:
	default:
		return d.handleRoom(u, m)
	}
	return nil
}

func (d *direlera) send(u *dlUser, t wire.Type, b body) { d.sendBody(u, t, b.AppendTo(nil)) }

func (d *direlera) sendBody(u *dlUser, t wire.Type, b []byte) {
	d.conn.WriteToUDPAddrPort(u.out.Add(t, b), u.addr)
}

func (d *direlera) toAll(t wire.Type, b body) {
	for _, u := range d.users {
		d.send(u, t, b)
	}
}

// login: a 03 that comes again alone is another login, with numbers from 0 again.
func (d *direlera) login(from netip.AddrPort, l wire.LoginRequest) {
	d.users = slices.DeleteFunc(d.users, func(u *dlUser) bool { return u.addr == from })
	d.lastUser++
	name := l.User
	if len(name) > direleraName {
		name = name[:direleraName]
	}
	u := &dlUser{addr: from, out: Outbox{Usual: direleraUsual}, id: d.lastUser, name: name, emulator: l.Emulator,
		connection: l.Connection, status: dlIdle, heard: time.Now()}
	d.users = append(d.users, u)
	d.ask(u)
}

func (d *direlera) ask(u *dlUser) {
	u.asked = time.Now()
	d.send(u, wire.TypeServerAck, wire.ServerAck{})
}

// pong: three rounds, of which the first is not measured. Every later 06 gets S 04, S 02 to all and S 17 again.
func (d *direlera) pong(u *dlUser) {
	u.acks++
	if u.acks > 1 {
		u.samples = append(u.samples, time.Since(u.asked).Truncate(time.Millisecond))
		u.samples = u.samples[max(0, len(u.samples)-5):]
		var sum time.Duration
		for _, s := range u.samples {
			sum += s
		}
		u.ping = milliseconds(sum) / uint32(len(u.samples))
	}
	if u.acks < direleraRounds {
		d.ask(u)
		return
	}
	status := wire.ServerStatus{}
	for _, other := range d.users {
		if other != u {
			status.Users = append(status.Users, wire.StatusUser{Name: other.name, Ping: other.ping, State: other.status,
				UserID: other.id, Connection: other.connection})
		}
	}
	for _, r := range d.rooms {
		status.Games = append(status.Games, wire.StatusGame{Name: r.name, GameID: r.id, Emulator: r.emulator,
			Owner:   r.owner,
			Players: len(r.players), MaxPlayers: direleraRoom, State: r.status})
	}
	d.send(u, wire.TypeServerStatus, status)
	d.toAll(wire.TypeUserJoined, wire.UserJoined{User: u.name, UserID: u.id, Ping: u.ping, Connection: u.connection})
	d.send(u, wire.TypeServerMessage, wire.ServerMessage{From: "Server", Text: "hi"})
}

// quit: who quits hears no S 01.
func (d *direlera) quit(u *dlUser, message string) {
	d.quitGame(u)
	d.users = slices.DeleteFunc(d.users, func(other *dlUser) bool { return other == u })
	d.toAll(wire.TypeUserQuit, wire.UserQuit{User: u.name, UserID: u.id, Message: message})
}

// forget puts out who has not been heard of.
func (d *direlera) forget() {
	for {
		select {
		case <-d.closed:
			return
		case <-time.After(direleraLooks):
		}
		d.mu.Lock()
		for _, u := range slices.Clone(d.users) {
			if time.Since(u.heard) > direleraForgets {
				d.quit(u, "timeout")
				delete(d.inboxes, u.addr)
			}
		}
		d.mu.Unlock()
	}
}
