package server

import (
	"errors"
	"net"
	"net/netip"
	"reflect"
	"time"
	"unsafe"

	"kbridge/kclient/history"
	"kbridge/kclient/race"
	"kbridge/server/kaillera"
	"kbridge/server/room"
	"kbridge/server/timer"
)

// RaceEnabled: the race detector is on, which is too slow for all that a test could play.
const RaceEnabled = race.Enabled

// field is a field of what a pointer points to, whether it is exported or not: no message can bring the server into the
// states that Break makes, so no package offers a way to do so.
func field(of any, name string) reflect.Value {
	f := reflect.Indirect(reflect.ValueOf(of)).FieldByName(name)
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// Break brings something in a room, or in its owner's session, into a state that no message can bring it into, so that
// the server panics as soon as it works with it.
func (s *Server) Break(what string, roomID uint32) {
	now := time.Now()
	s.lobby.Lock.Lock()
	defer s.lobby.Unlock(now)
	var r *room.Room
	s.lobby.EveryRoom(func(other *room.Room) {
		if other.ID == roomID {
			r = other
		}
	})
	set := func(of any, name string, value any) {
		f := field(of, name)
		if value == nil {
			f.SetZero()
		} else {
			f.Set(reflect.ValueOf(value))
		}
	}
	since, _ := field(r, "since").Interface().(time.Time)
	wake := func(of any) {
		s.lobby.Timers.Set(field(of, "timer").Addr().Interface().(*timer.Timer), since)
	}
	session := func() *kaillera.Session { return s.lobby.UserOf(r.Owner()).Door().(*kaillera.Session) }
	lines := field(r, "lines").Addr().Interface()
	switch what {
	case "mixer":
		set(r, "mixer", nil)
	case "lines":
		queues := field(lines, "queues")
		queues.Set(reflect.MakeSlice(queues.Type(), 1, 1))
		wake(lines)
	case "timer":
		set(r, "mixer", nil)
		wake(r)
	case "room": // closing it panics too
		set(r, "mixer", nil)
		set(r, "shared", nil)
	case "history":
		h := &history.Record{}
		h.Add(nil) // as if a frame had been ready before the size was known
		set(r, "history", h)
	case "link":
		set(session(), "link", nil)
	case "session": // parting with it panics too
		set(s.lobby.UserOf(r.Owner()), "lobby", nil)
		set(session(), "link", nil)
	case "names":
		set(s.lobby, "byName", nil)
	default:
		panic(what)
	}
}

// ReadToo reads a socket of the server's beside Serve, as one more reader, until the socket is closed.
func (s *Server) ReadToo(conn PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		now := time.Now()
		if err == nil { // else it is the deadline of Serve's
			s.door.Receive(now, conn, from, netip.Addr{}, buf[:n])
		}
		s.door.Run(now)
	}
}

// Disorder is where the server's tables do not agree.
func (s *Server) Disorder() (found []string) {
	if err := s.door.Check(time.Now()); err != nil {
		found = append(found, err.Error())
	}
	return found
}
