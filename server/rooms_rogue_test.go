package server_test

import (
	"bytes"
	"net/netip"
	"sync"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/link"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// rogue is a client that knows all the rules: it logs in, answers, keeps what is not proven, and plays a game as an
// emulator does while plays is set. Besides it does whatever the script says, at any moment.
type rogue struct {
	sc   *scene
	host netip.Addr
	name string
	typ  wire.ConnectionType

	mu    sync.Mutex // guards everything below
	conn  *network.Conn
	done  chan struct{} // closed when the conn's reader has ended; nil without a conn
	link  *link.Link
	past  [][]byte // the last datagrams that it has sent
	size  int      // of one input
	ours  bool     // answers the server's offer, as our own clients do
	mute  bool     // answers no 05
	plays bool
	noise bool // a different input in every batch

	// What it knows of its session.
	id       uint16
	in       bool // logged in
	ticket   ext.Ticket
	ticketed bool
	way      *ext.Ticket // the session that it wants back
	moves    uint32
	nonce    [ext.NonceSize]byte // of the server's last call
	rooms    []uint32            // where it may go
	peers    []uint16            // user IDs that it has seen
	room     uint32              // 0 is the lobby
	owner    bool

	// The game that it is in.
	game     wire.GameStarted
	stage    rogueStage
	behind   bool
	cache    *framecache.Cache
	sent     int // batches
	received int
	next     time.Time // when its emulator has the next batch
}

type rogueStage uint8

const (
	outOfGame rogueStage = iota
	netsync
	playing
)

// keepPast is how many of its own datagrams a rogue can repeat.
const keepPast = 64

// arrive takes a fresh socket and logs in.
func (r *rogue) arrive() {
	r.vanish()
	conn, err := r.sc.a.net.Listen(netip.AddrPortFrom(r.host, 0))
	if err != nil {
		r.sc.t.Errorf("no socket: %v", err)
		return
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn, r.done = conn, make(chan struct{})
	r.in, r.room, r.owner, r.id, r.ticketed, r.moves, r.rooms, r.peers = false, 0, false, 0, false, 0, nil, nil
	r.stage, r.behind, r.mute = outOfGame, false, false
	r.link = link.New(link.Config{}, now)
	go r.read(conn, r.done)
	r.write(wire.AppendHello(nil))
	r.sendLocked(wire.TypeLogin, wire.LoginRequest{User: r.name, Emulator: roomsEmulator,
		Connection: r.typ}.AppendTo(nil))
}

// vanish leaves without a word. The ticket is kept.
func (r *rogue) vanish() {
	r.mu.Lock()
	conn, done := r.conn, r.done
	r.conn, r.done, r.in = nil, nil, false
	if r.ticketed {
		old := r.ticket
		r.way = &old
	}
	r.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
		<-done
	}
}

func (r *rogue) read(conn *network.Conn, done chan struct{}) {
	defer close(done)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		r.mu.Lock()
		if r.conn != conn {
			r.mu.Unlock()
			return
		}
		now := time.Now()
		switch {
		case err != nil || from != r.sc.a.addr:
		case ext.IsExtension(buf[:n]):
			r.history(now, buf[:n])
		case r.link.Receive(now, buf[:n]) == nil:
			for m, ok := r.link.NextMessage(); ok; m, ok = r.link.NextMessage() {
				r.take(now, m)
			}
		}
		r.emulate(now)
		r.flushLocked(now)
		r.mu.Unlock()
	}
}

// emulate sends the next batch of input when it is time, and the frame delay allows it.
func (r *rogue) emulate(now time.Time) {
	c := r.typ.Frames()
	if !r.plays || r.stage != playing || r.behind || now.Before(r.next) || r.sent-r.received > int(r.game.FrameDelay) {
		return
	}
	r.next = r.next.Add(time.Duration(c) * roomsFrame)
	if r.next.Before(now) {
		r.next = now.Add(time.Duration(c) * roomsFrame)
	}
	batch := bytes.Repeat([]byte{byte(r.sent / 5)}, c*r.size)
	if r.noise {
		batch = bytes.Repeat([]byte{byte(r.sent), byte(r.sent >> 8)}, c*r.size)[:c*r.size]
	}
	r.sent++
	if pos, ok := r.cache.Find(batch); ok {
		r.link.SendGame(now, wire.TypeGameCache, wire.AppendGameCache(nil, pos))
		return
	}
	r.cache.Add(batch)
	r.link.SendGame(now, wire.TypeGameData, wire.AppendGameData(nil, batch))
}

// wakeAt is when there is something to do although nothing comes.
func (r *rogue) wakeAt() time.Time {
	at := r.link.Next()
	if r.plays && r.stage == playing && !r.behind && r.sent-r.received <= int(r.game.FrameDelay) &&
		(at.IsZero() || r.next.Before(at)) {
		at = r.next
	}
	return at
}

func (r *rogue) flushLocked(now time.Time) {
	for {
		d := r.link.NextDatagram(now, nil)
		if len(d) == 0 {
			break
		}
		r.write(d)
	}
	at := r.wakeAt()
	if !at.IsZero() && !at.After(now) {
		at = now.Add(time.Millisecond)
	}
	_ = r.conn.SetReadDeadline(at)
}

func (r *rogue) write(d []byte) {
	if len(r.past) == keepPast {
		r.past = r.past[1:]
	}
	r.past = append(r.past, d)
	_, _ = r.conn.WriteToUDPAddrPort(d, r.sc.a.addr)
}

func (r *rogue) sendLocked(t wire.Type, body []byte) {
	now := time.Now()
	r.link.Send(now, t, body)
	r.flushLocked(now)
}

// say sends a message of whatever type, if it has a socket at all.
func (r *rogue) say(t wire.Type, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		r.sendLocked(t, body)
	}
}

// raw sends a datagram as it is.
func (r *rogue) raw(d []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		_, _ = r.conn.WriteToUDPAddrPort(d, r.sc.a.addr)
	}
}

// with runs f under the lock.
func (r *rogue) with(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}
