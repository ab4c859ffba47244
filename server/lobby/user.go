package lobby

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/room"
	"kbridge/server/stats"
)

// User is somebody who is logged in. It stays the same when its client comes back through another door.
type User struct {
	door.Member
	lobby *Lobby
	door  Door
	seat  *room.Seat // nil in no room
	rates *rates

	news   newsState // of the others
	listed uint64    // when it got the list of everything, see newsState.since

	partner    partner
	noMessages bool   // of other users in private
	kickedFrom uint32 // the room that it was kicked from last; 0 is none
}

// Seat is where the user sits; nil in no room.
func (u *User) Seat() *room.Seat { return u.seat }

// Room is where the user is; nil in none.
func (u *User) Room() *room.Room {
	if u.seat == nil {
		return nil
	}
	return u.seat.Room()
}

// Door is how the user has come in.
func (u *User) Door() Door { return u.door }

// Here reports whether the user is logged in.
func (u *User) Here() bool { return u.lobby.byID[u.ID] == u }

// plays reports whether the user is in a game. It takes the lock of the user's room.
func (u *User) plays(now time.Time) (yes bool) {
	u.lobby.in(now, u.Room(), func() { yes = u.seat != nil && u.seat.Plays() })
	return yes
}

// host is what stands for the user's address, see HostOf.
func (u *User) host() netip.Addr { return HostOf(u.door.Addr().Addr()) }

// tell tells the user something, with the lock of its room held.
func (u *User) tell(now time.Time, e door.Event) {
	u.lobby.in(now, u.Room(), func() { u.door.Tell(now, e) })
}

// say tells the user a line of the server's.
func (u *User) say(now time.Time, text string) { u.tell(now, door.Told{Text: text}) }

// attrs describe the user in the log.
func (u *User) attrs() []any {
	return []any{slog.String("user", u.Shown), slog.Any("addr", u.door.Addr())}
}

// AllowMessage counts a message of the user's at the general rate, and reports whether that allows it. The lock of
// where the user is suffices.
func (u *User) AllowMessage(now time.Time) bool {
	return u.rates.messages.Allow(now, u.lobby.cfg.Flood.Message)
}

// AllowHistory is AllowMessage for a request for a part of a game's history.
func (u *User) AllowHistory(now time.Time) bool {
	return u.rates.histories.Allow(now, limits.HistoryRate)
}

// AllowRejoin counts a login that proves to be this user's.
func (u *User) AllowRejoin(now time.Time) bool { return u.rates.rejoins.Allow(now, limits.RejoinRate) }

// HostOf is what counts as one host: an IPv4 address, or the /64 that an IPv6 host can choose its addresses from.
func HostOf(addr netip.Addr) netip.Addr {
	if addr.Is4() {
		return addr
	}
	p, _ := addr.Prefix(64)
	return p.Addr()
}

// Login is what a login has shown to be.
type Login struct {
	door.Member // without ID
	Door        Door
	Inherits    *Left // from the session that it was before; nil when there was none
}

// Left is what a user leaves to the one that takes its place.
type Left struct {
	rates      *rates
	kickedFrom uint32
}

// Leave takes from a user what another one is to inherit. Quit follows.
func (u *User) Leave() *Left {
	left := &Left{u.rates, u.kickedFrom}
	u.rates = nil
	return left
}

// Enter makes a user of a login that nothing speaks against, see Refuses and NoPlace.
func (l *Lobby) Enter(now time.Time, login Login) *User {
	l.Count.Logins.Add(1)
	u := &User{Member: login.Member, lobby: l, door: login.Door}
	u.ID = l.nextUserID()
	if left := login.Inherits; left != nil {
		u.rates, u.kickedFrom = left.rates, left.kickedFrom
	}
	if u.rates == nil {
		u.rates = l.rates.take(now, u.door.Addr().Addr())
	}
	return u
}

