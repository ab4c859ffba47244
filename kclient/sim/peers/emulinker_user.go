package peers

import (
	"net/netip"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// elUser is a client of an EmuLinker's.
type elUser struct {
	conn *network.Conn // where it is answered from
	addr netip.AddrPort
	end  *EmuLinkerEnd

	id         uint16
	name       string
	emulator   string
	connection wire.ConnectionType
	status     wire.UserState
	loggedIn   bool
	gone       bool
	made       time.Time
	late       bool      // it has been too long about its login
	asked      time.Time // the first 05
	acks       int
	ping       time.Duration
	heard      time.Time // its last message
	chatted    time.Time
	created    time.Time
	lastMsg    uint16 // who is answered by a /msg without a number
	noMsgs     bool
	p2p        bool // hears nothing of the server while it plays

	room   *elRoom
	player int // number in the room, from 1

	// Of the game.
	delay, tempDelay, totalDelay int
	batches                      int // that were answered with zeros
	size                         int // of one input
	lostInput                    [][]byte
	failing                      time.Time // SF: since when its data is only reflected
	inCache, outCache            *framecache.Cache
}

func (e *emulinker) newUser(conn *network.Conn) *elUser {
	e.lastUser++
	u := &elUser{conn: conn, id: e.lastUser, status: wire.UserConnecting, made: time.Now(), heard: time.Now(),
		end: NewEmuLinkerEnd(e.maxPing)}
	if e.o.SF {
		u.end.out.Buffer = bufferSF
	}
	u.resetCaches()
	e.users = append(e.users, u)
	return u
}

func (u *elUser) resetCaches() {
	u.inCache, u.outCache = framecache.New(framecache.Window), framecache.New(framecache.Window)
}

// send sends a message at once.
func (e *emulinker) send(u *elUser, t wire.Type, b body) { e.sendBody(u, t, b.AppendTo(nil)) }

func (e *emulinker) sendBody(u *elUser, t wire.Type, b []byte) {
	u.conn.WriteToUDPAddrPort(u.end.Send(t, b), u.addr)
}

// tell is a line from "server" to one, at once.
func (e *emulinker) tell(u *elUser, text string) {
	e.send(u, wire.TypeServerMessage, wire.ServerMessage{From: "server", Text: text})
}

// inform is a line from "server" to one, which players who ignore the server do not get.
func (e *emulinker) inform(u *elUser, text string) {
	if u.status != wire.UserIdle && u.p2p {
		return
	}
	e.event(func() { e.tell(u, text) })
}

// toAll is what everybody hears who is logged in, but not who ignores the server while playing.
func (e *emulinker) toAll(do func(u *elUser)) {
	for _, u := range e.users {
		if u.loggedIn && (u.status == wire.UserIdle || !u.p2p) {
			e.event(func() { do(u) })
		}
	}
}

// informAll is a line from "server" to all.
func (e *emulinker) informAll(text string) {
	for _, u := range e.users {
		if u.loggedIn {
			e.inform(u, text)
		}
	}
}

func (e *emulinker) userByID(id uint16) *elUser {
	for _, u := range e.users {
		if u.id == id {
			return u
		}
	}
	return nil
}

// flooding says whether somebody asks again too soon.
func (e *emulinker) flooding(last time.Time) bool {
	return !e.o.Admins && !last.IsZero() && time.Since(last) < floodTime
}

// stop is the end of a session.
func (e *emulinker) stop(u *elUser) {
	u.gone, u.loggedIn = true, false
	for i, other := range e.users {
		if other == u {
			e.users = append(e.users[:i:i], e.users[i+1:]...)
			return
		}
	}
}
