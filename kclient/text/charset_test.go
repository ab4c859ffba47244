package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func mustCharset(t testing.TB, name string) Charset {
	t.Helper()
	c, err := LookupCharset(name)
	require.NoError(t, err)
	return c
}

func TestLookupCharset(t *testing.T) {
	require.Equal(t, []string{"windows-1252", "utf-8", "windows-1250", "windows-1251", "windows-1253", "windows-1254",
		"windows-1255",
		"windows-1256", "windows-1257", "windows-1258", "windows-874", "shift_jis", "euc-kr", "gbk", "big5"},
		CharsetNames())
	for _, name := range CharsetNames() {
		require.Equal(t, name, mustCharset(t, name).Name())
	}
	for name, want := range map[string]string{
		"": "windows-1252", "UTF8": "utf-8", "Utf-8": "utf-8", "Shift-JIS": "shift_jis", "shiftjis": "shift_jis",
		"EUC_KR": "euc-kr", "euckr": "euc-kr", "GBK": "gbk", "Windows1251": "windows-1251",
		"932": "shift_jis", "CP932": "shift_jis", "SJIS": "shift_jis", "Windows-31J": "shift_jis",
		"windows-949": "euc-kr", "UHC": "euc-kr",
		"cp936": "gbk", "GB2312": "gbk", "950": "big5", "cp1252": "windows-1252", "1250": "windows-1250",
		"874": "windows-874", "65001": "utf-8",
	} {
		require.Equal(t, want, mustCharset(t, name).Name())
	}
	require.Equal(t, "windows-1252", Charset{}.Name())

	for _, name := range []string{"latin-9", "utf-16", " utf-8", "windows-125", "\x00", "437", "cp", "windows",
		"windows-99999"} {
		_, err := LookupCharset(name)
		require.Error(t, err, "%q", name)
		for _, known := range CharsetNames() {
			require.Contains(t, err.Error(), known, "the message says what can be chosen")
		}
	}
}

func TestCharsetsOnTheWire(t *testing.T) {
	for _, tc := range []struct{ charset, text, raw string }{
		{"windows-1252", "hi", "hi"},
		{"windows-1252", "Käse €5", "K\xe4se \x805"},
		{"windows-1252", "né~\\", "n\xe9~\\"},
		{"utf-8", "Käse 鵺 🎮", "Käse 鵺 🎮"},
		{"windows-1251", "Привет", "\xcf\xf0\xe8\xe2\xe5\xf2"},
		{"shift_jis", "鵺", "\xeaK"}, // a second byte that is ASCII
		{"shift_jis", "定員30名", "\x92\xe8\x88\xf530\x96\xbc"},
		{"shift_jis", "ﾊﾝｶｸ 表", "\xca\xdd\xb6\xb8 \x95\\"}, // one byte each; a second byte that is a backslash
		{"euc-kr", "한국 힣", "\xc7\xd1\xb1\xb9 \xc6R"},       // 힣 only in the Windows extension
		{"gbk", "中文 €", "\xd6\xd0\xce\xc4 \x80"},
		{"big5", "中文 功 €", "\xa4\xa4\xa4\xe5 \xa5\\ \xa3\xe1"}, // a second byte that is a backslash
		{"windows-1250", "Łódź", "\xa3\xf3d\x9f"},
		{"windows-1253", "Αθήνα", "\xc1\xe8\xde\xed\xe1"},
		{"windows-1254", "İğş", "\xdd\xf0\xfe"},
		{"windows-1255", "שלום", "\xf9\xec\xe5\xed"},
		{"windows-1256", "سلام", "\xd3\xe1\xc7\xe3"},
		{"windows-1257", "Ąžuolas", "\xc0\xfeuolas"},
		{"windows-1258", "Vi\u00ea\u0323t ₫", "Vi\xea\xf2t \xfe"}, // a letter and a tone
		{"windows-874", "ไทย", "\xe4\xb7\xc2"},
	} {
		c := mustCharset(t, tc.charset)
		require.Equal(t, tc.raw, c.Encode(tc.text), "%s %q", tc.charset, tc.text)
		require.Equal(t, tc.text, c.Decode(tc.raw), "%s %q", tc.charset, tc.raw)
	}
	// The zero value is the default.
	require.Equal(t, "K\xe4se", Charset{}.Encode("Käse"))
	require.Equal(t, "Käse", Charset{}.Decode("K\xe4se"))
	require.Equal(t, "abc", Charset{}.Cut("abcd", 3))
}

