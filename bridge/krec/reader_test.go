package krec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
)

// krc0 is a recording as n02 writes it: the rest of its name buffers behind the names, the first
// four letters of the game's name in place of the time, no end record.
func krc0(t *testing.T) []byte {
	file := []byte("KRC0")
	file = append(file, pad("MAME32k 0.64\x00left over", 128)...)
	file = append(file, pad("kof98\x00\xcc\xcc\xcc", 128)...)
	file = append(file, "kof9"...)
	file = append(file, 1, 0, 0, 0, 2, 0, 0, 0)
	require.Len(t, file, 272)
	return append(file, unhex(t, `
		12 0000
		12 0000
		08 616e6e00 676c00
		12 0400 01000200
		14 616e6e00 01000000
		12 0400 00000300`)...)
}

func TestReaderReadsKRC0(t *testing.T) {
	h, records, ended, err := readAll(krc0(t))
	require.NoError(t, err)
	require.False(t, ended)
	require.True(t, h.Time.IsZero(), "n02 wrote letters there")
	require.Equal(t, Header{Version: 0, App: "MAME32k 0.64", Game: "kof98", Player: 1, Players: 2}, h)
	require.Equal(t, []Record{
		{Kind: Frame, Values: []byte{}},
		{Kind: Frame, Values: []byte{}},
		{Kind: Chat, Nick: "ann", Text: "gl"},
		{Kind: Frame, Values: []byte{1, 0, 2, 0}},
		{Kind: Drop, Nick: "ann", Player: 1},
		{Kind: Frame, Values: []byte{0, 0, 3, 0}},
	}, records)
}

func TestReaderReadsWhatWriterWrote(t *testing.T) {
	file := record(t, header, func(w *Writer) {
		require.NoError(t, w.Chat("caf\xe9", "日本"))
		require.NoError(t, w.Frame([]byte{1, 2, 3}))
	})
	h, records, ended, err := readAll(file)
	require.NoError(t, err)
	require.True(t, ended)
	require.Equal(t, header, h)
	require.Equal(t, []Record{{Kind: Chat, Nick: "caf\xe9", Text: "日本"}, {Kind: Frame, Values: []byte{1, 2, 3}}},
		records)
}

// The sizes of the header fields are used to the last byte: no NUL is needed.
func TestFullHeaderFields(t *testing.T) {
	file := krc0(t)
	copy(file[4:], strings.Repeat("a", 128))
	copy(file[132:], strings.Repeat("g", 128))
	h, _, _, err := readAll(file)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("a", 128), h.App)
	require.Equal(t, strings.Repeat("g", 128), h.Game)
}

func TestWhatFollowsTheEndIsIgnored(t *testing.T) {
	for _, end := range []string{"12 ffff", "12 0080", "12 ffff 12 ffff", "12 ffff 99"} {
		file := append(krc0(t), unhex(t, end)...)
		_, records, ended, err := readAll(file)
		require.NoError(t, err, end)
		require.True(t, ended)
		require.Len(t, records, 6)
	}
}

func TestValuesAreReused(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	file := record(t, header, func(w *Writer) {
		for range 10_000 {
			require.NoError(t, w.Frame(make([]byte, 48)))
		}
	})
	r, err := NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(9000, func() {
		if _, err := r.Next(); err != nil {
			panic(err)
		}
	}))
}

func TestMalformedFilesAreRefusedWithTheirPlace(t *testing.T) {
	base := krc0(t)[:272]
	with := func(records ...string) []byte {
		return append(bytes.Clone(base), strings.Join(records, "")...)
	}
	long := strings.Repeat("x", 5000)
	krc1 := record(t, header, func(*Writer) {})
	for _, c := range []struct {
		name   string
		file   []byte
		err    error
		offset int64
	}{
		{"empty", nil, ErrNotRecording, 0},
		{"three bytes", []byte("KRC"), ErrNotRecording, 0},
		{"another magic", append([]byte("KRC2"), base[4:]...), ErrNotRecording, 0},
		{"no header", []byte("KRC0"), ErrTruncated, 4},
		{"half a KRC0 header", base[:271], ErrTruncated, 4},
		{"half a KRC1 header", krc1[:399], ErrTruncated, 4},
		{"unknown record", with("\x13"), ErrRecordType, 272},
		{"unknown record after a frame", with("\x12\x01\x00a", "\x00"), ErrRecordType, 276},
		{"half a length", with("\x12\x01"), ErrTruncated, 272},
		{"no values", with("\x12\xff\x7f"), ErrTruncated, 272},
		{"half the values", with("\x12\x03\x00ab"), ErrTruncated, 272},
		{"nick of 5,000 bytes", with("\x08", long, "\x00\x00"), ErrStringTooLong, 272},
		{"nick of 1,025 bytes", with("\x08", long[:1025], "\x00\x00"), ErrStringTooLong, 272},
		{"text of 5,000 bytes", with("\x08\x00", long, "\x00"), ErrStringTooLong, 272},
		{"dropped nick of 5,000 bytes", with("\x14", long, "\x00\x01\x00\x00\x00"), ErrStringTooLong, 272},
		{"nick without a NUL", with("\x08abc"), ErrTruncated, 272},
		{"text without a NUL", with("\x08abc\x00abc"), ErrTruncated, 272},
		{"drop without a player", with("\x14abc\x00\x01\x00\x00"), ErrTruncated, 272},
	} {
		_, _, ended, err := readAll(c.file)
		require.ErrorIs(t, err, c.err, c.name)
		var format *FormatError
		require.ErrorAs(t, err, &format, c.name)
		require.Equal(t, c.offset, format.Offset, c.name)
		require.False(t, ended, c.name)
		require.Contains(t, err.Error(), "krec: at byte ", c.name)
	}
	require.ErrorIs(t, ErrTruncated, io.ErrUnexpectedEOF)

	_, records, _, err := readAll(with("\x08", long[:1024], "\x00", long[:1024], "\x00"))
	require.NoError(t, err)
	require.Equal(t, []Record{{Kind: Chat, Nick: long[:1024], Text: long[:1024]}}, records)
}

