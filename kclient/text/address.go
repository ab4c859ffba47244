package text

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a host and a port, as a person or a list has written them.
type Address struct {
	// Host is an IP address, or a name as the resolver takes it: ASCII, that of an international name too (xn--…). It
	// is empty only in what ParseListen returns, where it means all addresses.
	Host string
	Port uint16
}

// String is host:port, or [host]:port for IPv6; the parsers read it.
func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))) }

// IP is the address that Host is; ok is false if it is a name.
func (a Address) IP() (ip netip.Addr, ok bool) {
	ip, err := netip.ParseAddr(a.Host)
	return ip, err == nil
}

// AddressError says why a text is no address.
type AddressError struct {
	Text    string // what was read
	Problem string // such as "the port is not a number from 1 to 65535"
}

func (e *AddressError) Error() string { return fmt.Sprintf("%q is no address: %s", e.Text, e.Problem) }

// Limits of what is read (RFC 1035, 2.3.4).
const (
	maxHost  = 253
	maxLabel = 63
	maxZone  = 32
	// bytes of the whole; international names are shorter as they are typed than as they are asked for
	maxTyped     = 1024
	problemPort  = "the port is not a number from 1 to 65535"
	problemColon = "an IPv6 address with a port stands in brackets, as in [2001:db8::1]:27888"
)

// ParseAddress reads an address as people write it: host, host:port, an IPv6 address with or without brackets, with a
// zone (fe80::1%eth0). port is taken where there is none; 0 demands one. Spaces around it, and the full-width letters,
// digits and signs of East Asian keyboards, are read as what is meant. A host that is plain ASCII, also with
// underscores, as local networks have them, stays as it is; an international name becomes what the resolver asks for.
// What no name has, and what shells and browsers would read in another way, is refused. The error is an *AddressError,
// which names the character.
func ParseAddress(s string, port uint16) (Address, error) {
	host, number, err := split(s)
	switch {
	case err != nil:
		return Address{}, err
	case host == "":
		return Address{}, &AddressError{s, "there is no host"}
	}
	a := Address{Port: port}
	if a.Host, err = parseHost(s, host); err != nil {
		return Address{}, err
	}
	switch {
	case number != "":
		if a.Port, err = parsePort(number); err != nil || a.Port == 0 {
			return Address{}, &AddressError{s, problemPort}
		}
	case port == 0:
		return Address{}, &AddressError{s, "there is no port, as in example.org:27888"}
	}
	return a, nil
}

// ParseListen reads host:port of a server: the host may be empty, for all addresses, and the port 0, for any that is
// free.
func ParseListen(s string) (Address, error) {
	host, number, err := split(s)
	if err != nil {
		return Address{}, err
	}
	var a Address
	if host != "" {
		if a.Host, err = parseHost(s, host); err != nil {
			return Address{}, err
		}
	}
	if a.Port, err = parsePort(number); err != nil {
		return Address{}, &AddressError{s, "it takes host:port, with a port from 0 to 65535"}
	}
	return a, nil
}

// fold takes spaces off the ends, and makes ASCII of full-width characters and ideographic full stops.
func fold(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		// marks that are copied along
		return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' || r == '\u200E' || r == '\u200F'
	})
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '。' || r == '｡':
			return '.'
		}
		return r
	}, s)
}

// split finds host and port, whose text is empty where there is none.
func split(typed string) (host, port string, err error) {
	if len(typed) > maxTyped || !utf8.ValidString(typed) {
		return "", "", &AddressError{typed[:min(len(typed), 64)], "it is too long, or no text"}
	}
	s := fold(typed)
	if in, ok := strings.CutPrefix(s, "["); ok {
		host, after, closed := strings.Cut(in, "]")
		port, colon := strings.CutPrefix(after, ":")
		switch ip, err := netip.ParseAddr(host); {
		case !closed || err != nil || !ip.Is6():
			return "", "", &AddressError{typed, "in brackets there is an IPv6 address, and nothing else"}
		case after != "" && (!colon || port == ""):
			return "", "", &AddressError{typed, problemPort}
		}
		return host, port, nil
	}
	switch strings.Count(s, ":") {
	case 0:
		return s, "", nil
	case 1:
		host, port, _ = strings.Cut(s, ":")
		if port == "" {
			return "", "", &AddressError{typed, problemPort}
		}
		return host, port, nil
	}
	if ip, err := netip.ParseAddr(s); err != nil || strings.Contains(ip.Zone(), ":") {
		return "", "", &AddressError{typed, problemColon}
	}
	return s, "", nil
}

// parsePort takes one to five digits.
func parsePort(s string) (uint16, error) {
	if len(s) > 5 {
		return 0, strconv.ErrRange
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err
}

// parseHost checks a host, and brings it into the resolver's form.
func parseHost(typed, host string) (string, error) {
	wrong := func(format string, args ...any) (string, error) {
		return "", &AddressError{typed, fmt.Sprintf(format, args...)}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if zone := ip.Zone(); len(zone) > maxZone || strings.ContainsFunc(zone,
			func(r rune) bool { return !isNameRune(r) }) {
			return wrong("%q names no network interface", zone)
		}
		return ip.Unmap().String(), nil
	}
	if ip, err := netip.ParseAddr(strings.TrimSuffix(host, ".")); err == nil && ip.Is4() {
		return ip.String(), nil // the end of a sentence
	}
	name := host
	if strings.ContainsFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if utf8.RuneCountInString(host) > maxHost {
			return wrong("a host's name has at most %d characters", maxHost)
		}
		var err error
		if name, err = international.ToASCII(host); err != nil || strings.ContainsFunc(name,
			func(r rune) bool { return !isNameRune(r) }) {
			if r, found := strange(host); found {
				return wrong("%q (%U) cannot stand in the name of a host", r, r)
			}
			return wrong("it is no name of a host: %v", err)
		}
	}
	for _, r := range name {
		if !isNameRune(r) {
			return wrong("%q cannot stand in the name of a host", r)
		}
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabel {
			return wrong("the parts of a host's name have 1 to %d characters", maxLabel)
		}
	}
	if len(name) > maxHost {
		return wrong("a host's name has at most %d characters", maxHost)
	}
	// Resolvers of the system read 1.2.3 and 192.168.001.010 as IP addresses, each in its own way.
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return wrong("it is no IPv4 address, which is four numbers from 0 to 255 without zeros before them, and no name ends in a number")
	}
	return name, nil
}

// international is UTS 46 as browsers look names up, without its rules for ASCII, which isNameRune has.
var international = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
	idna.StrictDomainName(false))

// strange finds the first character of a name that can be in none.
func strange(name string) (rune, bool) {
	for _, r := range name {
		if r < utf8.RuneSelf {
			if r != '.' && !isNameRune(r) {
				return r, true
			}
			continue
		}
		// Between letters of both directions, since marks cannot begin a name, and numbers of right-to-left scripts end
		// none.
		mapped, err := lenient.ToASCII("a" + string(r) + "a")
		if err != nil || mapped == "aa" || strings.ContainsFunc(mapped, func(r rune) bool { return !isNameRune(r) }) {
			return r, true
		}
	}
	return 0, false
}

// lenient is international without the rule of directions, which is one of whole names.
var lenient = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// isNameRune is what names of hosts have, those of local networks included.
func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}
