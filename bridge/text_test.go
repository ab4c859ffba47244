package bridge

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

func TestTextOfTheHost(t *testing.T) {
	cp932 := charset(t, "shift_jis")
	ansi := hostText{host: cp932, session: cp932}
	raw := cp932.Encode("日本語")
	require.Equal(t, "日本語", ansi.fromHost(raw))
	require.Equal(t, raw, ansi.toHost("日本語", wire.MaxUserName))
	require.Equal(t, raw[:4], ansi.toHost("日本語", 5), "no half characters")

	unix := hostText{host: utf8Charset, session: cp932}
	require.Equal(t, "日本語", unix.fromHost("日本語"))
	require.Equal(t, "日本語", unix.toHost("日本語", wire.MaxUserName))
	require.Equal(t, "日本", unix.toHost("日本語", 5))

	longest := hostText{host: utf8Charset, session: charset(t, "windows-1252")}.toHost(strings.Repeat("€", 1000),
		wire.MaxGameChat)
	require.Len(t, longest, MaxTextBytes, "what a callback's buffer must hold")
	for _, hostile := range []string{"\x1b[2J", "a\u202eb", "\x00", "\xff\xfe", "\u2028"} {
		require.NotContains(t, unix.toHost(hostile, 100), "\x1b")
		require.NotContains(t, unix.toHost(hostile, 100), "\x00")
		require.NotContains(t, unix.toHost(hostile, 100), "\u202e")
		require.NotContains(t, unix.toHost(hostile, 100), "\u2028")
	}
}

// codePages are hosts whose charset is the session's too: all of Windows.
func codePages(t testing.TB) (all []hostText) {
	for _, name := range text.CharsetNames() {
		cs, err := text.LookupCharset(name)
		require.NoError(t, err)
		all = append(all, hostText{host: cs, session: cs})
	}
	return all
}

// throughTheWire is what another player's emulator hears of what an emulator says, by way of the wire, where both and
// the session have one charset.
func throughTheWire(conv hostText, s string) (raw, heard string) {
	line, _ := conv.forChat(s)
	raw = conv.session.Encode(line) // as kclient sends it
	return raw, conv.toHost(text.Sanitise(conv.session.Decode(raw)), wire.MaxGameChat)
}

// without is s without the control characters that a charset defines, and in UTF-8 without all that fools who reads it,
// its letters composed with their marks.
func without(conv hostText, s string) string {
	if conv.host.Name() == "utf-8" {
		return conv.host.Encode(text.Compose(conv.host.Decode(text.SanitiseUTF8(s))))
	}
	return string(slices.DeleteFunc([]byte(s), func(b byte) bool { return b < ' ' || b == 0x7F }))
}

func TestBytesOfTheHostPassWhereTheSessionHasItsCharset(t *testing.T) {
	for _, text := range codePages(t) {
		for a := 0x80; a <= 0xFF; a++ {
			for b := range 256 {
				s := string([]byte{'<', byte(a), byte(b), '>'})
				want := without(text, s)
				raw, heard := throughTheWire(text, s)
				if raw != want || heard != want {
					t.Fatalf("%s: %x is %x on the wire and %x for the other", text.host.Name(), want, raw, heard)
				}
			}
		}
	}
}

func FuzzHostTextRoundTrip(f *testing.F) {
	for _, s := range []string{"gr\xfc\xdf dich, \x80 5", "\x81\x8d\x8f\x90\x9d", "\x93\xfa\x96\x7b\x8c\xea",
		"日本語\u202e", "\x87\x90\xee\xf9", "\xc2\x85a", "\xe2\x80\u202e\xaea",
		// in 1255 a byte that is no letter, and points of Hebrew in an order that a normal form would change
		"\xdd\xc5\xd2\xc5",
		// in UTF-8 a mark whose bytes a control character parts, and for which there is another one
		"\xe2\xcd\x00\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, text := range codePages(t) {
			want := text.host.Cut(without(text, s), wire.MaxGameChat)
			raw, heard := throughTheWire(text, s)
			require.Equal(t, want, raw, "%s %x", text.host.Name(), s)
			require.Equal(t, want, heard, "%s %x", text.host.Name(), s)
		}
	})
}

