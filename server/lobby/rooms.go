package lobby

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
	"kbridge/server/stats"
)

// listing is a room, and what stands for it in the lobby.
type listing struct {
	*room.Room
	lobby *Lobby
	news  newsState    // of those who are not in it
	joins rate.Limiter // of everybody who enters it

	// What its owner has said, see commands_room.go and ruled_out.go.
	maxUsersAt time.Time // when /maxusers was said last
	maxPing    int       // milliseconds; 0 is any
	kicked     ruledOut
	mutes      ruledOut
}

func (r *listing) opened() door.Opened {
	return door.Opened{Room: r.ID, Owner: r.OwnerName, Game: r.Game, Emulator: r.Emulator}
}

// chatOnly reports whether a room of this name is for talking only: EmuLinker never starts a game in one, and FBNeo's
// "* Chat only" is no game that its callback could return from.
func chatOnly(game string) bool { return strings.HasPrefix(game, "*") }

// Create opens a room.
func (u *User) Create(now time.Time, game string) {
	l := u.lobby
	if u.seat != nil {
		l.Hold(u.Room())
		u.door.Tell(now, door.Told{Text: "You are in a room already, leave it first"})
		return
	}
	game = l.Clean.Clean(game, limits.MaxGameName)
	switch {
	case isBlank(l.Clean.Seen(game)):
		u.refuseRoom(now, "The game has no name")
		return
	case len(l.rooms) >= l.cfg.MaxGames:
		u.refuseRoom(now, fmt.Sprintf("There are %d rooms already, no more are allowed", len(l.rooms)))
		return
	case !u.rates.creates.Allow(now, l.cfg.Flood.Create):
		u.refuse(stats.RefusedCreate)
		u.refuseRoom(now, "You create rooms too fast, wait a moment")
		return
	}
	r := &listing{lobby: l, Room: room.New(&l.shared, l, room.Opening{
		ID: l.nextRoomID(), Game: game, Emulator: u.Emulator, Runs: l.Clean.Text(u.Emulator), OwnerName: u.Name,
		Host: u.host(), ChatOnly: chatOnly(game)})}
	r.news.begin(l)
	l.Hold(r.Room)
	l.rooms = append(l.rooms, r)
	l.roomByID[r.ID] = r
	u.door.Tell(now, r.opened())
	u.enter(now, r)
	l.Logger.Info("room created", append(u.attrs(), slog.Uint64("room", uint64(r.ID)),
		slog.String("game", l.Clean.Text(game)))...)
}

// enter seats a user in a room.
func (u *User) enter(now time.Time, r *listing) {
	u.seat = r.Enter(&u.Member, u.door, &u.rates.Rates)
	r.judge(u)
	u.door.Moved(r.Room)
	r.Welcome(now, u.seat)
	u.lobby.Settle(now)
}

// nextRoomID skips 0, FFFFFFFF (which clients write for "I do not know") and what is in use.
func (l *Lobby) nextRoomID() uint32 {
	for {
		l.lastRoom++
		if l.lastRoom == 0xFFFFFFFF {
			l.lastRoom = 1
		}
		if _, used := l.roomByID[l.lastRoom]; !used {
			return l.lastRoom
		}
	}
}

// Join enters a room.
func (u *User) Join(now time.Time, id uint32) {
	l := u.lobby
	if u.seat != nil {
		l.Hold(u.Room())
		u.door.Tell(now, door.Told{Text: "You are in a room already, leave it first"})
		return
	}
	r := l.roomByID[id]
	if r != nil {
		l.Hold(r.Room)
	}
	switch {
	case !u.rates.joins.Allow(now, l.cfg.Flood.Join):
		u.refuse(stats.RefusedJoin)
		u.refuseRoom(now, "You join rooms too fast, wait a moment")
		return
	case r == nil:
		u.refuseRoom(now, "That room does not exist any more")
		return
	case r.keepsOut(u):
		u.refuseRoom(now, "The owner of that room has kicked you, you cannot come in again")
		return
	case r.Running():
		u.refuseRoom(now, "The game in that room has started already")
		return
	case len(r.Seats()) >= limits.MaxPlayers, len(r.Seats()) >= r.Capacity() && !isExempt(u):
		u.refuseRoom(now, fmt.Sprintf("That room is full (%d players)", r.Capacity()))
		return
	case r.maxPing > 0 && u.Ping > uint32(r.maxPing) && !isExempt(u):
		u.refuseRoom(now, fmt.Sprintf("Your ping is %d ms, and that room takes %d ms at most", u.Ping, r.maxPing))
		return
	case !r.joins.Allow(now, limits.RoomJoinRate):
		u.refuse(stats.RefusedJoin)
		u.refuseRoom(now, "Too many enter that room at once, wait a moment")
		return
	}
	r.tellGuest(now, u)
	u.enter(now, r)
	l.Logger.Info("joined", append(u.attrs(), slog.Uint64("room", uint64(r.ID)))...)
	l.work.Room = r.Room
	r.StartWhenFull(now)
}

// refuseRoom answers a create or a join that cannot be: the reason, then the asker is named as one who left.
func (u *User) refuseRoom(now time.Time, reason string) {
	u.door.Tell(now, door.Told{Text: reason})
	u.door.Tell(now, door.Left{Member: &u.Member})
	u.lobby.Logger.Debug("refused", append(u.attrs(), slog.String("reason", reason))...)
}

// LeaveRoom takes a user out of its room; out of the game first. An owner who leaves closes the room at once, unless it
// has vanished while others play.
func (u *User) LeaveRoom(now time.Time, vanished bool) {
	l := u.lobby
	r := l.roomByID[u.Room().ID]
	l.Hold(r.Room)
	if u.seat.Leave(now, vanished) {
		r.close(now, u.seat)
		return
	}
	u.putOut()
	l.Settle(now)
	if r.news.waiting { // it is an outsider now, but did this itself
		u.door.Tell(now, r.Status())
	}
	u.door.Tell(now, door.Left{Member: &u.Member})
}

// putOut takes a user that has left its room into the lobby.
func (u *User) putOut() {
	u.seat = nil
	u.door.Moved(nil)
}

// close closes the room; leaver is the owner if it is closed because the owner left.
func (r *listing) close(now time.Time, leaver *room.Seat) {
	l := r.lobby
	l.Hold(r.Room)
	seats := r.Close(now, leaver)
	delete(l.roomByID, r.ID)
	if i := slices.Index(l.rooms, r); i >= 0 {
		l.rooms = slices.Delete(l.rooms, i, i+1)
	}
	r.tellClosed(now, seats)
	for _, s := range seats {
		if u := l.byID[s.ID]; u != nil && u.seat == s {
			u.putOut()
		}
	}
}

// CloseRoom closes a room, as an administrator does.
func (l *Lobby) CloseRoom(now time.Time, of *room.Room) {
	if r := l.roomByID[of.ID]; r != nil && r.Room == of {
		r.close(now, r.Owner())
	}
}
