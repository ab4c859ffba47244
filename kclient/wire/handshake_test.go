package wire

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandshakeTexts(t *testing.T) {
	require.Equal(t, "HELLO0.83\x00", string(AppendHello(nil)))
	require.Equal(t, "HELLOD00D27888\x00", string(AppendHelloReply(nil, 27888)))
	require.Equal(t, "TOO\x00", string(AppendServerFull(nil)))
	require.Equal(t, "VER\x00", string(AppendVersionRefused(nil)))
	require.Equal(t, "PING\x00", string(AppendPing(nil)))
	require.Equal(t, "PONG\x00", string(AppendPong(nil)))
	require.Equal(t, "xPONG\x00", string(AppendPong([]byte("x"))), "they append")
	require.True(t, len(AppendPong(nil)) <= len(AppendPing(nil)), "an answer is never larger than its question")
}

func TestParseHello(t *testing.T) {
	for in, want := range map[string]string{
		"HELLO0.83\x00":                     "0.83",
		"HELLO0.86\x00":                     "0.86",
		"HELLO0.83\x00\x00\x00 junk":        "0.83",
		"HELLO1.0-kb\x00":                   "1.0-kb",
		"HELLO0123456789abcdef\x00":         "0123456789abcdef",
		"HELLO0123456789abcdefg\x00":        "",
		"HELLO\x00":                         "",
		"HELLO0.83":                         "",
		"HELLO0.83\n\x00":                   "",
		"HELLO0 83\x00":                     "",
		"HELLO\x1b[31m\x00":                 "",
		"HELLO0.83\xff\x00":                 "",
		"HELLOD00D27888\x00":                "",
		"hello0.83\x00":                     "",
		"HELL":                              "",
		"PING\x00":                          "",
		"":                                  "",
		"Kthxbai":                           "",
		"HELLO" + strings.Repeat("0", 5000): "",
	} {
		version, ok := ParseHello([]byte(in))
		require.Equal(t, want, version, "%q", in)
		require.Equal(t, want != "", ok, "%q", in)
	}
	hello := AppendHello(nil)
	for n := range hello {
		_, ok := ParseHello(hello[:n:n])
		require.False(t, ok, "%q", hello[:n])
	}
}

func TestParseHelloReply(t *testing.T) {
	for in, want := range map[string]struct {
		port uint16
		err  error
	}{
		"HELLOD00D27888\x00":                 {27888, nil},
		"HELLOD00D1\x00":                     {1, nil},
		"HELLOD00D65535\x00":                 {65535, nil},
		"HELLOD00D07159\x00":                 {7159, nil},
		"HELLOD00D27888\x00\x00\x00\x00junk": {27888, nil},
		"TOO\x00":                            {0, ErrServerFull},
		"VER\x00":                            {0, ErrVersion},
		"HELLOD00D0\x00":                     {0, ErrHandshake},
		"HELLOD00D00000\x00":                 {0, ErrHandshake},
		"HELLOD00D65536\x00":                 {0, ErrHandshake},
		"HELLOD00D99999\x00":                 {0, ErrHandshake},
		"HELLOD00D027888\x00":                {0, ErrHandshake},
		"HELLOD00Dabc\x00":                   {0, ErrHandshake},
		"HELLOD00D-1\x00":                    {0, ErrHandshake},
		"HELLOD00D 80\x00":                   {0, ErrHandshake},
		"HELLOD00D80 \x00":                   {0, ErrHandshake},
		"HELLOD00D\x00":                      {0, ErrHandshake},
		"HELLOD00D27888":                     {0, ErrHandshake},
		"HELLO0.83\x00":                      {0, ErrHandshake},
		"TOOMANY\x00":                        {0, ErrHandshake},
		"too\x00":                            {0, ErrHandshake},
		"TOO":                                {0, ErrHandshake},
		"":                                   {0, ErrHandshake},
		"\x00":                               {0, ErrHandshake},
		"HELLOD00D" + strings.Repeat("1", 5000) + "\x00": {0, ErrHandshake},
	} {
		port, err := ParseHelloReply([]byte(in))
		require.ErrorIs(t, err, want.err, "%q", in)
		require.Equal(t, want.port, port, "%q", in)
	}
	for port := 1; port <= 0xFFFF; port++ {
		b := AppendHelloReply(nil, uint16(port))
		got, err := ParseHelloReply(b)
		require.NoError(t, err)
		require.Equal(t, uint16(port), got)
		require.Equal(t, "HELLOD00D"+strconv.Itoa(port)+"\x00", string(b))
	}
	reply := AppendHelloReply(nil, 27888)
	for n := range reply {
		_, err := ParseHelloReply(reply[:n:n])
		require.ErrorIs(t, err, ErrHandshake, "a cut port is a wrong port: %q", reply[:n])
	}
}

func TestPingPong(t *testing.T) {
	for in, want := range map[string]struct{ ping, pong bool }{
		"PING\x00":     {true, false},
		"PING\x00junk": {true, false},
		"PONG\x00":     {false, true},
		"PONG\x00junk": {false, true},
		"PING":         {},
		"PONG":         {},
		"PINGS\x00":    {},
		"ping\x00":     {},
		"":             {},
		"\x00":         {},
	} {
		require.Equal(t, want.ping, IsPing([]byte(in)), "%q", in)
		require.Equal(t, want.pong, IsPong([]byte(in)), "%q", in)
	}
}

// Servers that have one port for everything tell the two apart by this.
func TestHandshakeTextsAreNoBundles(t *testing.T) {
	for _, b := range [][]byte{AppendHello(nil), AppendHelloReply(nil, 1), AppendServerFull(nil),
		AppendVersionRefused(nil), AppendPing(nil), AppendPong(nil)} {
		_, err := ParseBundle(b, nil)
		require.ErrorIs(t, err, ErrBundleCount, "%q", b)
	}
}