func TestPlayerNumbersAreChecked(t *testing.T) {
	for _, c := range []struct {
		player, players uint32
		ok              bool
	}{
		{1, 1, true}, {8, 8, true}, {0, 2, false}, {3, 2, false}, {1, 0, false}, {1, 9, false}, {9, 9, false},
		{0xffffffff, 2, false}, {1, 0xffffffff, false}, {0x80000000, 0x80000000, false},
	} {
		for _, file := range [][]byte{krc0(t), record(t, header, func(*Writer) {})} {
			binary.LittleEndian.PutUint32(file[264:], c.player)
			binary.LittleEndian.PutUint32(file[268:], c.players)
			h, _, _, err := readAll(file)
			if !c.ok {
				require.ErrorIs(t, err, ErrPlayers)
				continue
			}
			require.NoError(t, err)
			require.EqualValues(t, c.player, h.Player)
			require.EqualValues(t, c.players, h.Players)
			if h.Version == 1 {
				require.Len(t, h.Names, min(h.Players, 4))
			}
		}
	}
}

// Whoever uses a dropped player's number as an index must not need to check it.
func TestDroppedPlayerNumbersAreChecked(t *testing.T) {
	for number, want := range map[uint32]int{0: 0, 1: 1, 8: 8, 9: 0, 0xffffffff: 0, 0x80000001: 0, 0x101: 0} {
		file := append(krc0(t)[:272], 0x14, 'a', 0)
		file = binary.LittleEndian.AppendUint32(file, number)
		_, records, _, err := readAll(file)
		require.NoError(t, err)
		require.Equal(t, []Record{{Kind: Drop, Nick: "a", Player: want}}, records)
	}
}

// Every prefix of a recording is read up to its last whole record.
func TestEveryPrefix(t *testing.T) {
	file := record(t, header, func(w *Writer) {
		require.NoError(t, w.Chat("ann", "hi"))
		require.NoError(t, w.Frame([]byte{1, 2, 3, 4}))
		require.NoError(t, w.Drop("bob", 2))
		require.NoError(t, w.Frame(nil))
	})
	_, all, _, err := readAll(file)
	require.NoError(t, err)
	ends := []int{400, 408, 415, 424, 427, 430} // of the header and of each record
	for n := range len(file) {
		_, records, ended, err := readAll(file[:n])
		whole := -1
		for _, end := range ends {
			if n >= end {
				whole++
			}
		}
		switch {
		case n < 4:
			require.ErrorIs(t, err, ErrNotRecording, n)
		case n < 400:
			require.ErrorIs(t, err, ErrTruncated, n)
		case n >= 430:
			require.NoError(t, err, n)
			require.True(t, ended, n)
			require.Equal(t, all, records)
		default:
			require.Equal(t, append([]Record(nil), all[:whole]...), records, "%d bytes", n)
			if n == ends[whole] {
				require.NoError(t, err, n)
			} else {
				require.ErrorIs(t, err, ErrTruncated, n)
			}
			require.False(t, ended, n)
		}
	}
}

func TestReadErrorsComeThrough(t *testing.T) {
	broken := errors.New("the disk is gone")
	file := krc0(t)
	for n := range len(file) {
		r, err := NewReader(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		for err == nil {
			_, err = r.Next()
		}
		require.Equal(t, broken, err, n)
	}
}

func TestReaderReadsFromAnyReader(t *testing.T) {
	r, err := NewReader(iotest.OneByteReader(bytes.NewReader(krc0(t))))
	require.NoError(t, err)
	n := 0
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	require.Equal(t, io.EOF, err)
	require.Equal(t, 7, n)
}

func TestKindNames(t *testing.T) {
	require.Equal(t, "frame chat drop record type 0x99",
		strings.Join([]string{Frame.String(), Chat.String(), Drop.String(), Kind(0x99).String()}, " "))
}
