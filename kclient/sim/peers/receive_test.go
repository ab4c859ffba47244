package peers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

func bundle(seqs ...uint16) []byte {
	b := wire.AppendBundleHeader(nil, len(seqs))
	for _, seq := range seqs {
		b = wire.AppendMessage(b, seq, wire.TypeGameChat, []byte{byte(seq), byte(seq >> 8)})
	}
	return b
}

// from is a whole bundle that ends with newest.
func from(newest uint16, count int) []byte {
	seqs := make([]uint16, count)
	for i := range seqs {
		seqs[i] = newest - uint16(i)
	}
	return bundle(seqs...)
}

func drain(t *testing.T, in *clientInbox) (n int, err error) {
	for {
		m, err := in.take()
		if m == nil {
			return n, err
		}
		n++
	}
}

func TestN02Receives(t *testing.T) {
	in := n02Rules.end.in
	require.NoError(t, in.receive(from(0, 1)))
	require.NoError(t, in.receive(from(0, 1)), "a repeat")
	n, err := drain(t, &in)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	require.NoError(t, in.receive(from(10, 10)))
	require.Equal(t, 1, in.ignored, "ten ahead")
	require.NoError(t, in.receive(from(9, 9)))
	n, _ = drain(t, &in)
	require.Equal(t, 9, n, "nine ahead")
	require.NoError(t, in.receive(from(5, 3)), "older ones")
	n, _ = drain(t, &in)
	require.Zero(t, n)

	require.NoError(t, in.receive(from(12, 2)), "10 is missing")
	require.NoError(t, in.receive(from(12, 3)), "it will not take it later")
	n, err = drain(t, &in)
	require.Zero(t, n)
	require.ErrorIs(t, err, ErrHole)
}

func TestN02Holds16(t *testing.T) {
	in := n02Rules.end.in
	require.NoError(t, in.receive(from(8, 9)))
	require.NoError(t, in.receive(from(15, 9)))
	require.ErrorIs(t, in.receive(from(16, 9)), ErrOverrun)
}

func TestSupraClientReceives(t *testing.T) {
	in := supraRules.end.in
	require.NoError(t, in.receive(from(14, 15)))
	n, err := drain(t, &in)
	require.NoError(t, err)
	require.Equal(t, 15, n)
	require.ErrorIs(t, in.receive(from(30, 15)), ErrOverrun, "sixteen ahead")
	require.NoError(t, in.receive(from(29, 15)))
	require.ErrorIs(t, in.receive(from(30, 16)), ErrProtocol, "sixteen in a datagram")
}

func TestClientsWrap(t *testing.T) {
	for _, rules := range []clientRules{n02Rules, supraRules} {
		in := rules.end.in
		in.last = 65533
		require.NoError(t, in.receive(from(1, 6)))
		n, err := drain(t, &in)
		require.NoError(t, err)
		require.Equal(t, 4, n)
	}
}

func TestEmuLinkerReceives(t *testing.T) {
	in := &emulinkerInbox{}
	take := func(d []byte) (fresh []Message, holes int) {
		fresh, err := in.receive(d)
		require.NoError(t, err)
		for _, m := range fresh {
			if m.Missing > 0 {
				holes++
			}
		}
		return fresh, holes
	}
	fresh, holes := take(from(2, 3))
	require.Len(t, fresh, 3)
	require.Zero(t, holes)
	require.Equal(t, []byte{0, 0}, fresh[0].Body, "oldest first")
	fresh, _ = take(from(2, 3))
	require.Empty(t, fresh)
	fresh, _ = take(from(6, 2))
	require.Len(t, fresh, 2)
	require.Equal(t, 2, fresh[0].Missing, "3 and 4 are missing before 5")
	require.Zero(t, fresh[1].Missing, "6 follows 5")
	fresh, _ = take(from(5, 4))
	require.Empty(t, fresh, "too late")
	in.last = 65535
	fresh, holes = take(from(0, 3))
	require.Len(t, fresh, 1)
	require.Zero(t, holes)
	_, err := in.receive(append([]byte{33}, from(40, 32)[1:]...))
	require.ErrorIs(t, err, ErrProtocol)
	in = &emulinkerInbox{}
	fresh, holes = take(from(1, 1))
	require.Len(t, fresh, 1, "the first number may be 1")
	require.Zero(t, holes)
}

func TestDireleraReceives(t *testing.T) {
	in := &direleraInbox{}
	take := func(d []byte) int {
		fresh, err := in.receive(d)
		require.NoError(t, err)
		return len(fresh)
	}
	require.Equal(t, 1, take(from(0, 1)))
	require.Equal(t, 1, take(from(3, 4)), "1, and no more of them")
	require.Equal(t, 1, take(from(3, 4)), "2, from one extra copy")
	require.Equal(t, 1, take(from(3, 4)))
	require.Equal(t, 0, take(from(3, 4)))
	require.Equal(t, 0, take(from(9, 3)), "not the expected one")
	require.Equal(t, 1, take(from(0, 1)), "seq 0 alone resets its count")
	require.Equal(t, 1, take(from(3, 4)))
	in.expected = 65535
	require.Equal(t, 1, take(from(65535, 3)))
	require.Equal(t, 1, take(from(0, 3)))
}

func TestOutbox(t *testing.T) {
	o := Outbox{Usual: 3, Keeps: 5}
	for i := range 7 {
		m, err := wire.ParseBundle(o.Add(wire.TypeGameChat, []byte{byte(i)}), nil)
		require.NoError(t, err)
		require.Len(t, m, min(i+1, 3))
		require.EqualValues(t, i, m[0].Seq)
	}
	m, err := wire.ParseBundle(o.Last(9), nil)
	require.NoError(t, err)
	require.Len(t, m, 5)
	require.EqualValues(t, 2, m[4].Seq)
}
