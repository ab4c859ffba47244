package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/text"
	"kbridge/kclient/wire/internal/codectest"
)

func fuzzBodies(f *testing.F, types ...Type) {
	codectest.Fuzz(f, codecs, MaxBody, ErrConnection, types...)
}

func FuzzLogin(f *testing.F) {
	fuzzBodies(f, TypeLogin, TypeLoginRefused, TypeUserJoined)
}

func FuzzQuit(f *testing.F) { fuzzBodies(f, TypeUserQuit) }

func FuzzAck(f *testing.F) { fuzzBodies(f, TypeServerAck, TypeClientAck, TypeKeepAlive) }

func FuzzChat(f *testing.F) { fuzzBodies(f, TypeGlobalChat, TypeGameChat, TypeServerMessage) }

func FuzzStatus(f *testing.F) {
	// More users than there are, though there are bytes enough for them; players that are no numbers.
	f.Add(codectest.Body{"", uint32(2), uint32(0), "a name as long as two", uint32(10), uint8(1), uint16(11),
		uint8(1)}.Bytes())
	f.Add(codectest.Body{"", uint32(0), uint32(1), "Maze", uint32(5), "test", "dora", "one/all", uint8(0)}.Bytes())
	fuzzBodies(f, TypeServerStatus)
}

func FuzzGame(f *testing.F) { fuzzBodies(f, TypeCreateGame, TypeGameStatus, TypeCloseGame) }

func FuzzRoom(f *testing.F) {
	fuzzBodies(f, TypeJoinGame, TypeQuitGame, TypeKick, TypePlayerList)
}

func FuzzPlay(f *testing.F) { fuzzBodies(f, TypeStartGame, TypeReady, TypeDropGame) }

func FuzzGameData(f *testing.F) { fuzzBodies(f, TypeGameData, TypeGameCache) }

func FuzzBundle(f *testing.F) {
	f.Add(unhex(f, capture))
	f.Add(unhex(f, printedCapture))
	f.Add(benchBundle())
	b := AppendBundleHeader(nil, MaxBundle)
	for i := range MaxBundle {
		c := codecs[i%len(codecs)]
		b = AppendMessage(b, uint16(MaxBundle-i), Type(c.Type), c.Body.Bytes())
	}
	f.Add(b)
	f.Add([]byte{0})
	f.Add([]byte("HELLO0.83\x00"))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0, 7})
	f.Add([]byte{2, 1, 0, 2, 0, 21, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ParseBundle(in[:len(in):len(in)], nil)
		// A client also takes what EmuLinkerSF's datagrams hold of what they count: at least
		// one whole message, fewer than counted, and byte for byte what stands there.
		client, clientErr := ParseServerBundle(in[:len(in):len(in)], nil)
		if err == nil || clientErr != nil {
			require.Equal(t, err, clientErr)
			require.Equal(t, got, client)
		}
		if clientErr != nil {
			require.Empty(t, client)
			return
		}
		counted := int(in[0])
		if err != nil {
			require.Equal(t, ErrShort, err)
			require.Empty(t, got)
			require.Less(t, len(client), counted)
			got = client
		}
		if len(got) < 1 || len(got) > MaxBundle || err == nil && len(got) != counted {
			t.Fatalf("%d messages", len(got))
		}
		out := AppendBundleHeader(nil, counted)
		for _, m := range got {
			out = AppendMessage(out, m.Seq, m.Type, m.Body)
		}
		// Nothing is left out but what stands behind the last message.
		require.True(t, bytes.HasPrefix(in, out), "%x became %x", in, out)
		for _, m := range got {
			for _, c := range codecs {
				if Type(c.Type) == m.Type {
					_, _ = c.Parse(m.Body)
				}
			}
		}
	})
}

func FuzzHandshake(f *testing.F) {
	for _, b := range [][]byte{AppendHello(nil), AppendHelloReply(nil, 27888), AppendServerFull(nil),
		AppendVersionRefused(nil), AppendPing(nil), AppendPong(nil), []byte("HELLOD00D99999\x00"),
		[]byte("HELLOD00D27888")} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if version, ok := ParseHello(in); ok {
			require.True(t, bytes.HasPrefix(in, []byte("HELLO"+version+"\x00")), "%q", in)
			require.Equal(t, text.Sanitise(version), version)
		}
		if port, err := ParseHelloReply(in); err == nil {
			again, err := ParseHelloReply(AppendHelloReply(nil, port))
			require.NoError(t, err)
			require.Equal(t, port, again)
			require.True(t, port != 0)
		}
		if IsPing(in) {
			require.True(t, len(AppendPong(nil)) <= len(in), "the answer is larger than the question")
		}
		kinds := 0
		_, hello := ParseHello(in)
		_, err := ParseHelloReply(in)
		_, bundle := ParseBundle(in, nil)
		for _, is := range []bool{hello, err != ErrHandshake, IsPing(in), IsPong(in), bundle == nil} {
			if is {
				kinds++
			}
		}
		require.True(t, kinds <= 1, "%q is more than one thing", in)
	})
}
