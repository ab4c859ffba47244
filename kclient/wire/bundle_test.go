package wire

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "|", "", "\n", "", "\t", "").Replace(s))
	require.NoError(t, err)
	return b
}

// The worked capture of the protocol notes: a client joined a room, said
// "......" and left again, newest first. The notes print its last message with
// one 00 too few (they give its length as 14, which is what a join request
// has, over 13 bytes); capture has that byte back.
const (
	printedCapture = `03 | 07 00 04 00 0b 00 ff ff | 06 00 09 00 08 00 2e 2e 2e 2e 2e 2e 00 |
		05 00 0e 00 0c 00 00 00 00 00 00 00 00 00 ff ff 02`
	capture = `03 | 07 00 04 00 0b 00 ff ff | 06 00 09 00 08 00 2e 2e 2e 2e 2e 2e 00 |
		05 00 0e 00 0c 00 00 00 00 00 00 00 00 00 00 ff ff 02`
)

func TestBundleCapture(t *testing.T) {
	datagram := unhex(t, capture)
	messages, err := ParseBundle(datagram, nil)
	require.NoError(t, err)
	require.Equal(t, []Message{
		{Seq: 7, Type: TypeQuitGame, Body: unhex(t, "00 ff ff")},
		{Seq: 6, Type: TypeGameChat, Body: unhex(t, "00 2e 2e 2e 2e 2e 2e 00")},
		{Seq: 5, Type: TypeJoinGame, Body: unhex(t, "00 00 00 00 00 00 00 00 00 00 ff ff 02")},
	}, messages)

	leave, err := ParseLeaveRequest(messages[0].Body)
	require.NoError(t, err)
	chat, err := ParseChatRequest(messages[1].Body)
	require.NoError(t, err)
	require.Equal(t, ChatRequest{"......"}, chat)
	join, err := ParseJoinRequest(messages[2].Body)
	require.NoError(t, err)
	require.Equal(t, JoinRequest{GameID: 0, Connection: Excellent}, join)

	b := AppendBundleHeader(nil, 3)
	b = AppendMessage(b, 7, TypeQuitGame, leave.AppendTo(nil))
	b = AppendMessage(b, 6, TypeGameChat, chat.AppendTo(nil))
	b = AppendMessage(b, 5, TypeJoinGame, join.AppendTo(nil))
	require.Equal(t, datagram, b, "encoding what was decoded gives the capture's bytes")

	// As printed, the last message runs past the end: the datagram is refused.
	got, err := ParseBundle(unhex(t, printedCapture), nil)
	require.ErrorIs(t, err, ErrShort)
	require.Empty(t, got)
}

func TestBundleEveryPrefixIsRefused(t *testing.T) {
	datagram := unhex(t, capture)
	kept := Message{Seq: 1, Type: TypeReady, Body: []byte{0}}
	for n := range datagram {
		dst := append(make([]Message, 0, MaxBundle), kept)
		got, err := ParseBundle(datagram[:n:n], dst)
		require.ErrorIs(t, err, ErrShort, "%d bytes", n)
		require.Equal(t, []Message{kept}, got, "%d bytes: a datagram is taken whole or not at all", n)
	}
}

func TestMalformedBundlesAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name, datagram string
		want           error
	}{
		{"empty", "", ErrShort},
		{"count 0", "00", ErrBundleCount},
		{"count 0 before a message", "00 00 00 01 00 07", ErrBundleCount},
		{"count 33", "21" + strings.Repeat(" 00 00 01 00 07", 33), ErrBundleCount},
		{"count 255", "ff" + strings.Repeat(" 00 00 01 00 07", 255), ErrBundleCount},
		{"length 0", "01 00 00 00 00 07", ErrLength},
		{"length 0 at the end", "01 00 00 00 00", ErrLength},
		{"length 0 behind a good one", "02 01 00 02 00 15 00 00 00 00 00 15 00", ErrLength},
		{"length one too long", "01 00 00 03 00 15 00", ErrShort},
		{"length FFFF", "01 00 00 ff ff 12 00", ErrShort},
		{"count one too many", "02 00 00 02 00 15 00", ErrShort},
		{"a word that made a server fall over", hex.EncodeToString([]byte("Kthxbai")), ErrBundleCount},
		{"handshake text", hex.EncodeToString([]byte("HELLO0.83\x00")), ErrBundleCount},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParseBundle(unhex(t, tc.datagram), nil)
			require.ErrorIs(t, err, tc.want)
			require.Empty(t, got)
		})
	}
}

func TestBundleAcceptsWhatDeployedPeersSend(t *testing.T) {
	t.Run("bytes after the last message", func(t *testing.T) {
		got, err := ParseBundle(unhex(t, "01 00 00 02 00 15 00 | de ad"), nil)
		require.NoError(t, err)
		require.Len(t, got, 1)
	})
	t.Run("a type without body", func(t *testing.T) {
		got, err := ParseBundle(unhex(t, "01 00 00 01 00 15"), nil)
		require.NoError(t, err)
		require.Empty(t, got[0].Body)
	})
	t.Run("a type nobody knows", func(t *testing.T) {
		got, err := ParseBundle(unhex(t, "01 00 00 02 00 18 00"), nil)
		require.NoError(t, err)
		require.Equal(t, Type(0x18), got[0].Type)
	})
	t.Run("32 messages", func(t *testing.T) {
		b := AppendBundleHeader(nil, MaxBundle)
		for range MaxBundle {
			b = AppendMessage(b, 0, TypeReady, []byte{0})
		}
		got, err := ParseBundle(b, nil)
		require.NoError(t, err)
		require.Len(t, got, MaxBundle)
	})
}

