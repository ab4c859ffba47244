// Package codectest tests codecs of messages against bodies that are laid out by hand after the protocol notes' tables:
// a second description of the format beside the code under test. kclient/wire and kclient/wire/ext have one table each.
package codectest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Body is a message body, field by field.
type Body []any

// Bytes writes the fields: integers little-endian, strings ended by a NUL.
func (f Body) Bytes() []byte {
	var b []byte
	for _, field := range f {
		switch v := field.(type) {
		case string:
			b = append(append(b, v...), 0)
		case uint8:
			b = append(b, v)
		case uint16:
			b = append(b, byte(v), byte(v>>8))
		case uint32:
			b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		default:
			panic(fmt.Sprintf("field %T", field))
		}
	}
	return b
}

// Strings are the indexes of the fields that are strings.
func (f Body) Strings() (at []int) {
	for i, field := range f {
		if _, ok := field.(string); ok {
			at = append(at, i)
		}
	}
	return at
}

// Message is what every message struct can do.
type Message interface{ AppendTo([]byte) []byte }

// Codec is one message of one direction, with a worked value.
type Codec struct {
	Side  string // C: client to server, S: server to client
	Type  uint8
	Name  string
	Value Message
	Body  Body
	Parse func([]byte) (Message, error)
	Zero  Message
	// Trails says that bytes which trail in the body are the message's: they have tests of their own.
	Trails bool
}

func (c Codec) String() string { return fmt.Sprintf("%02X %s %s", c.Type, c.Side, c.Name) }

// New returns a codec whose worked value has these fields.
func New[T ~uint8, M Message](side string, typ T, parse func([]byte) (M, error), value M, fields Body) Codec {
	var zero M
	name := fmt.Sprintf("%T", value)
	return Codec{Side: side, Type: uint8(typ), Value: value, Body: fields, Zero: zero, Parse: Parse(parse),
		Name: name[strings.Index(name, ".")+1:]}
}

// Parse is a parser of any message.
func Parse[M Message](parse func([]byte) (M, error)) func([]byte) (Message, error) {
	return func(b []byte) (Message, error) { return parse(b) }
}

// Each runs a subtest for every message.
func Each(t *testing.T, codecs []Codec, f func(t *testing.T, c Codec)) {
	for _, c := range codecs {
		t.Run(c.String(), func(t *testing.T) { f(t, c) })
	}
}

// Sides are the directions that each type has a body for.
func Sides(codecs []Codec) map[uint8]string {
	sides := map[uint8]string{}
	for _, c := range codecs {
		sides[c.Type] += c.Side
	}
	return sides
}

// HasItsBytes: the worked value is written as its body, and read from it.
func HasItsBytes(t *testing.T, c Codec) {
	want := c.Body.Bytes()
	require.Equal(t, want, c.Value.AppendTo(nil))
	require.Equal(t, append([]byte("kept"), want...), c.Value.AppendTo([]byte("kept")), "AppendTo must append")
	got, err := c.Parse(want)
	require.NoError(t, err)
	require.Equal(t, c.Value, got)
}

// PrefixesAreRefused: with the rest of the body behind them, where reading on would succeed, and without, where it
// would panic.
func PrefixesAreRefused(t *testing.T, c Codec) {
	whole := c.Body.Bytes()
	for n := range whole {
		for _, cut := range [][]byte{whole[:n], whole[:n:n]} {
			got, err := c.Parse(cut)
			require.Error(t, err, "%d of %d bytes", n, len(whole))
			require.Equal(t, c.Zero, got, "%d of %d bytes", n, len(whole))
		}
	}
}

// TrailingBytesAreAccepted: newer peers may say more.
func TrailingBytesAreAccepted(t *testing.T, c Codec) {
	if c.Trails {
		t.Skip("what trails is the message's own, and has a test of its own")
	}
	got, err := c.Parse(append(c.Body.Bytes(), 0, 1, 0xFF))
	require.NoError(t, err)
	require.Equal(t, c.Value, got)
}

