package kclient

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// resolve turns host[:port] into an address. A host name that has IPv4 and IPv6
// addresses gives an IPv4 one, since deployed servers listen there.
func resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	host, port, err := splitAddress(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), port), nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("kclient: cannot find the server %q: %w", host, err)
	}
	best := ips[0].Unmap()
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() {
			best = ip
			break
		}
	}
	return netip.AddrPortFrom(best, port), nil
}

// splitAddress takes host, host:port, a bare IPv6 address, or [IPv6]:port.
func splitAddress(addr string) (host string, port uint16, err error) {
	bad := &ConfigError{"server address", addr, "host or host:port with a port from 1 to 65535"}
	host, text := addr, ""
	if _, err := netip.ParseAddr(addr); err != nil {
		if strings.HasSuffix(addr, "]") {
			host = strings.Trim(addr, "[]")
		} else if strings.Contains(addr, ":") {
			if host, text, err = net.SplitHostPort(addr); err != nil || text == "" {
				return "", 0, bad
			}
		}
	}
	// A host goes to the resolver and nowhere else; what no host name has is
	// refused before it gets there.
	if host == "" || len(host) > 253 || strings.ContainsFunc(host, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`"'&|<>()$;\/^!*?#@`+"`", r)
	}) {
		return "", 0, bad
	}
	if text == "" {
		return host, DefaultPort, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, bad
	}
	return host, uint16(n), nil
}
