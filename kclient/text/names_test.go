package text

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesAreOneWhereTheirBytesAre(t *testing.T) {
	for _, same := range [][2]string{{"Anna", "anna"}, {" ANNA  ", "anna"}, {"\x83\x4c ", "\x83\x4c"}, {"a b", "A B"}} {
		require.Equal(t, NameKey(same[0]), NameKey(same[1]))
	}
	for _, two := range [][2]string{
		{"\x83\x4c", "\x83\x6c"}, // キ and ネ in 932
		{"\x8f\x5b", "\x90\x5b"}, // 充 and 深
		{"\xc9", "\xe9"},         // Й and й in 1251, É and é in 1252
		{"Zo\xeb", "zo\xeb"},
		{"\xa0a", "a"}, // A0 is a space in 1252 only
		{"a b", "ab"},
		{"\x8f\x98", "\x90\x98"}, // defined in no character of 1252
	} {
		require.NotEqual(t, NameKey(two[0]), NameKey(two[1]))
	}
}
