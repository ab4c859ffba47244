package text

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

type charset struct {
	name   string
	page   int              // Windows' number of it
	also   []string         // other names, besides cp<page> and windows-<page>
	single *charmap.Charmap // one byte a character
	double *doubleByte      // one or two; UTF-8 has neither
}

// charsets are the ANSI code pages of Windows, those that it can have as the
// language for programs that do not know Unicode, which is what the emulators of
// Kaillera are. The first is the default.
//
// The tables are those of golang.org/x/text, which are the WHATWG's (the Encoding
// Standard). They were compared with what MultiByteToWideChar and
// WideCharToMultiByte say, for each code of one and two bytes and each character
// below U+10000, under Wine 8.0, whose tables are Microsoft's (bestfit*.txt at
// unicode.org). What differs, and what is done:
//
//   - In 874 and 1250 to 1258 all defined bytes are the same. To undefined ones
//     Windows gives the control character of their number (81 in 1252 is U+0081)
//     or one for private use (FF in 1255 is U+F896). Here they stay bytes, see Shown.
//   - 932, 936, 949 and 950: the same for the single bytes 80, A0, FD, FE and FF,
//     where no character has them; 80 in 936 is the euro sign for both.
//   - 932, 936, 949 and 950: the codes for characters that a user draws for one
//     machine (F040-F9FC in 932; AAA1-AFFE, F8A1-FEFE and A140-A7A0 in 936;
//     C9 and FE in 949; 8140-A0FE, C6A1-C8FE and FA40-FEFE in 950) are for private use in Windows. x/text
//     does not know them, or knows other characters. They stay bytes: nobody
//     else's machine could show them.
//   - 932: of 396 characters that have two or three codes x/text writes 373 as ED40-EEFC
//     (NEC's copies), Windows as FA40-FC4B (IBM's). Here as Windows.
//   - 936: x/text reads 82 characters of GB 18030 (A2E3, A3A0, A8BF, A989-A995, and
//     most of FE50-FE9F) that 936 has not.
//   - 949: nothing else.
//   - 950: x/text reads and writes the characters of Hong Kong (HKSCS), which no
//     950 shows, as the codes that a user may draw, and A3C0-A3E0, which 950 has
//     not. F9FE is U+2593, not U+FFED. Of ten characters with two codes x/text
//     writes some as Windows does not.
//
// Where Windows writes something that looks like a character which the code page
// has not ("best fit": "A" for "Á" in 950), '?' is written.
var charsets = [...]charset{
	{name: "windows-1252", page: 1252, single: charmap.Windows1252},
	{name: "utf-8", page: 65001, also: []string{"unicode"}},
	{name: "windows-1250", page: 1250, single: charmap.Windows1250},
	{name: "windows-1251", page: 1251, single: charmap.Windows1251},
	{name: "windows-1253", page: 1253, single: charmap.Windows1253},
	{name: "windows-1254", page: 1254, single: charmap.Windows1254},
	{name: "windows-1255", page: 1255, single: charmap.Windows1255},
	{name: "windows-1256", page: 1256, single: charmap.Windows1256},
	{name: "windows-1257", page: 1257, single: charmap.Windows1257},
	{name: "windows-1258", page: 1258, single: charmap.Windows1258},
	{name: "windows-874", page: 874, also: []string{"tis-620"}, single: charmap.Windows874},
	{name: "shift_jis", page: 932, also: []string{"sjis", "windows-31j"}, double: &doubleByte{
		enc:   japanese.ShiftJIS,
		lead:  bytesIn{{0x81, 0x9F}, {0xE0, 0xFC}},
		trail: bytesIn{{0x40, 0x7E}, {0x80, 0xFC}},
		later: codesIn{{0xED40, 0xEEFC}}, // NEC's copies of IBM's
	}},
	{name: "euc-kr", page: 949, also: []string{"uhc"}, double: &doubleByte{
		enc:   korean.EUCKR,
		lead:  bytesIn{{0x81, 0xFE}},
		trail: bytesIn{{0x41, 0x7E}, {0x80, 0xFE}},
	}},
	{name: "gbk", page: 936, also: []string{"gb2312"}, double: &doubleByte{
		enc:   simplifiedchinese.GBK,
		lead:  bytesIn{{0x81, 0xFE}},
		trail: bytesIn{{0x40, 0x7E}, {0x80, 0xFE}},
		not:   codesIn{{0xA2E3, 0xA2E3}, {0xA3A0, 0xA3A0}, {0xA8BF, 0xA8BF}, {0xA989, 0xA995}, {0xFE50, 0xFEFE}},
	}},
	{name: "big5", page: 950, double: &doubleByte{
		enc:   traditionalchinese.Big5,
		lead:  bytesIn{{0x81, 0xFE}},
		trail: bytesIn{{0x40, 0x7E}, {0xA1, 0xFE}},
		not:   codesIn{{0x8140, 0xA0FE}, {0xA3C0, 0xA3E0}, {0xC6A1, 0xC8FE}, {0xFA40, 0xFEFE}},
		but:   map[uint16]rune{0xF9FE: '▓'},
		later: codesIn{{0xA2A4, 0xA2A7}, {0xA2CC, 0xA2CC}, {0xA2CE, 0xA2CE}},
	}},
}

func (cs *charset) isUTF8() bool { return cs.single == nil && cs.double == nil }

// first is the first character of raw, which is not empty: n bytes of it; r is -1
// where they are none. spelling is above 0 where the character has more than one
// code and this is not the one that Windows writes.
func (cs *charset) first(raw string) (r rune, spelling, n int) {
	b := raw[0]
	switch {
	case b < utf8.RuneSelf:
		return rune(b), 0, 1
	case cs.single != nil:
		return defined(cs.single.DecodeByte(b)), 0, 1
	case cs.double != nil:
		return cs.double.first(raw)
	}
	r, n = utf8.DecodeRuneInString(raw)
	// Code points that stand for bytes would not be told from the bytes.
	if _, isByte := byteOf(r); isByte || r == utf8.RuneError && n == 1 {
		return -1, 0, n
	}
	return r, 0, n
}

// defined is r, or -1 where a table has no character: it says so, or makes a
// control character of the byte, which no code page means.
func defined(r rune) rune {
	if r == utf8.RuneError || isControl(r) {
		return -1
	}
	return r
}

// has reports whether the charset has a code for a character.
func (cs *charset) has(r rune) bool {
	switch {
	case r < utf8.RuneSelf || cs.isUTF8():
		return true
	case cs.single != nil:
		_, ok := cs.single.EncodeRune(r)
		return ok
	}
	cs.double.tables()
	return r < 0x10000 && cs.double.codes[r] != 0
}

// append appends the code of a character that the charset has; in UTF-8, char.
func (cs *charset) append(out []byte, char string, r rune, spelling int) []byte {
	switch {
	case r < utf8.RuneSelf || cs.isUTF8():
		return append(out, char...)
	case cs.single != nil:
		b, _ := cs.single.EncodeRune(r)
		return append(out, b)
	}
	return cs.double.append(out, r, spelling)
}
