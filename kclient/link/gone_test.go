package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// fromClient is a datagram of the client's messages newest to newest-n+1.
func fromClient(newest, n uint16) []byte {
	d := wire.AppendBundleHeader(nil, int(n))
	for i := range n {
		d = wire.AppendMessage(d, newest-i, wire.TypeGameData, []byte{byte(newest - i)})
	}
	return d
}

// The peer's first message has the number that it was made with.
func TestThePeersFirstNumber(t *testing.T) {
	now := time.Now()
	l := New(Config{Server: true, First: 1}, now)
	require.NoError(t, l.Receive(now, fromClient(1, 1)))
	m, ok := l.NextMessage()
	require.True(t, ok)
	require.Equal(t, uint16(1), m.Seq)
	require.NoError(t, l.Receive(now, fromClient(2, 2)))
	m, ok = l.NextMessage()
	require.True(t, ok)
	require.Equal(t, uint16(2), m.Seq)
	_, ok = l.NextMessage()
	require.False(t, ok)
	_, hole := l.Hole()
	require.False(t, hole)
}

// A missing message is gone when it is further back than a client ever repeats, or when the client repeats itself, as
// only one does that waits, without it; a copy that the network has made of the news shows nothing.
func TestAMissingMessageIsGone(t *testing.T) {
	type datagram struct {
		newest, n uint16
		after     time.Duration
	}
	for name, tc := range map[string]struct {
		datagrams []datagram
		gone      bool
	}{
		"one is missing":                 {[]datagram{{4, 3, 0}}, false},
		"five on":                        {[]datagram{{4, 3, 0}, {5, 3, 16}}, false},
		"six on":                         {[]datagram{{4, 3, 0}, {5, 3, 16}, {6, 3, 16}}, true},
		"six on, of one who repeats six": {[]datagram{{6, 6, 0}, {12, 5, 0}}, false},
		"copies of the news":             {[]datagram{{4, 3, 0}, {4, 3, 0}, {4, 3, 20}}, false},
		"it repeats itself later":        {[]datagram{{4, 3, 0}, {4, 3, 1000}}, true},
		"what it repeats begins with the missing":   {[]datagram{{4, 3, 0}, {4, 4, 1000}}, false},
		"it is missing no longer, the next one is":  {[]datagram{{3, 2, 0}, {8, 3, 0}, {1, 1, 0}}, false},
		"what came from before the hole is no sign": {[]datagram{{4, 3, 0}, {0, 1, 1000}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			l := New(Config{Server: true}, now)
			l.SetPhase(now, Play)
			require.NoError(t, l.Receive(now, fromClient(0, 1)))
			for _, d := range tc.datagrams {
				for ok := true; ok; {
					_, ok = l.NextMessage()
				}
				now = now.Add(d.after * time.Millisecond)
				require.NoError(t, l.Receive(now, fromClient(d.newest, d.n)))
			}
			for ok := true; ok; {
				_, ok = l.NextMessage()
			}
			require.Equal(t, tc.gone, l.Gone())
			l.Skip()
			require.False(t, l.Gone())
		})
	}
}
