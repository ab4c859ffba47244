package krec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var header = Header{
	Version: 1, App: "chip8 1.0", Game: "Duel", Time: time.Unix(0x66aa5501, 0),
	Player: 2, Players: 3, Names: []string{"ann", "bob", "caf\xe9"},
}

// unhex reads hex digits with blanks between.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	require.NoError(t, err)
	return b
}

// pad is a header field: the bytes, then zeros.
func pad(text string, size int) []byte {
	return append([]byte(text), make([]byte, size-len(text))...)
}

func record(t testing.TB, h Header, write func(*Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, h)
	require.NoError(t, err)
	write(w)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// readAll returns the records of a file and the error that ended it (nil for io.EOF).
func readAll(file []byte) (h Header, records []Record, ended bool, err error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return h, nil, false, err
	}
	for {
		rec, err := r.Next()
		if err != nil {
			if again, err2 := r.Next(); err2 != err || again.Kind != 0 {
				panic("an error does not stay")
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return r.Header(), records, r.Ended(), err
		}
		if rec.Kind == Frame {
			rec.Values = append([]byte{}, rec.Values...)
		}
		records = append(records, rec)
	}
}
