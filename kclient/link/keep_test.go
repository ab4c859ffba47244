package link

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// A receiver may look what comes next, and leave it for later: nothing is lost or out of order, although the datagram
// that brought it is gone by then.
func TestWhatIsKeptComesLater(t *testing.T) {
	const seed, messages = 31, 4000
	rng := rand.New(rand.NewPCG(seed, 0))
	l := New(Config{Server: true}, epoch)
	next := 0 // the seq that is to come
	for newest, rounds := 0, 0; next < messages; rounds++ {
		require.Less(t, rounds, 10*messages, "seed %d: message %d never comes", seed, next)
		newest = min(newest+rng.IntN(3), messages)
		var seqs []uint16
		for seq := newest - 1; seq >= max(newest-8, 0); seq-- {
			seqs = append(seqs, uint16(seq))
		}
		if rng.IntN(4) == 0 {
			rng.Shuffle(len(seqs), func(i, j int) { seqs[i], seqs[j] = seqs[j], seqs[i] })
		}
		datagram := bundle(seqs...)
		require.NoError(t, l.Receive(epoch, datagram))
		for range rng.IntN(4) {
			typ, ok := l.NextType()
			m, there := l.NextMessage()
			require.Equal(t, there, ok, "seed %d", seed)
			if !there {
				break
			}
			require.Equal(t, wire.TypeGameChat, typ)
			require.Equal(t, m.Type, typ)
			require.Equal(t, uint16(next), m.Seq, "seed %d", seed)
			require.Equal(t, []byte{byte(m.Seq), byte(m.Seq >> 8)}, m.Body, "seed %d", seed)
			next++
		}
		if rng.IntN(2) == 0 {
			l.NextType()
		}
		l.Keep()
		clear(datagram)
	}
}
