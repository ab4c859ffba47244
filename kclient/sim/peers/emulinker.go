package peers

import (
	"net/netip"
	"slices"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// EmuLinker says which EmuLinker a model is, and how it is set up. The zero value is an EmuLinker-K as shipped.
type EmuLinker struct {
	// SF is EmuLinkerSF, else it is EmuLinker-K. SF gives every client a port and a thread of its own, which
	// sleeps in a login and waits in a game; its datagrams are 2,048 bytes at most.
	SF bool

	// MaxPing is the largest ping of a login, and the least time between two repeats. 0 is as shipped: 200 ms
	// (K), 250 ms (SF).
	MaxPing time.Duration

	// Admins makes everybody an administrator, as the access list that is shipped does with who comes from the
	// server's own machine: no limits, and a guest may start a game.
	Admins bool
}

// NewEmuLinker starts an EmuLinker-K with another maxPing than the shipped one, see [StartEmuLinker].
func NewEmuLinker(network *network.Network, addr netip.AddrPort, maxPing time.Duration) (*Server, error) {
	return StartEmuLinker(network, addr, EmuLinker{MaxPing: maxPing})
}

// StartEmuLinker starts an EmuLinker at the address.
//
// It sends up to five messages in a datagram, keeps nine, and resends them when a
// client's datagram has nothing new: 3 × n at the n-th in a row, nine at most, at most once per maxPing. A hole
// in a client's messages desynchronises that player for good. It starts only games of one connection type and
// one emulator, gives every player the frame delay of its own ping, and answers a player's first 2 × Hmax - d
// + 5 batches with zeros (Hmax: the largest delay in the room, d: that player's), while it throws as many of
// its inputs away.
func StartEmuLinker(network *network.Network, addr netip.AddrPort, o EmuLinker) (*Server, error) {
	e := newEmulinker(network, o)
	if err := e.start(addr); err != nil {
		return nil, err
	}
	return e.Server, nil
}

// As shipped.
const (
	maxPingK       = 200 * time.Millisecond
	maxPingSF      = 250 * time.Millisecond
	nameLimitK     = 30 // bytes of a user name
	nameLimitSF    = 31
	bufferSF       = 2048 // bytes of a datagram
	floodTime      = 2 * time.Second
	forgetsAfter   = 190 * time.Second // without a message
	emulinkerRoom  = 8                 // players
	emulinkerUsual = 5                 // messages in a datagram
	emulinkerKeeps = 9
	loginPause     = 20 * time.Millisecond // SF's, between two lines of a login
	leavePause     = 100 * time.Millisecond
)

// emulinker is the program. Everything is under the lock of its Server. What SF's threads do, its goroutines
// do, and those let go of the lock where the threads sleep or wait.
type emulinker struct {
	*Server
	o        EmuLinker
	maxPing  time.Duration
	addr     netip.AddrPort
	users    []*elUser // those who are logging in too, in order
	rooms    []*elRoom
	lastUser uint16
	lastRoom uint32
	greeting []string // K: the language file's lines to who enters a room

	changed chan struct{} // SF: closed and made anew whenever something has changed that a thread may wait for
	busy    bool          // SF: a thread is inside a synchronized method of the server
	events  []func()      // SF: what the threads that send have to do
}

func newEmulinker(network *network.Network, o EmuLinker) *emulinker {
	e := &emulinker{Server: newServer(network, "EmuLinker-K"), o: o, maxPing: maxPingK, changed: make(chan struct{}),
		greeting: []string{"Message that appears when a user joins/starts a game!"}}
	if o.SF {
		e.name, e.maxPing, e.greeting = "EmuLinkerSF", maxPingSF, nil
	}
	if o.MaxPing > 0 {
		e.maxPing = o.MaxPing
	}
	return e
}

func (e *emulinker) start(addr netip.AddrPort) error {
	e.addr = addr
	conn, err := e.listen(addr)
	if err != nil {
		return err
	}
	if e.o.SF {
		e.serve(conn, func(from netip.AddrPort, d []byte) { e.text(conn, from, d, e.ownPort) })
	} else {
		e.serve(conn, func(from netip.AddrPort, d []byte) { e.onePort(conn, from, d) })
	}
	guard.GoIn(&e.running, "peers: EmuLinker", e.forget, e.Server.failed)
	return nil
}

// onePort is K's: everything comes to one port, and a client is an address. Whatever is no PING or HELLO makes a
// stranger a client, such as what somebody says whom it knew before it was restarted; and to a client it
// answers no PING.
func (e *emulinker) onePort(conn *network.Conn, from netip.AddrPort, d []byte) {
	i := slices.IndexFunc(e.users, func(u *elUser) bool { return u.addr == from })
	var u *elUser
	switch {
	case i >= 0:
		u = e.users[i]
	case e.text(conn, from, d, func() uint16 { return e.addr.Port() }):
		return
	default:
		u = e.newUser(conn)
	}
	e.datagram(u, from, d)
}

// ownPort is SF's: a HELLO gives a client a port of its own, and a thread that reads it.
func (e *emulinker) ownPort() uint16 {
	conn, err := e.listen(netip.AddrPortFrom(e.addr.Addr(), 0))
	if err != nil {
		return 0
	}
	u := e.newUser(conn)
	e.serve(conn, func(from netip.AddrPort, d []byte) {
		if !u.gone && (!u.addr.IsValid() || u.addr.Addr() == from.Addr()) {
			e.datagram(u, from, d)
		}
	})
	return conn.AddrPort().Port()
}

// datagram handles what came from a client.
func (e *emulinker) datagram(u *elUser, from netip.AddrPort, d []byte) {
	defer e.flush()
	if len(d) > 0 && d[0] > wire.MaxBundle {
		return // a HELLO again
	}
	u.addr = from
	fresh, again, err := u.end.Receive(time.Now(), d)
	if err != nil {
		e.blame(u.name, err)
		return
	}
	e.resend(u, again)
	for i := range fresh {
		m := fresh[i].clone()
		if m.Missing > 0 {
			e.droppedPacket(u)
		}
		u.heard = time.Now()
		e.handle(u, m)
		if u.gone || e.over {
			return
		}
	}
}

// resend says something again, if there is something to say.
func (e *emulinker) resend(u *elUser, again []byte) {
	if again == nil {
		return
	}
	e.Server.resent++
	u.conn.WriteToUDPAddrPort(again, u.addr)
}

// forget puts out who has not been heard of, and who did not log in. K looks once a minute.
func (e *emulinker) forget() {
	for tens := 1; ; tens++ {
		select {
		case <-e.closed:
			return
		case <-time.After(10 * time.Second):
		}
		e.mu.Lock()
		for _, u := range slices.Clone(e.users) {
			switch {
			case u.loggedIn && time.Since(u.heard) > forgetsAfter:
				e.quit(u, "Ping Timeout")
			case u.loggedIn || time.Since(u.made) <= 15*e.maxPing:
			case e.o.SF:
				e.stop(u)
			case tens%6 == 0:
				u.late = true // K answers it on, but lets it in no more
			}
		}
		e.flush()
		e.mu.Unlock()
	}
}

// event is something that is done for one client: at once (K), or by the thread that sends to it (SF), after
// what the thread at hand sends itself.
func (e *emulinker) event(do func()) {
	if !e.o.SF {
		do()
		return
	}
	e.events = append(e.events, do)
}

func (e *emulinker) flush() {
	for len(e.events) > 0 {
		do := e.events[0]
		e.events = e.events[1:]
		do()
	}
}

func (e *emulinker) notify() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// pause lets the other threads go on: until something changes when that is asked for, and at most so long.
func (e *emulinker) pause(limit time.Duration, orChange bool) {
	e.flush()
	if e.over {
		return
	}
	changed := e.changed
	if !orChange {
		changed = nil
	}
	e.mu.Unlock()
	timer := time.NewTimer(limit)
	select {
	case <-changed:
	case <-timer.C:
	case <-e.closed:
	}
	timer.Stop()
	e.mu.Lock()
}

// alone runs a synchronized method of SF's server: one thread at a time.
func (e *emulinker) alone(do func()) {
	if !e.o.SF {
		do()
		return
	}
	for e.busy && !e.over {
		e.pause(time.Hour, true)
	}
	if e.over {
		return
	}
	e.busy = true
	do()
	e.busy = false
	e.notify()
}
