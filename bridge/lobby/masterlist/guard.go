package masterlist

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
)

// guard keeps one fetch from what a list must not lead to. It looks hosts up and has the very address connected to that
// it has looked at: a name that changes its mind meanwhile gains nothing.
type guard struct {
	lookup Lookup
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	local   bool            // all who have led here are in this network, so it may go on in it
	proxies map[string]bool // the user's own, by host:port, wherever they are
}

// guarded is a client that connects to nothing that a source must not lead to. The transport of the client that is
// given is used if it is a *http.Transport; what another one does is for its owner to look after.
func guarded(base *http.Client, lookup Lookup, source string) *http.Client {
	g := &guard{lookup: lookup, local: Local(source), proxies: map[string]bool{}}
	client := *base
	client.CheckRedirect = g.redirect
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	transport, ok := client.Transport.(*http.Transport)
	if !ok {
		return &client
	}
	transport = transport.Clone()
	if g.dial = transport.DialContext; g.dial == nil {
		g.dial = (&net.Dialer{}).DialContext
	}
	transport.DialContext = g.connect
	transport.DisableKeepAlives = true // a fetch is two requests at most
	transport.MaxResponseHeaderBytes = maxResponseHeader
	if proxy := transport.Proxy; proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) { return g.proxy(r, proxy) }
	}
	client.Transport = transport
	return &client
}

func (g *guard) redirect(to *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("it redirects too often")
	}
	if to.URL.Scheme != "http" && to.URL.Scheme != "https" {
		return fmt.Errorf("it redirects to an address with %s", to.URL.Scheme)
	}
	if !Local(to.URL.String()) {
		g.mu.Lock()
		g.local = false
		g.mu.Unlock()
	}
	return nil
}

func (g *guard) isLocal() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.local
}

// proxy asks which proxy the user has for a request. It is that which connects, so all that can be done is to look at
// where the request goes.
func (g *guard) proxy(r *http.Request, which func(*http.Request) (*url.URL, error)) (*url.URL, error) {
	p, err := which(r)
	if p == nil || err != nil {
		return p, err
	}
	// Behind a proxy the names of the Internet may not be known here.
	_, err = g.lookup.Allowed(r.Context(), r.URL.Hostname(), g.isLocal())
	if errors.Is(err, errInside) || err != nil && !g.isLocal() && Local(r.URL.String()) {
		return nil, err
	}
	port := p.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[p.Scheme]
	}
	if port == "" {
		port = "80"
	}
	g.mu.Lock()
	g.proxies[net.JoinHostPort(p.Hostname(), port)] = true
	g.mu.Unlock()
	return p, nil
}

// connect connects to the first address of a host that answers. Each has its part of the time: that of IPv6 may be
// there by name only.
func (g *guard) connect(ctx context.Context, network, address string) (c net.Conn, err error) {
	g.mu.Lock()
	proxy := g.proxies[address]
	g.mu.Unlock()
	if proxy {
		return g.dial(ctx, network, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := g.lookup.Allowed(ctx, host, g.isLocal())
	if err != nil {
		return nil, err
	}
	for _, a := range addrs[:min(len(addrs), maxAddresses)] {
		c, err = g.connectTo(ctx, network, a, port)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return c, err
}

func (g *guard) connectTo(ctx context.Context, network string, a netip.Addr, port string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout/(maxAddresses+1))
	defer cancel()
	return g.dial(ctx, network, net.JoinHostPort(a.String(), port))
}
