package server

import (
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
)

// Whom a room's owner has put out does not come in again while the room lives, and whom the owner has silenced says
// nothing there, after leaving and joining again neither. Both hold for the address, as at EmuLinker: another name is
// quickly chosen. Users who share the address share the fate. Where it is the owner's own address too, or this
// machine's, it would be the wrong one, so there it is the name.

// isExempt is the one place that says whom no owner can put out, silence or keep out, and who need not heed a room's
// limits. Nobody, as there are no administrators.
func isExempt(*session) bool { return false }

// who is somebody who was ruled out: an address, or a name.
type who struct {
	host netip.Addr // see hostOf; zero for a name
	key  string     // see nameKey
}

// who is whom the owner of the room means by a user.
func (r *room) who(u *session) who {
	host := hostOf(u.addr.Addr())
	if host.IsLoopback() || host == r.host || r.owner != nil && host == hostOf(r.owner.addr.Addr()) {
		return who{key: u.key}
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
func (l ruledOut) has(u *session) bool {
	host := hostOf(u.addr.Addr())
	return slices.ContainsFunc(l, func(w who) bool { return w.key == u.key || w.host.IsValid() && w.host == host })
}

// keepsOut reports whether the owner has put this user out. A session that comes from another address since then is the
// same user, and so is one that has rejoined with its ticket.
func (r *room) keepsOut(u *session) bool {
	return !isExempt(u) && (u.kickedFrom == r.id || r.kicked.has(u))
}

// muted reports whether the owner has silenced this user.
func (r *room) muted(u *session) bool { return u != r.owner && !isExempt(u) && r.mutes.has(u) }

const mutedNotice = "The owner of the room lets you say nothing here"

// kick is a leave that the owner orders, with the kick of its client.
func (s *session) kick(now time.Time, k wire.KickRequest) {
	r := s.room
	kicked := s.server.byID[k.UserID]
	switch {
	case r.owner != s:
		s.deny(now, "Only the owner of the room may kick")
	case kicked == s:
		s.deny(now, "You cannot kick yourself")
	case kicked == nil || kicked.room != r:
		s.deny(now, "That user is not in the room")
	case isExempt(kicked):
		s.deny(now, "An administrator cannot be kicked")
	default:
		r.putOut(now, kicked)
	}
}

// putOut puts a member out for as long as the room lives.
func (r *room) putOut(now time.Time, kicked *session) {
	r.kicked.add(r.who(kicked))
	kicked.kickedFrom = r.id
	r.lines.kick(now, kicked)
	kicked.leave(now, false)
	kicked.tell(now, "The owner of the room has kicked you")
	r.server.cfg.Logger.Info("kicked", append(kicked.attrs(), slog.Uint64("room", uint64(r.id)))...)
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
func (o order) member() (m *session, ok bool) {
	id, err := strconv.ParseUint(o.rest, 10, 16)
	if err != nil {
		return nil, false
	}
	switch m = o.from.server.byID[uint16(id)]; {
	case m == nil || m.room != o.room:
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
		o.tellAll("%s can say nothing here from now on", m.name())
	}
	return ok
}

func orderUnmute(o order) bool {
	m, ok := o.member()
	if m != nil {
		o.room.mutes.remove(who{key: m.key})
		o.room.mutes.remove(who{host: hostOf(m.addr.Addr())})
		o.tellAll("%s can talk again", m.name())
	}
	return ok
}

func orderMuteAll(o order) bool {
	for _, m := range o.room.others(o.from) {
		if !isExempt(m) {
			o.room.mutes.add(o.room.who(m))
		}
	}
	o.tellAll("Nobody but the owner can talk here from now on")
	return true
}

func orderUnmuteAll(o order) bool {
	o.room.mutes = nil
	o.tellAll("Everybody can talk again")
	return true
}
