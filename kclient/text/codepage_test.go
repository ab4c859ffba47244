package text

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// windowsTables are the CRC-32s of what MultiByteToWideChar (one line for each code) and WideCharToMultiByte, without
// best fit, (one for each character below U+10000) said under Wine 8.0, without the control characters and the
// characters for private use that stand for undefined codes.
var windowsTables = []struct {
	page          int
	reads, writes uint32
}{
	{874, 0x050bca65, 0xbdd3dc7e},
	{932, 0x25bb644d, 0x2959b99f},
	{936, 0xdcd466ea, 0xcdc83b68},
	{949, 0x59f0547b, 0xaa794319},
	{950, 0x4f327187, 0xc12494c7},
	{1250, 0x938d6505, 0x553fa4f7},
	{1251, 0xdba65acd, 0xdff5c185},
	{1252, 0x2c9f3c7d, 0x1dc2b253},
	{1253, 0xc45197ce, 0x0005b291},
	{1254, 0x2304b7de, 0x04330460},
	{1255, 0x80bb86e9, 0x5885e99a},
	{1256, 0x53d48227, 0x671c6e2e},
	{1257, 0x37e600b6, 0x777ac643},
	{1258, 0x5d8a8788, 0x5d744c30},
}

func TestCodePagesAreThoseOfWindows(t *testing.T) {
	require.Len(t, windowsTables, len(charsets)-1, "all but UTF-8")
	for _, want := range windowsTables {
		c, ok := LookupCodePage(want.page)
		require.True(t, ok, want.page)
		reads, writes := crc32.NewIEEE(), crc32.NewIEEE()
		read := func(code ...byte) {
			r, _, n := c.get().first(string(code))
			require.Len(t, code, n)
			fmt.Fprintf(reads, "%x %x\n", code, r)
		}
		for a := 0x80; a <= 0xFF; a++ {
			read(byte(a))
		}
		for a := 0x80; a <= 0xFF; a++ {
			for b := 0x20; b <= 0xFF; b++ {
				if d := c.get().double; d != nil && d.pair(byte(a), byte(b)) {
					read(byte(a), byte(b))
				}
			}
		}
		for r := rune(0x80); r < 0x10000; r++ {
			if (r < 0xD800 || r >= 0xE000) && c.get().has(r) { // without what stands for others, see variants.go
				fmt.Fprintf(writes, "%x %x\n", r, c.Encode(string(r)))
			}
		}
		require.Equal(t, want.reads, reads.Sum32(), "what %d reads", want.page)
		require.Equal(t, want.writes, writes.Sum32(), "what %d writes", want.page)
	}
	_, ok := LookupCodePage(437)
	require.False(t, ok)
}

// each gives every string of one byte, and of two that begins beyond ASCII, alone or between two letters.
func each(f func(raw string)) {
	for a := range 256 {
		f(string([]byte{byte(a)}))
		for b := 0; b < 256 && a >= 0x80; b++ {
			f(string([]byte{byte(a), byte(b)}))
			f(string([]byte{'<', byte(a), byte(b), '>'}))
		}
	}
}

func TestWhatACharsetDoesNotDefineComesBackAsItWas(t *testing.T) {
	for i := range charsets {
		c := Charset{&charsets[i]}
		texts := map[string]string{}
		each(func(raw string) {
			if strings.Contains(raw, "\x00") {
				return
			}
			text := c.Decode(raw)
			if back := c.Encode(text); back != raw {
				t.Errorf("%s: %x comes back as %x", c.Name(), raw, back)
			}
			if before, seen := texts[text]; seen && before != raw {
				t.Errorf("%s: %x and %x are both %q", c.Name(), raw, before, text)
			}
			texts[text] = raw
			if clean := c.Encode(Sanitise(text)); clean != withoutControls(c, raw) {
				t.Errorf("%s: %x is %x when it is sanitised", c.Name(), raw, clean)
			}
		})
	}
}

func TestTextIsShownWithoutWhatFools(t *testing.T) {
	for _, tc := range []struct{ charset, raw, text, shown string }{
		{"windows-1252", "a\x81b", "a\U0010FE81b", "a\uFFFDb"},
		{"windows-1252", "a\xadb", "a\U0010FDADb", "ab"},      // a soft hyphen
		{"windows-1255", "\xfe\xe0", "\U0010FDFEא", "א"},      // a right-to-left mark
		{"euc-kr", "\xa1\xa9a", "\U0010FDA1\U0010FDA9a", "a"}, // a soft hyphen
		{"shift_jis", "\x85A", "\U0010FE85A", "\uFFFDA"},
		{"shift_jis", "\xa0\xff", "\U0010FEA0\U0010FEFF", "\uFFFD\uFFFD"},
		{"shift_jis", "\xf0\x40", "\U0010FEF0@", "\uFFFD@"},
		{"shift_jis", "\x81\xe0\x87\x90", "≒≒\U000E01EF", "≒≒"},
		{"shift_jis", "\x81\xca\xfa\x54\xee\xf9", "￢￢\U000E01EF￢\U000E01EE", "￢￢￢"},
		{"utf-8", "\xffa\uFFFD", "\U0010FEFFa\uFFFD", "\uFFFDa\uFFFD"},
		{"utf-8", "\U0010FE81", "\U0010FEF4\U0010FE8F\U0010FEBA\U0010FE81", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"utf-8", "日本語 🎮", "日本語 🎮", "日本語 🎮"},
	} {
		c := mustCharset(t, tc.charset)
		require.Equal(t, tc.text, c.Decode(tc.raw), "%s %x", tc.charset, tc.raw)
		require.Equal(t, tc.text, Sanitise(tc.text))
		require.Equal(t, tc.shown, Shown(tc.text), "%s %x", tc.charset, tc.raw)
		require.Equal(t, tc.shown, Sanitise(Shown(tc.text)))
	}
	bidi := mustCharset(t, "utf-8").Decode("a\u202eb\u200d\xe2\x80")
	require.Equal(t, "ab\U0010FEE2\U0010FE80", Sanitise(bidi))
	require.Equal(t, "abc", SanitiseUTF8("a\u202eb\u200d\xe2\x80\u202e\xaec\xe2\x80\xae"))
	require.Equal(t, "a\U0010FE81b", Visible("a\U0010FE81\U0010FDADb"), "what no charset defines tells two names apart")
}

func TestSameCharset(t *testing.T) {
	require.True(t, Charset{}.Same(mustCharset(t, "1252")))
	require.True(t, Charset{}.IsZero())
	require.False(t, mustCharset(t, "1252").IsZero())
	require.False(t, mustCharset(t, "932").Same(mustCharset(t, "949")))
}
