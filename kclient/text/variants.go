package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Standards disagree about which character some codes of the code pages of East Asia are: what a Mac, Linux or a
// Japanese input method types for 8160 in 932 is U+301C, to Windows that code is U+FF5E. Such characters, and what
// Windows writes for a sign of the same meaning (WideCharToMultiByte's best fit, seen under Wine 8.0 for 932, 936, 949
// and 950), are written with the code that the charset has. Reading stays Windows'.
//
// Not taken over from Windows' best fit: letters that lose their marks, © as "c", ㈱ as "株", and ¥ and ₩ as
// a backslash, since there are full-width signs for both.

// variants are the characters that may stand for another, the best first.
var variants = map[rune][]rune{
	'〜': {'∼', '～'}, // U+301C, U+223C, U+FF5E: 8160 in 932, A1AD in 949, A1AB in 936, A1E3 in 950
	'～': {'〜', '∼'},
	'∼': {'～', '〜'},
	'−': {'－'}, // U+2212, U+FF0D: 817C
	'－': {'−'},
	'‖': {'∥'}, // U+2016, U+2225: 8161
	'∥': {'‖'},
	'—': {'―'}, // U+2014, U+2015: 815C
	'―': {'—'},
	'・': {'·', '‧'}, // U+30FB, U+00B7, U+2027: 8145, A1A4
	'·': {'・', '‧'},
	'•': {'・', '·', '‧'},
	'⋯': {'…'},
	'¢': {'￠'}, // and the full-width forms of 8191, 8192, 81CA, 818F
	'£': {'￡'},
	'¬': {'￢'},
	'¥': {'￥'},
	'₩': {'￦'},
	'¦': {'￤'},
	'¯': {'￣', 'ˉ'},
	'‾': {'￣'},
	'￠': {'¢'},
	'￡': {'£'},
	'￢': {'¬'},
	'￥': {'¥'},
	'￦': {'₩'},
	'￣': {'¯'},
	'µ': {'μ'}, // U+00B5, U+03BC
	'μ': {'µ'},
	'«': {'≪', '《'},
	'»': {'≫', '》'},
	'Å': {'\u212B'}, // U+00C5, U+212B: 81F0
	'ゔ': {'ヴ'},
}

// tones are the marks that 1258 writes by themselves, behind a letter with its other marks: grave, acute, tilde, hook
// above, dot below.
const tones = "\u0300\u0301\u0303\u0309\u0323"

// stand returns what stands for a character that the charset does not have; empty when nothing does.
func (cs *charset) stand(r rune) string {
	for _, v := range variants[r] {
		if cs.has(v) {
			return string(v)
		}
	}
	whole := norm.NFC.String(string(r)) // of U+212B that is U+00C5
	if v, n := utf8.DecodeRuneInString(whole); n == len(whole) && v != r && cs.has(v) {
		return whole
	}
	if cs.page == 1258 {
		return cs.toned(r)
	}
	return ""
}

// toned takes the tone off a Vietnamese letter: "ế" is "ê" and U+0301 in 1258.
func (cs *charset) toned(r rune) string {
	tone := ""
	letter := strings.Map(func(r rune) rune {
		if tone == "" && strings.ContainsRune(tones, r) {
			tone = string(r)
			return -1
		}
		return r
	}, norm.NFD.String(string(r)))
	if letter = norm.NFC.String(letter); tone != "" && cs.says(letter) {
		return letter + tone
	}
	return ""
}
