package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// What a Mac writes in several characters is written as elsewhere.
func TestLettersAreComposedWithTheirMarks(t *testing.T) {
	for _, composed := range []string{
		"Pokémon", "Ångström Ñandú Żółw", "ガギグパピプ ヴ", "がぎぐぱぴぷ ゔ", "한국 힣 각", "ếệ Việt Nam", "Йй Ёё", "ΐ", "ä̱",
		"a\u0304\u0301b", // two marks, one of them with a character: ā and U+0301
	} {
		composed = norm.NFC.String(composed)
		apart := norm.NFD.String(composed)
		require.NotEqual(t, composed, apart)
		require.Equal(t, composed, Compose(apart))
		require.Equal(t, composed, Compose(composed))
		require.Equal(t, composed, mustCharset(t, "utf-8").Compose(apart))
	}
	for _, alone := range []string{
		"", "plain", "ﾊﾟﾋﾟ", "か゛", "\u212B", "\u2126", "\uF900", "ㅋㅋ", "à\xffb", "一二", "🎮\U000E01EF",
		"\U0010FE81e", "e" + strings.Repeat("\u0301", 100),
		"\u0958\u0941", "k\u0344", "\uFB2A\u05B4", // each would be more characters
	} {
		require.Equal(t, alone, Compose(alone), "%q", alone)
	}
}

// Signs that Windows and others give different characters, and letters that are apart, are written with the code that a
// charset has for them.
func TestWhatOthersTypeIsWrittenAsWindowsDoes(t *testing.T) {
	for _, tc := range []struct{ charset, text, raw string }{
		{"shift_jis", "〜−‖—・", "\x81\x60\x81\x7c\x81\x61\x81\x5c\x81\x45"},
		{"shift_jis", "～－∥―·•", "\x81\x60\x81\x7c\x81\x61\x81\x5c\x81\x45\x81\x45"},
		{"shift_jis", "¢£¬¥«»", "\x81\x91\x81\x92\x81\xca\x81\x8f\x81\xe1\x81\xe2"},
		{"shift_jis", "µÅゔ⋯", "\x83\xca\x81\xf0\x83\x94\x81\x63"},
		{"euc-kr", "〜−‖—・", "\xa1\xad\xa3\xad\xa1\xab\xa1\xaa\xa1\xa4"},
		{"euc-kr", "～－∥―·", "\xa2\xa6\xa3\xad\xa1\xab\xa1\xaa\xa1\xa4"},
		{"euc-kr", "¢£¥¬₩µ", "\xa1\xcb\xa1\xcc\xa1\xcd\xa1\xfe\xa3\xdc\xa5\xec"},
		{"gbk", "〜−‖—・", "\xa1\xab\xa3\xad\xa1\xac\xa1\xaa\xa1\xa4"},
		{"gbk", "～－∥―·", "\xa1\xab\xa3\xad\xa1\xce\xa8\x44\xa1\xa4"},
		{"gbk", "¢£¥µ", "\xa1\xe9\xa1\xea\xa3\xa4\xa6\xcc"},
		{"big5", "〜−‖—・", "\xa1\xe3\xa1\xd0\xa1\xfc\xa1\x58\xa1\x50"},
		{"windows-1253", "\u2126µ", "\xd9\xb5"}, // the sign for ohm is an omega
		{"windows-1252", "\u212B\u212A", "\xc5K"},
		{"windows-1258", "ếệ", "\xea\xec\xea\xf2"}, // a letter and a tone
		{"windows-1258", "Việt", "Vi\xea\xf2t"},
	} {
		c := mustCharset(t, tc.charset)
		require.Equal(t, tc.raw, c.Encode(tc.text), "%s %q", tc.charset, tc.text)
		_, lost := c.Unsayable(tc.text)
		require.False(t, lost, "%s %q", tc.charset, tc.text)
	}
}

// A Mac's "Pokémon" is the same on the wire as everybody's, in every charset that has it.
func TestAMacsTextIsTheSameOnTheWire(t *testing.T) {
	for charset, text := range map[string]string{
		"windows-1252": "Pokémon Ångström", "utf-8": "Pokémon 한국 が パ", "shift_jis": "がぎぐ パピプ ガギグ", "euc-kr": "한국 힣 각",
		"windows-1251": "Йй Ёё", "windows-1253": "ΐ ά", "windows-1250": "Żółw", "big5": "一", "gbk": "é à ü",
	} {
		c := mustCharset(t, charset)
		require.Equal(t, c.Encode(text), c.Encode(c.Compose(norm.NFD.String(text))), charset)
	}
	// Where the charset has the marks, what came over the wire goes back as it came.
	vietnamese := mustCharset(t, "1258")
	require.Equal(t, "e\xec", vietnamese.Encode(vietnamese.Compose(vietnamese.Decode("e\xec"))))
	require.Equal(t, "\xe9", vietnamese.Encode(vietnamese.Compose("é")))
}

// In all charsets but UTF-8 composing changes nothing of what Decode has made.
func TestComposingKeepsWhatCameOverTheWire(t *testing.T) {
	for i := range charsets {
		c := Charset{&charsets[i]}
		if c.get().isUTF8() {
			continue
		}
		each(func(raw string) {
			if text := c.Decode(raw); c.Compose(text) != text {
				t.Errorf("%s: %x is %q, composed %q", c.Name(), raw, text, c.Compose(text))
			}
		})
	}
}

func TestWhatCannotBeSaidIsNamed(t *testing.T) {
	for _, tc := range []struct {
		charset, text string
		char          rune
	}{
		{"windows-1252", "Käse 鵺 한", '鵺'},
		{"windows-1252", "🎮", '🎮'},
		{"shift_jis", "é", 'é'},
		{"shift_jis", "~한a", '한'},
		{"euc-kr", "🎮é", '🎮'},
		{"windows-1251", "é", 'é'},
		{"windows-1258", "鵺", '鵺'},
		{"utf-8", "a\xffb", utf8.RuneError},
		{"windows-1252", "a\xffb", utf8.RuneError},
		{"windows-1252", "\uFFFD", utf8.RuneError},
	} {
		char, lost := mustCharset(t, tc.charset).Unsayable(tc.text)
		require.True(t, lost, "%s %q", tc.charset, tc.text)
		require.Equal(t, tc.char, char, "%s %q", tc.charset, tc.text)
	}
	for _, name := range CharsetNames() {
		c := mustCharset(t, name)
		for a := range 256 {
			for b := range 256 {
				_, lost := c.Unsayable(c.Decode(string([]byte{byte(a), byte(b)})))
				require.False(t, lost, "%s %02x %02x: what came can be said", name, a, b)
			}
		}
	}
}
