package lobby

import (
	"net/netip"
	"time"

	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
)

// rates is what a user has used up of the limits in Flood. It stays with the user, not with the session: it goes
// along when a session takes the place of another, and when one is over it waits for the next one of its host.
type rates struct {
	room.Rates

	chats, creates, joins, messages rate.Limiter

	histories rate.Limiter
	rejoins   rate.Limiter
}

// fullAt is when nothing of it is used up any more.
func (r *rates) fullAt() (at time.Time) {
	at = r.Waited.EmptyAt()
	for _, l := range [...]*rate.Limiter{&r.chats, &r.Chats, &r.creates, &r.joins, &r.Starts, &r.messages,
		&r.histories, &r.rejoins} {
		if full := l.FullAt(); full.After(at) {
			at = full
		}
	}
	return at
}

// hostRates keeps the rates of sessions that are over, for their host's next ones: who quits and logs in again has used
// up what it had. Each session takes one, the one that takes longest to be full again, so many users behind one address
// lend each other nothing but the seconds that those who left had still to wait. Loopback is exempt, as from
// Flood.Login.
type hostRates struct{ byHost map[netip.Addr][]*rates }

// keep takes the rates of a session that is over.
func (h *hostRates) keep(now time.Time, addr netip.Addr, r *rates) {
	if addr.IsLoopback() || !r.fullAt().After(now) {
		return
	}
	host := HostOf(addr)
	if _, ok := h.byHost[host]; !ok && len(h.byHost) >= limits.MaxRateHosts {
		h.sweep(now)
	}
	kept := h.prune(now, host)
	if len(kept) >= limits.MaxHostRates {
		if least := soonestFull(kept); kept[least].fullAt().Before(r.fullAt()) {
			kept[least] = r
		}
	} else {
		kept = append(kept, r)
	}
	h.byHost[host] = kept
}

// take returns the rates for a session that begins.
func (h *hostRates) take(now time.Time, addr netip.Addr) *rates {
	host := HostOf(addr)
	kept := h.prune(now, host)
	if len(kept) == 0 {
		delete(h.byHost, host)
		return &rates{}
	}
	most := 0
	for i, r := range kept {
		if r.fullAt().After(kept[most].fullAt()) {
			most = i
		}
	}
	r := kept[most]
	kept[most] = kept[len(kept)-1]
	kept[len(kept)-1] = nil
	if h.byHost[host] = kept[:len(kept)-1]; len(kept) == 1 {
		delete(h.byHost, host)
	}
	return r
}

// prune forgets those of a host's rates that are full again, and returns the others.
func (h *hostRates) prune(now time.Time, host netip.Addr) []*rates {
	all := h.byHost[host]
	kept := all[:0]
	for _, r := range all {
		if r.fullAt().After(now) {
			kept = append(kept, r)
		}
	}
	clear(all[len(kept):])
	return kept
}

func soonestFull(rates []*rates) (least int) {
	for i, r := range rates {
		if r.fullAt().Before(rates[least].fullAt()) {
			least = i
		}
	}
	return least
}

// sweep forgets the hosts that have everything again, and if these are none, any one.
func (h *hostRates) sweep(now time.Time) {
	for host := range h.byHost {
		if kept := h.prune(now, host); len(kept) > 0 {
			h.byHost[host] = kept
		} else {
			delete(h.byHost, host)
		}
	}
	for host := range h.byHost {
		if len(h.byHost) < limits.MaxRateHosts {
			return
		}
		delete(h.byHost, host)
	}
}

// releaseRates gives back what a user had, when its session is over.
func (u *User) releaseRates(now time.Time) {
	if u.rates != nil {
		u.lobby.rates.keep(now, u.door.Addr().Addr(), u.rates)
	}
}