func TestEncodeWhatCannotBeSaid(t *testing.T) {
	for _, tc := range []struct{ charset, text, raw string }{
		{"windows-1252", "a鵺b", "a?b"},
		{"windows-1252", "🎮", "?"},
		{"windows-1252", "a\x00b\x00", "ab"},
		{"windows-1252", "a\xffb\xc3", "a?b?"},
		{"windows-1252", "\uFFFD", "?"},
		{"utf-8", "a\x00b\xffc\xe9", "ab?c?"},
		{"windows-1251", "鵺П", "?\xcf"},
		{"shift_jis", "한a", "?a"},
		{"euc-kr", "🎮é\x00한", "??\xc7\xd1"},
		{"gbk", "🎮中", "?\xd6\xd0"},
		{"gbk", "ǹ⿰", "??"},                         // of GB 18030 only
		{"big5", "䏰Á¨中", "???\xa4\xa4"},             // of Hong Kong's codes only
		{"shift_jis", "≒\U000E01EEa", "\x81\xe0?a"}, // it has no third spelling
	} {
		require.Equal(t, tc.raw, mustCharset(t, tc.charset).Encode(tc.text), "%s %q", tc.charset, tc.text)
	}
}

func TestDecodeIsAlwaysUTF8(t *testing.T) {
	for _, name := range CharsetNames() {
		c := mustCharset(t, name)
		for a := range 256 {
			for b := range 256 {
				raw := string([]byte{byte(a), byte(b)})
				require.True(t, utf8.ValidString(c.Decode(raw)), "%s %q", name, raw)
			}
			require.True(t, utf8.ValidString(c.Decode(string([]byte{byte(a)}))), "%s %02x", name, a)
		}
		require.Equal(t, "", c.Decode(""))
		require.Equal(t, "", c.Encode(""))
	}
	require.Equal(t, "a\uFFFDb", Shown(mustCharset(t, "utf-8").Decode("a\xffb")))
	require.Equal(t, "a\uFFFD", Shown(mustCharset(t, "shift_jis").Decode("a\x95")))
}

// Cutting at any length leaves whole characters: what is left decodes to the
// beginning of what it was.
func TestCut(t *testing.T) {
	for charset, text := range map[string]string{
		"windows-1252": "Käse €5 naïve",
		"utf-8":        "aé鵺🎮ÿ한中b",
		"windows-1251": "Привет, мир",
		"shift_jis":    "鵺ﾊﾝ表30名a",
		"euc-kr":       "한국힣abc가",
		"gbk":          "中文a镕国€",
		"big5":         "中文a功▓€",
	} {
		c := mustCharset(t, charset)
		raw := c.Encode(text)
		for limit := -1; limit <= len(raw)+1; limit++ {
			cut := c.Cut(raw, limit)
			require.True(t, len(cut) <= max(limit, 0), "%s to %d: %d bytes", charset, limit, len(cut))
			require.True(t, strings.HasPrefix(raw, cut), "%s to %d", charset, limit)
			require.True(t, strings.HasPrefix(text, c.Decode(cut)), "%s to %d: %q", charset, limit, c.Decode(cut))
			// No more is lost than the character that stands on the limit.
			require.True(t, len(cut) >= min(limit, len(raw))-utf8.UTFMax+1, "%s to %d: only %d bytes", charset, limit,
				len(cut))
		}
	}
}

func TestCutOfBrokenBytes(t *testing.T) {
	c := mustCharset(t, "utf-8")
	require.Equal(t, "\xff\xff\xff", c.Cut("\xff\xff\xff\xff\xff", 3))
	require.Equal(t, "\x80\x80\x80", c.Cut("\x80\x80\x80\x80\x80", 3),
		"continuation bytes alone are no character to keep whole")
	require.Equal(t, "a", c.Cut("a\xf0\x9f\x8e\xae", 4))
	for _, name := range []string{"shift_jis", "euc-kr", "gbk", "big5"} {
		require.Equal(t, "\xff\xff", mustCharset(t, name).Cut("\xff\xff\xff\xff", 2), name)
		require.Equal(t, "a", mustCharset(t, name).Cut("a\x95\x5c", 2), name)
		require.Equal(t, "\x95", mustCharset(t, name).Cut("\x95\x20b", 1), name)
	}
}