// EmuLinkerSF leaves out what does not fit its buffer of 2,048 bytes, but still counts it. A client takes the complete
// messages of such a datagram, which are the newest ones: never a half one, and never beyond the end. A server does
// not: no client is known to miscount, so what is cut off there is malformed (hostile row 13).
func TestAClientTakesTheCompleteMessagesOfADatagram(t *testing.T) {
	kept := Message{Seq: 1, Type: TypeReady, Body: []byte{0}}
	take := func(datagram []byte) ([]Message, error) {
		return ParseServerBundle(datagram[:len(datagram):len(datagram)], append(make([]Message, 0, MaxBundle), kept))
	}
	t.Run("count 9, eight there", func(t *testing.T) {
		b := AppendBundleHeader(nil, 9)
		var want []Message
		for i := range 8 {
			m := Message{Seq: uint16(40 - i), Type: TypeGameChat, Body: []byte("ann\x00" + strings.Repeat("x", 240) +
				"\x00")}
			b = AppendMessage(b, m.Seq, m.Type, m.Body)
			want = append(want, m)
		}
		got, err := take(b)
		require.NoError(t, err)
		require.Equal(t, append([]Message{kept}, want...), got)
		_, err = ParseBundle(b, nil)
		require.ErrorIs(t, err, ErrShort, "a server refuses it")
	})
	t.Run("every prefix of the capture", func(t *testing.T) {
		datagram := unhex(t, capture)
		whole, err := ParseBundle(datagram, nil)
		require.NoError(t, err)
		ends := []int{0, 8, 8 + 13, 8 + 13 + 18} // after the count, in bytes
		for n := range datagram {
			complete := 0
			for complete < 3 && n-1 >= ends[complete+1] {
				complete++
			}
			got, err := take(datagram[:n])
			if complete == 0 {
				require.ErrorIs(t, err, ErrShort, "%d bytes: nothing complete is malformed", n)
				require.Equal(t, []Message{kept}, got)
				continue
			}
			require.NoError(t, err, "%d bytes", n)
			require.Equal(t, append([]Message{kept}, whole[:complete]...), got, "%d bytes", n)
		}
	})
	t.Run("bytes after the last counted one", func(t *testing.T) {
		got, err := take(unhex(t, "01 01 00 02 00 15 00 | 00 00 02 00 15 00"))
		require.NoError(t, err)
		require.Len(t, got, 2, "the one that is counted, and what was there")
	})
	// What is no shortage is refused whole, as ever.
	for name, tc := range map[string]struct {
		datagram string
		want     error
	}{
		"empty":                      {"", ErrShort},
		"count 0":                    {"00 00 00 01 00 07", ErrBundleCount},
		"count 33":                   {"21" + strings.Repeat(" 00 00 01 00 07", 33), ErrBundleCount},
		"count and nothing":          {"09", ErrShort},
		"length FFFF":                {"01 00 00 ff ff 12 00", ErrShort},
		"length 0 behind a good one": {"02 01 00 02 00 15 00 00 00 00 00 15 00", ErrLength},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := take(unhex(t, tc.datagram))
			require.ErrorIs(t, err, tc.want)
			require.Equal(t, []Message{kept}, got)
		})
	}
}

// A body ends where its length says: neither reading on nor appending reaches
// the message behind it.
func TestBundleBodiesStayApart(t *testing.T) {
	b := AppendBundleHeader(nil, 2)
	b = AppendMessage(b, 1, TypeGameData, unhex(t, "00 ff ff"))
	b = AppendMessage(b, 0, TypeGameChat, unhex(t, "00 41 41 41 00"))
	got, err := ParseBundle(b, nil)
	require.NoError(t, err)
	_, err = ParseGameData(got[0].Body)
	require.ErrorIs(t, err, ErrShort)
	_ = append(got[0].Body, "XXXXXXXX"...)
	require.Equal(t, unhex(t, "00 41 41 41 00"), got[1].Body)
}

func TestBundleRoundTrip(t *testing.T) {
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, seed))
	for round := range 500 {
		want := make([]Message, 1+rng.IntN(MaxBundle))
		for i := range want {
			size := rng.IntN(300)
			if rng.IntN(50) == 0 {
				size = MaxBody
			}
			want[i] = Message{Seq: uint16(rng.Uint32()), Type: Type(rng.Uint32()), Body: make([]byte, size)}
			for k := range want[i].Body {
				want[i].Body[k] = byte(rng.Uint32())
			}
		}
		b := AppendBundleHeader(nil, len(want))
		size := BundleHeaderSize
		for _, m := range want {
			b = AppendMessage(b, m.Seq, m.Type, m.Body)
			size += MessageHeaderSize + len(m.Body)
		}
		require.Len(t, b, size, "the header sizes are what a sender may count on")
		got, err := ParseBundle(b, nil)
		require.NoError(t, err, "seed %d round %d", seed, round)
		require.Equal(t, want, got, "seed %d round %d", seed, round)
	}
}

func TestBundleWriterRefusesWhatCannotBeSaid(t *testing.T) {
	require.Panics(t, func() { AppendBundleHeader(nil, MaxBundle+1) })
	require.Panics(t, func() { AppendBundleHeader(nil, -1) })
	require.NotPanics(t, func() { AppendMessage(nil, 0, TypeGameData, make([]byte, MaxBody)) })
	require.Panics(t, func() { AppendMessage(nil, 0, TypeGameData, make([]byte, MaxBody+1)) })
	require.Len(t, AppendGameData(nil, make([]byte, MaxGameData)), MaxBody)
	require.Panics(t, func() { AppendGameData(nil, make([]byte, MaxGameData+1)) })
	// A count that is written last.
	require.Equal(t, []byte{0}, AppendBundleHeader(nil, 0))
}