// withString is the body with one of its strings replaced, NUL and all, by raw bytes; what stands behind is kept.
func (f Body) withString(at int, raw string) []byte {
	return append(append(f[:at].Bytes(), raw...), f[at+1:].Bytes()...)
}

// StringsAreBounded: a string of limit bytes is read; a longer one, and one that the body ends without ending it, are
// refused with one of the errors.
func StringsAreBounded(t *testing.T, c Codec, limit int, tooLong error, open ...error) {
	for _, at := range c.Body.Strings() {
		for _, size := range []int{limit + 1, 5 * limit} {
			got, err := c.Parse(c.Body.withString(at, strings.Repeat("A", size)+"\x00"))
			require.ErrorIs(t, err, tooLong, "field %d, %d bytes", at, size)
			require.Equal(t, c.Zero, got, "field %d, %d bytes", at, size)
		}
		_, err := c.Parse(c.Body.withString(at, strings.Repeat("A", limit)+"\x00"))
		require.NoError(t, err, "field %d: the longest string there may be", at)
		for _, size := range []int{1, 40, limit} {
			got, err := c.Parse(append(c.Body[:at].Bytes(), strings.Repeat("A", size)...))
			// in a list, the count sees first that the bytes are not there
			require.Contains(t, open, err, "field %d, %d bytes", at, size)
			require.Equal(t, c.Zero, got)
		}
		_, err = c.Parse(append(c.Body[:at].Bytes(), strings.Repeat("A", 5*limit)...))
		require.ErrorIs(t, err, tooLong, "field %d", at)
	}
}

// Documented: a document's worked bodies, as "01 C QuitRequest 00 | ff ff | 62 79 65 00", are those that the code
// writes, one for each codec.
func Documented(t *testing.T, doc string, codecs []Codec) {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([0-9A-F]{2} [CS]) +(\w+) +([0-9a-f |]+)$`).FindAllStringSubmatch(doc,
		-1) {
		_, twice := found[m[1]]
		require.False(t, twice, "%s stands twice", m[1])
		found[m[1]] = m[2] + " " + m[3]
	}
	require.Len(t, found, len(codecs))
	for _, c := range codecs {
		name, bytes, _ := strings.Cut(found[c.String()[:len("01 C")]], " ")
		require.True(t, strings.EqualFold(c.Name, name), "%v is called %q", c, name)
		want, err := hex.DecodeString(strings.NewReplacer(" ", "", "|", "").Replace(bytes))
		require.NoError(t, err, "%v", c)
		require.Equal(t, want, c.Value.AppendTo(nil), "%v", c)
	}
}

// Fuzz fuzzes the parsers of the messages of some types, both directions. Seeds are the worked bodies, whole and
// broken. Whatever parses must be written as a body that parses to the same, and nothing may change the input or read
// beyond it. partial is the error with which a value may come all the same; maxBody how long a body may be.
func Fuzz[T ~uint8](f *testing.F, codecs []Codec, maxBody int, partial error, types ...T) {
	var family []Codec
	for _, c := range codecs {
		if !slices.Contains(types, T(c.Type)) {
			continue
		}
		family = append(family, c)
		whole := c.Body.Bytes()
		f.Add(whole)
		f.Add(whole[:len(whole)-1])
		f.Add(append(c.Body.Bytes(), "trailing"...))
		f.Add(bytes.ReplaceAll(whole, []byte{0}, []byte{0xFF}))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		for _, c := range family {
			value, err := c.Parse(in[:len(in):len(in)])
			if !bytes.Equal(before, in) {
				t.Fatalf("%v: the input was changed", c)
			}
			if err != nil {
				if partial == nil || err != partial {
					require.Equal(t, c.Zero, value)
				}
				continue
			}
			out := value.AppendTo(nil)
			if len(out) > maxBody {
				t.Fatalf("%v: a body of %d bytes", c, len(out))
			}
			again, err := c.Parse(out)
			require.NoError(t, err, "%v: written as %x", c, out)
			require.Equal(t, value, again, "%v", c)
			require.Equal(t, out, again.AppendTo(nil), "%v", c)
		}
	})
}
