package lobby

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"kbridge/bridge/lobby/masterlist"
	"kbridge/bridge/lobby/message"
	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
)

// namedBy says who has named a server, which decides what is sent to it.
type namedBy int

const (
	byPublicList namedBy = iota // whoever writes that: only servers of the Internet are pinged
	byLocalList                 // a list in this network may name its servers
	byPlayer                    // favourites, recent servers, our own: wherever they are
)

// pinger paces the pings of a dialog and counts them by host. Its methods may be called from any goroutine.
type pinger struct {
	lookup masterlist.Lookup
	places chan struct{} // one for each that is under way

	mu   sync.Mutex
	next time.Time            // when the next one may go out
	host map[netip.Prefix]int // how many were pinged there, in this round
}

// round begins to count anew.
func (p *pinger) round() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.host = map[netip.Prefix]int{}
}

// wait waits until a ping may go out; false means that the context is over.
func (p *pinger) wait(ctx context.Context) bool {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	left := p.next.Sub(now)
	p.next = p.next.Add(pingEach)
	p.mu.Unlock()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// errNotPinged: a list has named what is not pinged.
var errNotPinged = errors.New("a list has named an address that is not pinged")

// find is where a server is, if it may be pinged.
func (p *pinger) find(ctx context.Context, address string, by namedBy) (string, error) {
	if by == byPlayer {
		return address, nil
	}
	listed, err := text.ParseAddress(address, 0)
	if err != nil {
		return "", err
	}
	if listed.Port < firstListedPort {
		return "", errNotPinged
	}
	addrs, err := p.lookup.Allowed(ctx, listed.Host, by == byLocalList)
	if err != nil {
		return "", err
	}
	best := addrs[0]
	for _, a := range addrs {
		if a.Is4() {
			best = a
			break
		}
	}
	if !p.count(best) {
		return "", errNotPinged
	}
	return text.Address{Host: best.String(), Port: listed.Port}.String(), nil
}

// count takes one of a host's places. An IPv6 host has 64 bits of addresses.
func (p *pinger) count(a netip.Addr) bool {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.host[prefix]++
	return p.host[prefix] <= pingsPerHost
}

// ping measures one server, in ms; -1 says that it does not answer, or is not asked.
func (p *pinger) ping(ctx context.Context, address string, by namedBy) int {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout+pingTimeout)
	defer cancel()
	where, err := p.find(ctx, address, by)
	if err != nil {
		return -1
	}
	within, stop := context.WithTimeout(ctx, pingTimeout)
	defer stop()
	rtt, err := kclient.Ping(within, where)
	if err != nil {
		return -1
	}
	return max(int(rtt.Milliseconds()), 1)
}

// ping pings servers in the order given, a bounded number at once, and shows each as it answers.
func (l *serverList) ping(d *desk, ctx context.Context, addresses []string) {
	if len(addresses) == 0 {
		return
	}
	round, p := l.round, l.pinger
	by := make([]namedBy, len(addresses))
	for i, address := range addresses {
		by[i] = l.named[address]
	}
	d.begin(func(context.Context) func() {
		var all sync.WaitGroup
		defer all.Wait()
		for i, address := range addresses {
			select {
			case p.places <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			if !p.wait(ctx) {
				<-p.places
				return nil
			}
			guard.GoIn(&all, "ping", func() {
				defer func() { <-p.places }()
				ms := p.ping(ctx, address, by[i])
				d.put(ctx, func() {
					if s := l.byAddress[address]; s != nil && l.round == round {
						s.Ping = ms
						d.tell(message.ServerChanged{Server: *s})
					}
				})
			}, d.fault)
		}
		return nil
	})
}
