package kclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

const (
	// perAddress is how long each address of a name that has several may take to answer HELLO: that is asked six times
	// then.
	perAddress = 3 * time.Second
	// maxAddresses bounds those that are tried: more than fit into the default time are never reached anyway.
	maxAddresses = 16
)

// resolve finds the addresses of host[:port], those of IPv4 first, since deployed servers listen there.
func resolve(ctx context.Context, addr string, lookup func(ctx context.Context, host string) ([]netip.Addr,
	error)) ([]netip.AddrPort, error) {
	a, err := text.ParseAddress(addr, DefaultPort)
	var wrong *text.AddressError
	if errors.As(err, &wrong) {
		return nil, &ConfigError{"server address", addr, "host or host:port with a port from 1 to 65535: " +
			wrong.Problem}
	}
	if err != nil {
		return nil, err
	}
	if ip, ok := a.IP(); ok {
		return []netip.AddrPort{netip.AddrPortFrom(nameZone(ip), a.Port)}, nil
	}
	if lookup == nil {
		lookup = lookupSystem
	}
	ips, err := lookup(ctx, a.Host)
	if err == nil && len(ips) == 0 {
		err = errors.New("it has no address")
	}
	if err != nil {
		return nil, fmt.Errorf("kclient: cannot find the server %q: %w", a.Host, err)
	}
	var list []netip.AddrPort
	for _, ip := range ips {
		if at := netip.AddrPortFrom(ip.Unmap(), a.Port); ip.IsValid() && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	slices.SortStableFunc(list, func(a, b netip.AddrPort) int { return a.Addr().BitLen() - b.Addr().BitLen() })
	return list[:min(len(list), maxAddresses)], nil
}

func lookupSystem(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// nameZone writes a zone as sockets do, who name the interface where its number was given.
func nameZone(ip netip.Addr) netip.Addr {
	if n, err := strconv.Atoi(ip.Zone()); err == nil {
		if i, err := net.InterfaceByIndex(n); err == nil {
			return ip.WithZone(i.Name)
		}
	}
	return ip
}

// eachAddress calls try for one address of a server's after the other until one has answered, or timeout is over. try
// is given the time that it may take, which of an only address is all of it.
func eachAddress(host string, servers []netip.AddrPort, timeout time.Duration, try func(server netip.AddrPort,
	timeout time.Duration) error) error {
	if len(servers) == 1 {
		return try(servers[0], timeout)
	}
	failed := &UnansweredError{Host: host}
	end := time.Now().Add(timeout)
	for i, server := range servers {
		left := time.Until(end)
		if left <= 0 {
			for _, s := range servers[i:] {
				failed.Left = append(failed.Left, s.String())
			}
			break
		}
		err := try(server, min(left, perAddress))
		if !isUnanswered(err) {
			return err
		}
		failed.Tried = append(failed.Tried, Unanswered{server.String(), err})
	}
	return failed
}

// isUnanswered reports whether an error says that there is no server at an address, so that another may have it.
func isUnanswered(err error) bool {
	var timeout *TimeoutError
	var closed *NotListeningError
	var system *net.OpError // no socket of this family, no way there
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, wire.ErrHandshake):
		return false
	case errors.As(err, &timeout):
		return timeout.Kind == TimeoutHello
	case errors.As(err, &closed):
		return !closed.Ended
	}
	return errors.As(err, &system)
}

// UnansweredError says that no server was found at any of the addresses that a host's name has. errors.As finds the
// *TimeoutError or the *NotListeningError of one of them in it.
type UnansweredError struct {
	Host  string // host:port, as it was asked for
	Tried []Unanswered
	Left  []string // addresses for which there was no time
}

// Unanswered is one address, as ip:port, and what happened there.
type Unanswered struct {
	Server string
	Err    error
}

func (e *UnansweredError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kclient: no server answers at any address of %s:", e.Host)
	for i, t := range e.Tried {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s: %s", t.Server, t.what())
	}
	for _, s := range e.Left {
		fmt.Fprintf(&b, "; %s: there was no time left", s)
	}
	b.WriteString(": check the address, and that UDP to it is not blocked")
	return b.String()
}

func (t Unanswered) what() string {
	var timeout *TimeoutError
	var closed *NotListeningError
	switch {
	case errors.As(t.Err, &timeout) && timeout.Cause != nil:
		return fmt.Sprintf("nothing can be sent there: %v", timeout.Cause)
	case errors.As(t.Err, &timeout):
		return fmt.Sprintf("nothing came from there in %v", timeout.After.Round(time.Millisecond))
	case errors.As(t.Err, &closed):
		return "nothing listens there"
	}
	return t.Err.Error()
}

// Servers are the addresses that were tried, with commas between them.
func (e *UnansweredError) Servers() string {
	var all []string
	for _, t := range e.Tried {
		all = append(all, t.Server)
	}
	return strings.Join(all, ", ")
}

// Unwrap is what happened at each address.
func (e *UnansweredError) Unwrap() []error {
	var all []error
	for _, t := range e.Tried {
		all = append(all, t.Err)
	}
	return all
}
