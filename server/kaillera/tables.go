package kaillera

import (
	"net/netip"
	"sync"

	"kbridge/kclient/wire/ext"
)

// addresses finds sessions by where they are. Its lock is a leaf: a session that was found may be another's, or over,
// by the time that its own lock is held.
type addresses struct {
	mu sync.RWMutex
	at map[netip.AddrPort]*session
}

func (t *addresses) find(addr netip.AddrPort) *session {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.at[addr]
}

func (t *addresses) set(addr netip.AddrPort, s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at[addr] = s
}

// remove forgets an address, if it is the session's.
func (t *addresses) remove(addr netip.AddrPort, s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at[addr] == s {
		delete(t.at, addr)
	}
}

// all are the sessions, in no order.
func (t *addresses) all() (all []*session) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, s := range t.at {
		all = append(all, s)
	}
	return all
}

// keep forgets all but those that may stay.
func (t *addresses) keep(may func(addr netip.AddrPort, s *session) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for addr, s := range t.at {
		if !may(addr, s) {
			delete(t.at, addr)
		}
	}
}

// tickets finds sessions by the numbers of their tickets. Its lock is a leaf, too.
type tickets struct {
	mu sync.Mutex
	of map[[ext.TicketIDSize]byte]*session
}

func (t *tickets) find(id [ext.TicketIDSize]byte) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[id]
}

func (t *tickets) set(id [ext.TicketIDSize]byte, s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[id] = s
}

// remove forgets a ticket, if it is the session's.
func (t *tickets) remove(id [ext.TicketIDSize]byte, s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of[id] == s {
		delete(t.of, id)
	}
}

// keep forgets all but those that may stay.
func (t *tickets) keep(may func(id [ext.TicketIDSize]byte, s *session) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, s := range t.of {
		if !may(id, s) {
			delete(t.of, id)
		}
	}
}
