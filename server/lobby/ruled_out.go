package lobby

import (
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
)

// Whom a room's owner has put out does not come in again while the room lives, and whom the owner has silenced says
// nothing there, after leaving and joining again neither. Both hold for the address, as at EmuLinker: another name is
// quickly chosen. Users who share the address share the fate. Where it is the owner's own address too, or this
// machine's, it would be the wrong one, so there it is the name.

// isExempt is the one place that says whom no owner can put out, silence or keep out, and who need not heed a room's
// limits. Nobody, as there are no administrators.
func isExempt(*User) bool { return false }

// who is somebody who was ruled out: an address, or a name.
type who struct {
	host netip.Addr // see hostOf; zero for a name
	key  string     // see nameKey
}

// who is whom the owner of the room means by a user.
func (r *listing) who(u *User) who {
	host := u.host()
	if host.IsLoopback() || host == r.Host || r.owner() != nil && host == r.owner().host() {
		return who{key: u.Key}
	}
	return who{host: host}
}

// ruledOut is a list of them. It is bounded, and the oldest makes room.
type ruledOut []who

func (l *ruledOut) add(w who) {
	l.remove(w)
	if len(*l) >= limits.MaxRuledOut {
		*l = slices.Delete(*l, 0, 1)
	}
	*l = append(*l, w)
}

func (l *ruledOut) remove(w who) {
	*l = slices.DeleteFunc(*l, func(other who) bool { return other == w })
}

// has reports whether a user is one of them.
func (l ruledOut) has(u *User) bool {
	host := u.host()
	return slices.ContainsFunc(l, func(w who) bool { return w.key == u.Key || w.host.IsValid() && w.host == host })
}

// keepsOut reports whether the owner has put this user out. A session that comes from another address since then is the
// same user, and so is one that has rejoined with its ticket.
func (r *listing) keepsOut(u *User) bool {
	return !isExempt(u) && (u.kickedFrom == r.ID || r.kicked.has(u))
}

// judge has the seat of a user of the room's know whether the owner has silenced it.
func (r *listing) judge(u *User) { u.seat.Mute(!isExempt(u) && r.mutes.has(u)) }

// judgeAll is judge for everybody in the room.
func (r *listing) judgeAll() {
	for _, s := range r.Seats() {
		if u := r.lobby.byID[s.ID]; u != nil && u.seat == s {
			r.judge(u)
		}
	}
}

// judge is for a user who comes from another address now.
func (l *Lobby) judge(u *User) {
	if r := u.Room(); r != nil {
		l.Hold(r)
		if listed := l.listed(r); listed != nil {
			listed.judge(u)
		}
	}
}

// owner is whose room it is; nil when that one has vanished.
func (r *listing) owner() *User {
	if s := r.Owner(); s != nil {
		return r.lobby.byID[s.ID]
	}
	return nil
}

// Kick is a leave that the owner orders, with the kick of its client.
func (u *User) Kick(now time.Time, id uint16) {
	l := u.lobby
	l.Hold(u.Room())
	r, kicked := l.roomByID[u.Room().ID], l.byID[id]
	switch {
	case !u.seat.Owns():
		u.deny(now, "Only the owner of the room may kick")
	case kicked == u:
		u.deny(now, "You cannot kick yourself")
	case kicked == nil || kicked.Room() != r.Room:
		u.deny(now, "That user is not in the room")
	case isExempt(kicked):
		u.deny(now, "An administrator cannot be kicked")
	default:
		r.putOut(now, kicked)
	}
}

// deny refuses what the user asked of its room.
func (u *User) deny(now time.Time, text string) { u.door.Tell(now, door.Denied{Text: text}) }

// putOut puts a member out for as long as the room lives.
func (r *listing) putOut(now time.Time, kicked *User) {
	r.kicked.add(r.who(kicked))
	kicked.kickedFrom = r.ID
	kicked.seat.Silence(now)
	kicked.LeaveRoom(now, false)
	kicked.say(now, "The owner of the room has kicked you")
	r.lobby.Logger.Info("kicked", append(kicked.attrs(), slog.Uint64("room", uint64(r.ID)))...)
}

func orderKick(o order) bool {
	n, ok := o.number(limits.MaxOrdered)
	if !ok {
		return false
	}
	switch kicked := o.room.numbered(n); {
	case kicked == nil:
		o.answer("There is no player %d", n)
	case kicked == o.from:
		o.answer("You cannot kick yourself")
	case isExempt(kicked):
		o.answer("An administrator cannot be kicked")
	default:
		o.room.putOut(o.now, kicked)
	}
	return true
}

func orderKickAll(o order) bool {
	for _, m := range o.room.others(o.from) {
		if !isExempt(m) {
			o.room.putOut(o.now, m)
		}
	}
	o.tellAll("Everybody was kicked")
	return true
}

// member is the member whom an order names by user ID, not its owner.
func (o order) member() (m *User, ok bool) {
	id, err := strconv.ParseUint(o.rest, 10, 16)
	if err != nil {
		return nil, false
	}
	switch m = o.from.lobby.byID[uint16(id)]; {
	case m == nil || m.Room() != o.room.Room:
		o.answer("That user is not in the room")
		return nil, true
	case m == o.from:
		o.answer("That is you")
		return nil, true
	}
	return m, true
}

func orderMute(o order) bool {
	m, ok := o.member()
	switch {
	case m == nil:
	case isExempt(m):
		o.answer("An administrator cannot be silenced")
	default:
		o.room.mutes.add(o.room.who(m))
		o.room.judgeAll()
		o.tellAll("%s can say nothing here from now on", m.Shown)
	}
	return ok
}

func orderUnmute(o order) bool {
	m, ok := o.member()
	if m != nil {
		o.room.mutes.remove(who{key: m.Key})
		o.room.mutes.remove(who{host: m.host()})
		o.room.judgeAll()
		o.tellAll("%s can talk again", m.Shown)
	}
	return ok
}

func orderMuteAll(o order) bool {
	for _, m := range o.room.others(o.from) {
		if !isExempt(m) {
			o.room.mutes.add(o.room.who(m))
		}
	}
	o.room.judgeAll()
	o.tellAll("Nobody but the owner can talk here from now on")
	return true
}

func orderUnmuteAll(o order) bool {
	o.room.mutes = nil
	o.room.judgeAll()
	o.tellAll("Everybody can talk again")
	return true
}
