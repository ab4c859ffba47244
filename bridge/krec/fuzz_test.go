package krec

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever the bytes, the reader ends with io.EOF or a typed error, and what it did read can be
// written and read again.
func FuzzReader(f *testing.F) {
	whole := record(f, header, func(w *Writer) {
		for _, err := range []error{
			w.Frame(nil), w.Chat("ann", "hi"), w.Frame([]byte{1, 2, 3}), w.Drop("bob", 2), w.Frame(make([]byte, 100)),
		} {
			require.NoError(f, err)
		}
	})
	f.Add(whole)
	f.Add(whole[:sizeKRC1+20])
	old := append([]byte("KRC0"), whole[4:sizeKRC0]...)
	for _, tail := range []string{"", "\x12\xff\xff", "\x12\xff\x7f", "\x08a\x00", "\x14a\x00\xff\xff\xff\xff", "\x13",
		"\x08" + strings.Repeat("\u00e9", MaxNick) + "\x00hi\x00"} {
		f.Add(append(bytes.Clone(old), tail...))
	}
	for _, n := range []int{0, 3, 4, sizeKRC0 - 1, sizeKRC1 - 1} {
		f.Add(whole[:n])
	}
	f.Add(append([]byte("KRC2"), old[4:]...))
	f.Add(append(bytes.Clone(old[:playerAt]), make([]byte, sizeKRC0-playerAt)...)) // player 0 of none
	f.Fuzz(func(t *testing.T, file []byte) {
		h, records, _, err := readAll(file)
		if err != nil {
			var format *FormatError
			require.True(t, errors.As(err, &format), "%v", err)
			require.GreaterOrEqual(t, format.Offset, int64(0))
			require.LessOrEqual(t, format.Offset, int64(len(file)))
			if h.Players == 0 {
				return // no header
			}
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, h)
		require.NoError(t, err)
		for i, rec := range records {
			switch rec.Kind {
			case Frame:
				require.NoError(t, w.Frame(rec.Values))
			case Chat:
				require.NoError(t, w.Chat(rec.Nick, rec.Text))
				records[i].Nick, records[i].Text = cut(rec.Nick, MaxNick), cut(rec.Text, MaxText)
			case Drop:
				require.NoError(t, w.Drop(rec.Nick, rec.Player))
				records[i].Nick = cut(rec.Nick, MaxNick)
			default:
				t.Fatalf("%v", rec.Kind)
			}
		}
		require.NoError(t, w.Close())
		_, again, ended, err := readAll(out.Bytes())
		require.NoError(t, err)
		require.True(t, ended)
		require.Equal(t, records, again)
	})
}