// Welcome tells a new user who and what is there, and the others of the user, who is one from here on.
func (u *User) Welcome(now time.Time) {
	l := u.lobby
	u.tellList(now)
	l.add(u)
	u.door.Tell(now, door.Entered{Member: &u.Member})
	u.news.begin(l)
	l.news.add(now, u)
	for _, line := range l.motd {
		u.door.Tell(now, door.Welcome{Line: line})
	}
}

// tellList tells a user who and what is there.
func (u *User) tellList(now time.Time) {
	l := u.lobby
	l.lastNews++
	u.listed = l.lastNews
	list := door.List{Users: make([]door.ListedUser, 0, len(l.users)), Rooms: make([]door.ListedRoom, 0, len(l.rooms))}
	for _, other := range l.users {
		list.Users = append(list.Users, door.ListedUser{Member: &other.Member, Plays: other.plays(now)})
	}
	for _, r := range l.rooms {
		l.in(now, r.Room, func() {
			list.Rooms = append(list.Rooms, door.ListedRoom{Opened: r.opened(), Status: r.Status()})
		})
	}
	u.tell(now, list)
}

func (l *Lobby) add(u *User) {
	l.users = append(l.users, u)
	l.byID[u.ID] = u
	l.byName[u.Key] = u
	l.many.Store(int64(len(l.users)))
	l.countPlace(u)
}

func (l *Lobby) remove(u *User) {
	if i := slices.Index(l.users, u); i >= 0 {
		l.users = slices.Delete(l.users, i, i+1)
	}
	l.many.Store(int64(len(l.users)))
	delete(l.byID, u.ID)
	if l.byName[u.Key] == u {
		delete(l.byName, u.Key)
	}
	l.freePlace(u)
}

// nextUserID skips 0, FFFF (which clients write for "I do not know") and what is in use. There are fewer users than
// IDs, so there is one.
func (l *Lobby) nextUserID() uint16 {
	for {
		l.lastUser++
		if l.lastUser == 0xFFFF {
			l.lastUser = 1
		}
		if _, used := l.byID[l.lastUser]; !used {
			return l.lastUser
		}
	}
}

// Quit ends a user's session and tells everyone. A room of a user who is not willing, but has vanished, lives on while
// others play in it.
func (u *User) Quit(now time.Time, message string, willing bool) {
	l := u.lobby
	l.Hold(u.Room())
	if u.seat != nil {
		u.LeaveRoom(now, !willing)
	}
	u.tellGone(now, message)
	l.remove(u)
	u.releaseRates(now)
	u.door.Close(now)
	l.Logger.Info("quit", append(u.attrs(), slog.String("message", l.Clean.Text(message)))...)
}

// Rejoin lets a user whose seat is kept come back through another door. The old door is told that it is over, in case
// anybody is still there. It takes no other place than it had.
func (u *User) Rejoin(now time.Time, d Door) {
	l := u.lobby
	r := u.Room()
	l.Hold(r)
	l.work.Other, l.work.Room = u, r
	l.Count.Logins.Add(1)
	old := u.door
	l.remove(u)
	old.Moved(nil)
	old.Tell(now, door.Gone{Member: &u.Member, Message: "logged in again"})
	old.Close(now)
	u.door = d
	d.Moved(r)
	u.seat.Rejoin(now, d)
	u.tellList(now)
	l.add(u)
	d.Tell(now, door.Entered{Member: &u.Member})
	u.seat.WelcomeBack(now)
	l.Logger.Info("a player rejoins", append(u.attrs(), slog.Int("id", int(u.ID)),
		slog.Uint64("room", uint64(r.ID)), slog.Any("from", old.Addr()))...)
}

// Moves is called when a user's client has moved to another address, before and after.
func (u *User) Moves(there bool) {
	if there {
		u.lobby.countPlace(u)
		u.lobby.judge(u)
	} else {
		u.lobby.freePlace(u)
	}
}

// refuse counts what a user may not do.
func (u *User) refuse(why stats.Refusal) { u.lobby.Count.Refuse(why) }