func TestWhereTheCharsetsDifferWhatCannotBeSaidIsNamed(t *testing.T) {
	conv := hostText{host: charset(t, "1252"), session: charset(t, "932")}
	says := func(s string) string {
		line, err := conv.forChat(s)
		require.NoError(t, err)
		return line
	}
	line, err := conv.forChat("a\xe9\x83A")
	require.Equal(t, "a??A", conv.session.Encode(line), "and no half of a character: 83 41 is one in 932")
	var lost *kclient.CharsetError
	require.ErrorAs(t, err, &lost)
	require.Equal(t, &kclient.CharsetError{What: "line of chat", Text: "aéƒA", Char: 'é', Charset: "shift_jis"}, lost)
	require.Equal(t, "?a", conv.toHost(conv.session.Decode("\x83\x41a"), 10))
	require.Equal(t, "?a", conv.toHost(text.Sanitise(conv.session.Decode("\xffa")), 10))

	conv = hostText{host: charset(t, "932"), session: charset(t, "utf-8")}
	require.Equal(t, "日本語≒", says("\x93\xfa\x96\x7b\x8c\xea\x87\x90"))
	require.Equal(t, "\uFFFDa", says("\xffa"))
	require.Equal(t, "\x93\xfa?", conv.toHost("日🎮", 10))
	require.Equal(t, "a", conv.toHost(text.Sanitise(conv.session.Decode("\u202ea")), 10), "nothing that fools")
}

func TestEntriesThatDifferInUndefinedBytesAreTwo(t *testing.T) {
	for _, text := range codePages(t) {
		infos := &Infos{AppName: "x\x81", Games: []string{"a", "a\x81", "a\x8d", "a\x81\x8d", "\xff\xfea", "a\xff",
			"a\xfe"}}
		e := newEmulator(infos, text)
		require.Equal(t, "x\x81", text.session.Encode(e.Name), text.host.Name())
		require.Empty(t, e.alike(), text.host.Name())
		for _, g := range e.Games {
			require.Equal(t, g.Entry, text.session.Encode(g.Wire), text.host.Name())
			for _, name := range []string{g.Name, g.Wire} {
				found, ok := e.Find(name)
				require.True(t, ok)
				require.Equal(t, g, found, text.host.Name())
			}
		}
	}
}

func TestGamesThatRoomsCannotTellAreNamed(t *testing.T) {
	long := strings.Repeat("x", wire.MaxGameName)
	e := newEmulator(&Infos{Games: []string{long + "1", "Duel", long + "2", "Duel", "Ω", "∂"}},
		hostText{host: utf8Charset})
	require.Equal(t, []string{long}, e.alike(), "Duel is twice the same, and no room can be called Ω or ∂ in 1252")
	for _, name := range []string{long + "1", long + "2", "Duel", "Ω", "∂"} {
		g, ok := e.Find(name)
		require.True(t, ok)
		require.Equal(t, name, g.Entry)
	}
	g, _ := e.Find(long)
	require.Equal(t, long+"1", g.Entry)
}

// Somebody types a name as it is shown.
func TestAGameIsFoundAsItIsShown(t *testing.T) {
	cp932 := charset(t, "932")
	e := newEmulator(&Infos{Games: []string{"\x87\x90", "\x81\xe0a", "\x87\x90a", "b\xff", "b\xfe"}},
		hostText{host: cp932, session: cp932})
	for name, want := range map[string]string{"≒": "\x87\x90", "≒a": "\x81\xe0a", "≒\U000E01EFa": "\x87\x90a",
		"b\uFFFD": ""} {
		g, ok := e.Find(name)
		require.Equal(t, want != "", ok, name)
		require.Equal(t, want, g.Entry, name)
	}
}
