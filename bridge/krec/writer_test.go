package krec

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
)

// A whole small file, byte by byte, as the protocol notes describe KRC1.
func TestWriterWritesKRC1(t *testing.T) {
	got := record(t, header, func(w *Writer) {
		require.NoError(t, w.Frame(nil))
		require.NoError(t, w.Chat("ann", "hi"))
		require.NoError(t, w.Frame([]byte{1, 2, 3, 4, 5, 6}))
		require.NoError(t, w.Drop("bob", 2))
		require.NoError(t, w.Frame([]byte{7, 8, 0, 0, 9, 10}))
	})
	var want []byte
	want = append(want, "KRC1"...)
	want = append(want, pad("chip8 1.0", 128)...)
	want = append(want, pad("Duel", 128)...)
	want = append(want, 0x01, 0x55, 0xaa, 0x66, 2, 0, 0, 0, 3, 0, 0, 0)
	for _, name := range []string{"ann", "bob", "caf\xe9", ""} {
		want = append(want, pad(name, 32)...)
	}
	require.Len(t, want, 400)
	want = append(want, unhex(t, `
		12 0000
		08 616e6e00 686900
		12 0600 010203040506
		14 626f6200 02000000
		12 0600 07080000090a
		12 ffff 00000000000000`)...)
	require.Equal(t, want, got)
}

func TestWriterCutsStrings(t *testing.T) {
	long := strings.Repeat("x", 1000)
	file := record(t, Header{App: long, Game: long, Player: 1, Players: 8, Names: []string{long, "a\x00b", long, long,
		long, long}}, func(w *Writer) {
		require.NoError(t, w.Chat(long, long))
		require.NoError(t, w.Chat("a\x00b", "c\x00d"))
		require.NoError(t, w.Drop(long, 8))
	})
	h, records, _, err := readAll(file)
	require.NoError(t, err)
	require.Equal(t, Header{Version: 1, App: long[:127], Game: long[:127], Player: 1, Players: 8,
		Names: []string{long[:31], "a", long[:31], long[:31]}}, h)
	require.Equal(t, []Record{
		{Kind: Chat, Nick: long[:98], Text: long[:498]},
		{Kind: Chat, Nick: "a", Text: "c"},
		{Kind: Drop, Nick: long[:98], Player: 8},
	}, records)
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"ab\x00d", 3, "ab"}, {"\x00", 3, ""},
		{"aé", 3, "aé"}, {"abé", 3, "ab"}, {"abéd", 4, "abé"}, {"日本", 5, "日"}, {"日本", 4, "日"}, {"日本", 3, "日"},
		{"日本", 2, ""}, {"a😀", 4, "a"}, {"a😀b", 5, "a😀"},
		{"ab\xe9\xe8\xe7", 3, "ab\xe9"},         // not UTF-8: every byte may be a character
		{"ab\x80\x80\x80\x80", 4, "ab\x80\x80"}, // nor is this
	} {
		require.Equal(t, c.want, cut(c.s, c.limit), "%q to %d", c.s, c.limit)
	}
}

func TestWriterRefusesImpossiblePlayers(t *testing.T) {
	for _, c := range [][2]int{{0, 2}, {3, 2}, {1, 0}, {1, 9}, {-1, -1}, {math.MaxInt, math.MaxInt}} {
		_, err := NewWriter(nil, Header{Player: c[0], Players: c[1]})
		require.ErrorContains(t, err, fmt.Sprintf("player %d of %d", c[0], c[1]))
	}
}

func TestTimesBeyond2038(t *testing.T) {
	for _, when := range []time.Time{{}, time.Unix(1, 0), time.Unix(1<<31, 0), time.Unix(1<<32-1, 0)} {
		h := header
		h.Time = when
		got, _, _, err := readAll(record(t, h, func(*Writer) {}))
		require.NoError(t, err)
		require.Equal(t, when, got.Time)
	}
}

// Records larger than the buffer, and records that end exactly with it.
func TestFramesOfEverySize(t *testing.T) {
	sizes := []int{0, 1, 24, bufferSize - sizeKRC1 - 3, bufferSize - 3, bufferSize - 4, bufferSize, 2*bufferSize + 1,
		MaxFrame}
	frames := make([][]byte, len(sizes))
	file := record(t, header, func(w *Writer) {
		for i, size := range sizes {
			frames[i] = bytes.Repeat([]byte{byte(i + 1)}, size)
			require.NoError(t, w.Frame(frames[i]))
			require.NoError(t, w.Chat("nick", strings.Repeat("t", i)))
		}
		require.ErrorIs(t, w.Frame(make([]byte, MaxFrame+1)), ErrFrameTooLong)
	})
	_, records, ended, err := readAll(file)
	require.NoError(t, err)
	require.True(t, ended)
	require.Len(t, records, 2*len(sizes))
	for i := range sizes {
		require.True(t, bytes.Equal(frames[i], records[2*i].Values), "frame of %d bytes", sizes[i])
		require.Equal(t, Record{Kind: Chat, Nick: "nick", Text: strings.Repeat("t", i)}, records[2*i+1])
	}
}

func TestAFrameAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	var out discard
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	values := make([]byte, 24*8)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if w.Frame(values) != nil {
			panic("frame")
		}
	}))
	require.Greater(t, out.writes, 10)
	require.Less(t, out.writes, 1001*195/bufferSize+2, "writes are of whole buffers")
}

type discard struct{ writes int }

func (d *discard) Write(b []byte) (int, error) { d.writes++; return len(b), nil }

func TestFlushLeavesAReadableFile(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	require.NoError(t, w.Frame([]byte{1}))
	require.Zero(t, out.Len())
	require.NoError(t, w.Flush())
	_, records, ended, err := readAll(out.Bytes())
	require.NoError(t, err)
	require.False(t, ended)
	require.Equal(t, []Record{{Kind: Frame, Values: []byte{1}}}, records)
}

func TestARecordingIsBounded(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	require.EqualValues(t, MaxSize, w.limit)
	w.limit = sizeKRC1 + 5*13 + int64(len(tail)) + 4
	for range 5 {
		require.NoError(t, w.Frame(make([]byte, 10)))
	}
	require.ErrorIs(t, w.Frame(make([]byte, 10)), ErrFull)
	require.ErrorIs(t, w.Frame(nil), ErrFull, "full stays full, or a frame would be missing")
	require.ErrorIs(t, w.Chat("", ""), ErrFull)
	require.ErrorIs(t, w.Drop("", 1), ErrFull)
	require.ErrorIs(t, w.Close(), ErrFull)
	require.ErrorIs(t, w.Close(), ErrFull)
	require.LessOrEqual(t, int64(out.Len()), w.limit)
	_, records, ended, err := readAll(out.Bytes())
	require.NoError(t, err)
	require.True(t, ended)
	require.Len(t, records, 5)
}

type failing struct {
	left   int
	writes int
}

var errDisk = errors.New("no space left on device")

func (f *failing) Write(b []byte) (int, error) {
	if f.writes++; f.left < len(b) {
		return f.left, errDisk
	}
	f.left -= len(b)
	return len(b), nil
}

func TestAWriteErrorStays(t *testing.T) {
	out := failing{left: bufferSize}
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	for err == nil {
		err = w.Frame(make([]byte, 100))
	}
	require.Equal(t, errDisk, err)
	require.Equal(t, 2, out.writes)
	require.Equal(t, errDisk, w.Frame(nil))
	require.Equal(t, errDisk, w.Chat("a", "b"))
	require.Equal(t, errDisk, w.Drop("a", 1))
	require.Equal(t, errDisk, w.Flush())
	require.Equal(t, errDisk, w.Close())
	require.Equal(t, 2, out.writes, "nothing is written behind a gap")
}

func TestAClosedWriterRefuses(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	size := out.Len()
	require.ErrorIs(t, w.Frame(nil), ErrClosed)
	require.ErrorIs(t, w.Chat("", ""), ErrClosed)
	require.ErrorIs(t, w.Drop("", 1), ErrClosed)
	require.ErrorIs(t, w.Flush(), ErrClosed)
	require.NoError(t, w.Close())
	require.Equal(t, size, out.Len())
}

// kailleraEndGame may come from another thread while a frame is recorded.
func TestWriterFromSeveralGoroutines(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, header)
	require.NoError(t, err)
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for {
				if w.Frame([]byte{byte(i), byte(i), byte(i)}) != nil || w.Chat("nick", "text") != nil ||
					w.Drop("nick", 1) != nil {
					return
				}
			}
		})
	}
	for range 100 {
		require.NoError(t, w.Flush())
	}
	require.NoError(t, w.Close())
	writers.Wait()
	_, records, ended, err := readAll(out.Bytes())
	require.NoError(t, err)
	require.True(t, ended)
	for _, rec := range records {
		if rec.Kind == Frame {
			require.True(t, len(rec.Values) == 3 && rec.Values[0] == rec.Values[1] && rec.Values[1] == rec.Values[2])
		}
	}
}
