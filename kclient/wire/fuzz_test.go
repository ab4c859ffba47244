package wire

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// fuzzBodies fuzzes the parsers of the messages of some types, both
// directions. Seeds are the worked bodies, whole and broken. Whatever parses must
// be written as a body that parses to the same, and nothing may change the
// input or read beyond it.
func fuzzBodies(f *testing.F, types ...Type) {
	var family []codec
	for _, c := range codecs {
		for _, t := range types {
			if c.typ != t {
				continue
			}
			family = append(family, c)
			whole := c.body.bytes()
			f.Add(whole)
			f.Add(whole[:len(whole)-1])
			f.Add(append(c.body.bytes(), "trailing"...))
			f.Add(bytes.ReplaceAll(whole, []byte{0}, []byte{0xFF}))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		for _, c := range family {
			value, err := c.parse(in[:len(in):len(in)])
			if !bytes.Equal(before, in) {
				t.Fatalf("%v: the input was changed", c)
			}
			if err != nil {
				if err != ErrConnection {
					require.Equal(t, c.zero, value)
				}
				continue
			}
			out := value.AppendTo(nil)
			if len(out) > MaxBody {
				t.Fatalf("%v: a body of %d bytes", c, len(out))
			}
			again, err := c.parse(out)
			require.NoError(t, err, "%v: written as %x", c, out)
			require.Equal(t, value, again, "%v", c)
			require.Equal(t, out, again.AppendTo(nil), "%v", c)
		}
	})
}

func FuzzLogin(f *testing.F) {
	fuzzBodies(f, TypeLogin, TypeLoginRefused, TypeUserJoined)
}

func FuzzQuit(f *testing.F) { fuzzBodies(f, TypeUserQuit) }

func FuzzAck(f *testing.F) { fuzzBodies(f, TypeServerAck, TypeClientAck, TypeKeepAlive) }

func FuzzChat(f *testing.F) { fuzzBodies(f, TypeGlobalChat, TypeGameChat, TypeServerMessage) }

func FuzzStatus(f *testing.F) { fuzzBodies(f, TypeServerStatus) }

func FuzzGame(f *testing.F) { fuzzBodies(f, TypeCreateGame, TypeGameStatus, TypeCloseGame) }

func FuzzRoom(f *testing.F) {
	fuzzBodies(f, TypeJoinGame, TypeQuitGame, TypeKick, TypePlayerList)
}

func FuzzPlay(f *testing.F) { fuzzBodies(f, TypeStartGame, TypeReady, TypeDropGame) }

func FuzzGameData(f *testing.F) { fuzzBodies(f, TypeGameData, TypeGameCache) }

func FuzzBundle(f *testing.F) {
	f.Add(unhex(f, capture))
	f.Add(unhex(f, printedCapture))
	f.Add(benchBundle())
	b := AppendBundleHeader(nil, MaxBundle)
	for i := range MaxBundle {
		c := codecs[i%len(codecs)]
		b = AppendMessage(b, uint16(MaxBundle-i), c.typ, c.body.bytes())
	}
	f.Add(b)
	f.Add([]byte{0})
	f.Add([]byte("HELLO0.83\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ParseBundle(in[:len(in):len(in)], nil)
		// A client also takes what EmuLinkerSF's datagrams hold of what they count: at least
		// one whole message, fewer than counted, and byte for byte what stands there.
		client, clientErr := ParseServerBundle(in[:len(in):len(in)], nil)
		if err == nil || clientErr != nil {
			require.Equal(t, err, clientErr)
			require.Equal(t, got, client)
		}
		if clientErr != nil {
			require.Empty(t, client)
			return
		}
		counted := int(in[0])
		if err != nil {
			require.Equal(t, ErrShort, err)
			require.Empty(t, got)
			require.Less(t, len(client), counted)
			got = client
		}
		if len(got) < 1 || len(got) > MaxBundle || err == nil && len(got) != counted {
			t.Fatalf("%d messages", len(got))
		}
		out := AppendBundleHeader(nil, counted)
		for _, m := range got {
			out = AppendMessage(out, m.Seq, m.Type, m.Body)
		}
		// Nothing is left out but what stands behind the last message.
		require.True(t, bytes.HasPrefix(in, out), "%x became %x", in, out)
		for _, m := range got {
			for _, c := range codecs {
				if c.typ == m.Type {
					_, _ = c.parse(m.Body)
				}
			}
		}
	})
}

