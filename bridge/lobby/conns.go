package lobby

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// places is a listener with a bound on its open connections, one for strangers and one for guests, who have shown the
// token or the cookie. A stranger too many takes the place of the oldest one, so that connections that only stand there
// keep nobody out. A guest too many stays a stranger. (netutil.LimitListener accepts no more once it is full: whoever
// holds all places keeps the page out; and it has one kind of connection.)
type places struct {
	net.Listener

	mu        sync.Mutex
	strangers list.List // of *place, the oldest first
	guests    int
}

// place is one connection. Its fields are guarded by the mutex of its places.
type place struct {
	net.Conn
	of   *places
	at   *list.Element // among the strangers; nil when it is none
	gone bool
}

func (p *places) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.strangers.Len() >= maxStrangers {
		p.strangers.Front().Value.(*place).closeLocked()
	}
	it := &place{Conn: c, of: p}
	it.at = p.strangers.PushBack(it)
	return it, nil
}

func (c *place) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	return c.closeLocked()
}

func (c *place) closeLocked() error {
	switch {
	case c.gone:
	case c.at != nil:
		c.of.strangers.Remove(c.at)
	default:
		c.of.guests--
	}
	c.gone = true
	return c.Conn.Close()
}

type placeKey struct{}

// withPlace keeps a request's connection for welcome.
func withPlace(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, placeKey{}, c)
}

// welcome makes a request's connection a guest's.
func welcome(r *http.Request) {
	c, ok := r.Context().Value(placeKey{}).(*place)
	if !ok {
		return
	}
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.gone || c.at == nil || c.of.guests >= maxGuests {
		return
	}
	c.of.strangers.Remove(c.at)
	c.at = nil
	c.of.guests++
}
