package krec

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// n02Player plays a file by the rules of n02's playback (its public source, player.cpp):
// nothing is loaded once ten bytes or fewer are left, a frame's length is taken without its sign, and a
// string goes into a buffer with a NUL one place behind what was counted. It is a
// model of a deployed program, faults included; where that reads memory it never wrote, it fails.
type n02Player struct {
	t    *testing.T
	file []byte
	at   int
}

func (p *n02Player) load(n int) []byte {
	require.Greater(p.t, len(p.file)-p.at, 10, "n02 would use a variable it has not loaded")
	b := p.file[p.at : p.at+n]
	p.at += n
	return b
}

func (p *n02Player) loadString(room int) string {
	n := bytes.IndexByte(p.file[p.at:], 0) + 1
	require.Less(p.t, n, room, "n02 would write behind its buffer")
	return string(p.load(n)[:n-1])
}

func (p *n02Player) play() (records []Record) {
	for len(p.file)-p.at > 10 {
		rec := Record{Kind: Kind(p.load(1)[0])}
		switch rec.Kind {
		case Frame:
			n := binary.LittleEndian.Uint16(p.load(2))
			require.Less(p.t, n, uint16(1<<15), "n02 would hand out 65,535 bytes")
			rec.Values = []byte{}
			if n > 0 {
				rec.Values = p.load(int(n))
			}
		case Chat:
			rec.Nick, rec.Text = p.loadString(100), p.loadString(500)
		case Drop:
			rec.Nick = p.loadString(100)
			rec.Player = int(binary.LittleEndian.Uint32(p.load(4)))
		default:
			p.t.Fatalf("unknown record 0x%02x", rec.Kind)
		}
		records = append(records, rec)
	}
	return records
}

// n02 plays every frame of our recordings to the last one, whatever its size.
func TestN02PlaysWhatWeWrite(t *testing.T) {
	for size := range 30 {
		var want []Record
		file := record(t, header, func(w *Writer) {
			long := string(bytes.Repeat([]byte("x"), 600))
			for i := range 3 {
				values := bytes.Repeat([]byte{byte(i)}, size)
				require.NoError(t, w.Chat(long, long))
				require.NoError(t, w.Drop("bob", i+1))
				require.NoError(t, w.Frame(values))
				want = append(want, Record{Kind: Chat, Nick: long[:MaxNick], Text: long[:MaxText]},
					Record{Kind: Drop, Nick: "bob", Player: i + 1}, Record{Kind: Frame, Values: values})
			}
		})
		p := n02Player{t: t, file: file, at: sizeKRC1}
		require.Equal(t, want, p.play(), "frames of %d bytes", size)
	}
}