func FuzzHandshake(f *testing.F) {
	for _, b := range [][]byte{AppendHello(nil), AppendHelloReply(nil, 27888), AppendServerFull(nil), AppendVersionRefused(nil), AppendPing(nil), AppendPong(nil), []byte("HELLOD00D99999\x00")} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if version, ok := ParseHello(in); ok {
			require.True(t, bytes.HasPrefix(in, []byte("HELLO"+version+"\x00")), "%q", in)
			require.Equal(t, Sanitise(version), version)
		}
		if port, err := ParseHelloReply(in); err == nil {
			again, err := ParseHelloReply(AppendHelloReply(nil, port))
			require.NoError(t, err)
			require.Equal(t, port, again)
			require.True(t, port != 0)
		}
		if IsPing(in) {
			require.True(t, len(AppendPong(nil)) <= len(in), "the answer is larger than the question")
		}
		kinds := 0
		_, hello := ParseHello(in)
		_, err := ParseHelloReply(in)
		_, bundle := ParseBundle(in, nil)
		for _, is := range []bool{hello, err != ErrHandshake, IsPing(in), IsPong(in), bundle == nil} {
			if is {
				kinds++
			}
		}
		require.True(t, kinds <= 1, "%q is more than one thing", in)
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"plain", "Käse 鵺 🎮", "\xeaK\x92\xe8", "\x1b[31m\x00\u202E", "\x81\x30\x81\x30", "\xff\xfe", "\x87\x90\xfa\x54",
		"e\u0301 \u1112\u1161\u11ab か\u3099", "\U0010FE81\U0010FDAD", "\u2252\U000E01EF", "\xe2\x00\x80\xae", "\xe2\x01\x80\xae"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for i := range charsets {
			c := Charset{&charsets[i]}
			text := c.Decode(s)
			require.True(t, utf8.ValidString(text), "%s %q", c.Name(), s)
			raw := c.Encode(text)
			require.Equal(t, strings.ReplaceAll(s, "\x00", ""), raw, "%s: nothing but NULs is lost", c.Name())
			if !c.get().isUTF8() {
				require.Equal(t, text, c.Compose(text), "%s: composing changes nothing that came over the wire", c.Name())
			}
			_, lost := c.Unsayable(text)
			require.False(t, lost, "%s %q: what came over the wire can be said", c.Name(), text)
			clean := Sanitise(text)
			// Of what came, not of raw: a NUL that Encode takes out may have parted bytes that are a control character together.
			require.Equal(t, withoutControls(c, s), c.Encode(clean), "%s %q: nothing but control characters", c.Name(), s)
			for _, shown := range []string{Shown(clean), Visible(clean)} {
				require.Equal(t, shown, Sanitise(shown), "%s %q", c.Name(), s)
			}
			require.False(t, strings.Contains(c.Encode(s), "\x00"), "%s %q", c.Name(), s)

			cut := c.Cut(s, limit)
			require.True(t, strings.HasPrefix(s, cut) && len(cut) <= max(limit, 0) && len(cut) <= len(s), "%s %q to %d: %q", c.Name(), s, limit, cut)
			require.Equal(t, cut, c.Cut(cut, limit), "%s %q to %d", c.Name(), s, limit)
			// Of well-formed bytes, what is left is the beginning of the text.
			whole := c.Decode(raw)
			require.True(t, strings.HasPrefix(whole, c.Decode(c.Cut(raw, limit))), "%s %q to %d", c.Name(), raw, limit)
		}
		clean := Sanitise(s)
		composed := Compose(clean)
		require.Equal(t, composed, Compose(composed), "%q", clean)
		require.Equal(t, norm.NFC.String(clean), norm.NFC.String(composed), "%q", clean)
		require.Equal(t, composed, Sanitise(composed), "%q", clean)
		require.LessOrEqual(t, utf8.RuneCountInString(composed), utf8.RuneCountInString(clean), "%q", clean)
		require.True(t, utf8.ValidString(clean), "%q", s)
		require.Equal(t, clean, Sanitise(clean), "%q", s)
		for _, r := range clean {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q holds %U", clean, r)
		}
	})
}

// withoutControls is raw without the control characters of its charset.
func withoutControls(c Charset, raw string) string {
	if !c.get().isUTF8() {
		return string(slices.DeleteFunc([]byte(raw), func(b byte) bool { return b < ' ' || b == 0x7F }))
	}
	var out []byte
	for len(raw) > 0 {
		r, n := utf8.DecodeRuneInString(raw)
		if !isHarmful(r) {
			out = append(out, raw[:n]...)
		}
		raw = raw[n:]
	}
	return string(out)
}
