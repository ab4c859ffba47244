package lobby

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// Refuses says what speaks against a user of this name and ping; empty when nothing does.
func (l *Lobby) Refuses(m *door.Member) string {
	switch seen := l.Clean.Seen(m.Name); {
	case m.Key == "" || isBlank(seen):
		return "Your user name is empty"
	case isReserved(seen):
		return "That user name is reserved, choose another one"
	case time.Duration(m.Ping)*time.Millisecond > l.cfg.MaxPing:
		return fmt.Sprintf("Your ping of %d ms is above the limit of %d ms", m.Ping, l.cfg.MaxPing.Milliseconds())
	}
	return ""
}

// NoPlace says why there is no place for a login from this address; empty when there is one. The place of the user that
// it was before is its own.
func (l *Lobby) NoPlace(addr netip.Addr, old *User) (why stats.Refusal, reason string) {
	users, here := len(l.users), l.places[HostOf(addr)]
	if old != nil {
		users--
		if old.host() == HostOf(addr) {
			here--
		}
	}
	free := l.cfg.MaxUsers - users
	switch {
	case free <= 0:
		return stats.RefusedFull, fmt.Sprintf("The server is full (%d users)", l.cfg.MaxUsers)
	case l.cfg.MaxUsersPerAddress < 0 || isNear(addr):
	case here >= l.cfg.MaxUsersPerAddress:
		return stats.RefusedHost,
			fmt.Sprintf("%d users of your address are here, no more are allowed. Come when one of them has left", here)
	case here >= limits.MaxUsersOfHostWhenFew && free*limits.FewPlaces < l.cfg.MaxUsers:
		return stats.RefusedHost,
			fmt.Sprintf("The server is nearly full, and %d users of your address are here. Come when some have left",
				here)
	}
	return 0, ""
}

// isNear reports whether an address is one of a local network, or of this machine, where nobody elsewhere can be.
func isNear(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// countPlace counts a user for its host.
func (l *Lobby) countPlace(u *User) { l.places[u.host()]++ }

// freePlace counts it no more.
func (l *Lobby) freePlace(u *User) {
	host := u.host()
	if l.places[host]--; l.places[host] <= 0 {
		delete(l.places, host)
	}
}

// HasPlace reports whether one more may try to come from an address. On a full server it may while a seat is kept for
// somebody, who may come from any address, and from hosts with a user that is silent: it may have crashed. The others
// are refused at the end of their login.
func (l *Lobby) HasPlace(now time.Time, from netip.Addr) bool {
	if len(l.users) < l.cfg.MaxUsers {
		return true
	}
	host := HostOf(from)
	return slices.ContainsFunc(l.users, func(u *User) (may bool) {
		l.in(now, u.Room(), func() {
			may = u.seat != nil && u.seat.Kept() ||
				u.host() == host && now.Sub(u.door.Heard()) >= limits.AnswerTime
		})
		return may
	})
}

// MakeRoom has users that have proven nothing make room for a login that has, on a full server. Of their own kind the
// oldest one makes room.
func (l *Lobby) MakeRoom(now time.Time, reached bool) {
	if reached {
		if len(l.users) >= l.cfg.MaxUsers {
			l.pushOut(now)
		}
		return
	}
	n := 0
	for _, u := range l.users {
		if !u.door.Reached() {
			n++
		}
	}
	if n >= max(l.cfg.MaxUsers/limits.UnprovenShare, 1) {
		l.pushOut(now)
	}
}

// pushOut ends the oldest session that has proven nothing and does not play.
func (l *Lobby) pushOut(now time.Time) {
	for _, u := range l.users {
		if !u.door.Reached() && !u.plays(now) {
			u.refuse(stats.RefusedUnproven)
			u.Quit(now, "made room for others", true)
			return
		}
	}
}
