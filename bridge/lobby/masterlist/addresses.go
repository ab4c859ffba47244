package masterlist

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// inside are the ranges that are not the public Internet's, beside those that netip knows: nobody from there can mean
// one of them (IANA's special-purpose address registries).
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this host
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a carrier's NAT; overlay networks
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("fec0::/10"),       // site-local, of before
	netip.MustParsePrefix("64:ff9b:1::/48"),  // translation to IPv4, local
	netip.MustParsePrefix("::ffff:0:0:0/96"), // translated IPv4
}

// embedding are ranges of IPv6 that stand for an IPv4 address, and the byte at which that begins.
var embedding = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12, // NAT64
	netip.MustParsePrefix("2002::/16"):    2,  // 6to4
}

// Public reports whether an address is one host of the public Internet.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	// global: not loopback, link-local, multicast, unspecified, 255.255.255.255
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range inside {
		if p.Contains(a) {
			return false
		}
	}
	for p, at := range embedding {
		if b := a.As16(); p.Contains(a) && !Public(netip.AddrFrom4([4]byte(b[at:at+4]))) {
			return false
		}
	}
	return true
}

// Unicast reports whether an address is one host's, wherever it is.
func Unicast(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// localNames are the ends of names that only a network of one's own knows.
var localNames = []string{".localhost", ".local", ".lan", ".home", ".internal", ".intranet", ".home.arpa"}

// Local reports whether a source is a list of this computer or this network: its address says so. That a name of
// the Internet leads inside is not enough, since whoever owns the name can make it so.
func Local(source string) bool {
	u, err := url.Parse(source)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		return !Public(a)
	}
	if !strings.Contains(host, ".") {
		return host != ""
	}
	for _, end := range localNames {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// Lookup finds the addresses of a host; nil is the system's way.
type Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// errInside: a list has led to where it must not.
var errInside = errors.New("no address of the Internet")

// Allowed finds the addresses of a host that a list may lead to: public ones, or any single host's if the list is
// local.
func (l Lookup) Allowed(ctx context.Context, host string, local bool) ([]netip.Addr, error) {
	var addrs []netip.Addr
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		addrs, err = []netip.Addr{a}, nil
	case l == nil:
		addrs, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	default:
		addrs, err = l(ctx, host)
	}
	if err != nil {
		return nil, err
	}
	var good []netip.Addr
	for _, a := range addrs {
		if Public(a) || local && Unicast(a) {
			good = append(good, a.Unmap())
		}
	}
	if len(good) == 0 && len(addrs) > 0 {
		return nil,
			fmt.Errorf("%s is %v, which is %w; only a list that is itself in this network may lead there (it is named by its own address, such as http://192.168.1.2/list)", host, addrs[0], errInside)
	}
	if len(good) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return good, nil
}
