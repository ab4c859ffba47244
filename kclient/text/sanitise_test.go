package text

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestSanitise(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain":                  "plain",
		"Käse 鵺 🎮 Привет":        "Käse 鵺 🎮 Привет",
		"a\x01b\nc\x1b[31md\x7f": "abc[31md",
		"tab\tand\rreturn":       "tabandreturn",
		"nul\x00":                "nul",
		"c1\u0085\u009b31m":      "c131m",
		"\u202Egpj.exe":          "gpj.exe",
		"\u2066x\u2069\u200F":    "x",
		"zero\u200Bwidth\uFEFF":  "zerowidth",
		"line\u2028para\u2029":   "linepara",
		"soft\u00ADhyphen":       "softhyphen",
		"tag\U000E0041":          "tag",
		"broken\xff\xc3":         "broken\uFFFD\uFFFD",
		"replaced \uFFFD":        "replaced \uFFFD",
		"\x1b\x1b":               "",
	} {
		require.Equal(t, want, Sanitise(in), "%q", in)
	}
}

func TestSanitiseLeavesNothingHarmful(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		got := Sanitise("<" + string(r) + ">")
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) || r == '\u2028' ||
			r == '\u2029' {
			require.Equal(t, "<>", got, "%U", r)
		} else {
			require.Equal(t, "<"+string(r)+">", got, "%U", r)
		}
	}
}
