package text_test

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/text"
)

// TestOneParserReadsWhatPeopleWrite: an address in every form.
func TestOneParserReadsWhatPeopleWrite(t *testing.T) {
	long := strings.Repeat(strings.Repeat("a", 49)+".", 5) + "org"
	for in, want := range map[string]string{
		"example.org":             "example.org:27888",
		"example.org:1234":        "example.org:1234",
		"Example.ORG":             "Example.ORG:27888",
		"example.org.":            "example.org.:27888",
		"localhost":               "localhost:27888",
		"my_pc-2":                 "my_pc-2:27888",
		"4players.example":        "4players.example:27888",
		long:                      long + ":27888",
		"127.0.0.1":               "127.0.0.1:27888",
		"127.0.0.1:65535":         "127.0.0.1:65535",
		"192.168.1.5.":            "192.168.1.5:27888",
		"::1":                     "[::1]:27888",
		"[::1]":                   "[::1]:27888",
		"[::1]:5":                 "[::1]:5",
		"2001:DB8::0:1":           "[2001:db8::1]:27888",
		"[fe80::1%eth0]:27888":    "[fe80::1%eth0]:27888",
		"fe80::1%3":               "[fe80::1%3]:27888",
		"::ffff:192.0.2.1":        "192.0.2.1:27888",
		"[::ffff:192.0.2.1]:7":    "192.0.2.1:7",
		" \t example.org:5 \r\n":  "example.org:5",
		"\uFEFFexample.org\u200B": "example.org:27888",
		"\u3000example.org\u00A0": "example.org:27888",
		"１２７．０．０．１：２７８８８": "127.0.0.1:27888",
		"example。org":            "example.org:27888",
		"ＥＸＡＭＰＬＥ．org":            "EXAMPLE.org:27888",
		"münchen.example":        "xn--mnchen-3ya.example:27888",
		"MÜNCHEN.example:5":      "xn--mnchen-3ya.example:5",
		"mu\u0308nchen.example":  "xn--mnchen-3ya.example:27888",
		"faß.example":            "xn--fa-hia.example:27888",
		"ゲーム.example":            "xn--ick4db4d.example:27888",
		"게임.example":             "xn--o39ay1r.example:27888",
		"игра.рф:1":              "xn--80af1a2a.xn--p1ai:1",
		"xn--mnchen-3ya.example": "xn--mnchen-3ya.example:27888",
	} {
		a, err := text.ParseAddress(in, 27888)
		require.NoError(t, err, in)
		if strings.HasPrefix(in, "ゲ") || strings.HasPrefix(in, "게") || strings.HasPrefix(in, "игра") {
			require.True(t, strings.HasPrefix(a.Host, "xn--"), "%s is %s", in, a.Host)
			continue
		}
		require.Equal(t, want, a.String(), in)
		again, err := text.ParseAddress(a.String(), 0)
		require.NoError(t, err)
		require.Equal(t, a, again)
	}
	_, err := text.ParseAddress("example.org", 0)
	require.ErrorContains(t, err, "no port", "a list names one")
}

// TestAnAddressThatIsNoneSaysWhichCharacter. Nothing that a shell or a URL's handler would read in another way ever
// counts as a host.
func TestAnAddressThatIsNoneSaysWhichCharacter(t *testing.T) {
	for in, why := range map[string]string{
		"": "no host", ":27888": "no host", "   ": "no host",
		"host:": "the port", "host:0": "the port", "host:65536": "the port", "host:x": "the port",
		"host:+5": "the port", "host:000027888": "the port",
		"[::1]:": "the port", "[::1]5": "the port", "host: 5": "the port", "host:５５５５５５": "the port",
		"a&calc": `'&'`, "a|b": `'|'`, "a b": `' '`, "file:///etc/passwd": "the port", "$(x)": `'$'`, "a\nb": `'\n'`,
		"a:1:2": "brackets",
		"a%b":   `'%'`, "a\x00b": `'\x00'`, "http//a": `'/'`, "a@b": `'@'`, "user@example.org:5": `'@'`, "a＆b": `'&'`,
		"a／b":                `'/'`,
		"2001:db8::1:27888x": "brackets", "[example.org]:5": "IPv6", "[127.0.0.1]:5": "IPv6", "[::1": "IPv6",
		"fe80::1%eth0:27888": "brackets",
		"[fe80::1%a b]:5":    `"a b"`, "[fe80::1%" + strings.Repeat("e", 40) + "]": "interface",
		"1.2.3": "IPv4", "192.168.001.010": "IPv4", "256.1.1.1": "IPv4", "1.2.3.4.5": "IPv4", "4711": "IPv4",
		"a..b": "1 to 63", ".": "1 to 63", ".a": "1 to 63", strings.Repeat("a", 64) + ".org": "1 to 63",
		strings.Repeat("abc.", 64) + "org": "253",
		"mün*chen.example":                 `'*'`, "münchen℀.example": "℀", "game\u2028.example": "U+2028",
		"a\u202eb.example": "U+202E", "💩\u0000.example": `'\x00'`,
		"a\u00a0b": "U+00A0", "\xff.example": "no text", strings.Repeat("ü", 600): "too long",
	} {
		_, err := text.ParseAddress(in, 27888)
		var address *text.AddressError
		require.ErrorAs(t, err, &address, "%q", in)
		require.ErrorContains(t, err, why, "%q", in)
	}
}

func TestWhereAServerListens(t *testing.T) {
	for in, want := range map[string]text.Address{
		":27888": {Port: 27888}, ":0": {}, "127.0.0.1:0": {Host: "127.0.0.1"}, "[::]:5": {Host: "::", Port: 5},
		"localhost:5":   {Host: "localhost", Port: 5},
		"0.0.0.0:27888": {Host: "0.0.0.0", Port: 27888}, "[fe80::1%2]:1": {Host: "fe80::1%2", Port: 1},
	} {
		a, err := text.ParseListen(in)
		require.NoError(t, err, in)
		require.Equal(t, want, a, in)
	}
	for _, bad := range []string{"", "27888", "nowhere", "::", ":", ":99999", ":x", "a b:1", "[::1]", ":-1"} {
		_, err := text.ParseListen(bad)
		var address *text.AddressError
		require.ErrorAs(t, err, &address, bad)
	}
}

// FuzzParseAddress: whatever is read is read again as the same, and has nothing in it but what hosts have.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"example.org:5", "[::1]:5", "fe80::1%eth0", "münchen.example", "１２７．０．０．１：２７８８８", "a&b",
		"::ffff:1.2.3.4", "ℹ.example:1", "xn--a.b", "1.2.3.4.:5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if l, err := text.ParseListen(s); err == nil && l.Host != "" && l.Port != 0 {
			if a, err := text.ParseAddress(s, 0); err != nil || a != l {
				t.Fatalf("%q listens at %v, and is %v, %v", s, l, a, err)
			}
		}
		a, err := text.ParseAddress(s, 27888)
		if err != nil {
			if !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: the error is no text", s)
			}
			return
		}
		again, err := text.ParseAddress(a.String(), 0)
		if err != nil || again != a {
			t.Fatalf("%q is %v, which is %v, %v", s, a, again, err)
		}
		ip, isIP := a.IP()
		host := a.Host
		if isIP && ip.Is6() {
			host = strings.NewReplacer(":", "", "%", "").Replace(host)
		}
		if a.Port == 0 || host == "" && ip != netip.IPv6Unspecified() ||
			strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
			t.Fatalf("%q is %v", s, a)
		}
	})
}
