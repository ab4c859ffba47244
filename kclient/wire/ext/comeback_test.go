package ext

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/internal/codectest"
)

type (
	body = codectest.Body
	u8   = uint8
	u16  = uint16
	u32  = uint32
)

// codecs are all messages of ours, of both directions: WIRE.md section 6.
var codecs = []codectest.Codec{
	codectest.New("S", TypeBehind, ParseBehind, Behind{61, "Pong", 3, 1, 2, wire.Excellent, 4, true},
		body{"", u32(61), "Pong", u16(3), u8(1), u8(2), u8(2), u16(4), u8(1)}),
	trails(codectest.New("C", TypeCaughtUp, ParseCaughtUp, CaughtUp{0x0102, 0x0109, 0},
		body{"", u32(0x0102), u32(0x0109)})),
	codectest.New("S", TypeInStep, ParseInStep, InStep{0x0106, 0x0105},
		body{"", u32(0x0106), u32(0x0105)}),
	codectest.New("S", TypeWaited, ParseWaited, Waited{2, 0x0140},
		body{"", u8(2), u16(0x0140)}),
}

func trails(c codectest.Codec) codectest.Codec {
	c.Trails = true
	return c
}

func TestEveryMessageHasItsBytes(t *testing.T) { codectest.Each(t, codecs, codectest.HasItsBytes) }

func TestEveryPrefixIsRefused(t *testing.T) { codectest.Each(t, codecs, codectest.PrefixesAreRefused) }

func TestTrailingBytesAreAccepted(t *testing.T) {
	codectest.Each(t, codecs, codectest.TrailingBytesAreAccepted)
}

func TestEveryTypeOfEitherSideIsCovered(t *testing.T) {
	require.Equal(t, map[uint8]string{0x1C: "S", 0x1D: "C", 0x1E: "S", 0x1F: "S"}, codectest.Sides(codecs))
}

func TestWorkedBodiesOfTheDocument(t *testing.T) {
	doc, err := os.ReadFile("WIRE.md")
	require.NoError(t, err)
	codectest.Documented(t, string(doc), codecs)
}

func FuzzComeback(f *testing.F) {
	codectest.Fuzz(f, codecs, wire.MaxBody, nil, TypeBehind, TypeCaughtUp, TypeInStep, TypeWaited)
}

// Older clients do not tell the size; what trails behind it is accepted as everywhere.
func TestCaughtUpTellsTheSize(t *testing.T) {
	told := CaughtUp{0x0102, 0x0109, 24}
	whole := body{"", u32(0x0102), u32(0x0109), u16(24)}.Bytes()
	require.Equal(t, whole, told.AppendTo(nil))
	for _, b := range [][]byte{whole, append(whole, 0, 1, 0xFF)} {
		got, err := ParseCaughtUp(b)
		require.NoError(t, err)
		require.Equal(t, told, got)
	}
	for _, cut := range []int{1, 2} {
		got, err := ParseCaughtUp(whole[:len(whole)-cut])
		require.NoError(t, err)
		require.Equal(t, CaughtUp{0x0102, 0x0109, 0}, got)
	}
}
