package peers

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/framecache"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// A model of a client, fed with what the real one was sent, and whose user does what the real one's did, says what the
// real one said.
func TestClientsSayWhatTheRealOnesSaid(t *testing.T) {
	for _, name := range []string{
		"n02-on-kbridge-unequal-11", "n02-on-kbridge-types-13", "n02-on-kbridge-lossy-11",
		"supra-on-kbridge-unequal-11", "supra-on-kbridge-types-13", "supra-on-kbridge-lossy-11",
	} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			c := &comparer{toServer: true}
			for client := range r.Clients() {
				var real []said
				for _, l := range r.Lines {
					if l.Client == client && l.ToServer && !isText(l.Datagram) {
						real = append(real, c.say(t, l.At, l.Datagram))
					}
				}
				newReal, oldReal := fresh(real)
				newModel, oldModel := fresh(r.perform(t, client, real))
				requireSame(t, r.Server+" p"+string(rune('1'+client)), newReal, newModel)
				// Whether one goes out just before a frame comes, or not, is a matter of tenths of a millisecond on the
				// real machine: of what is said again only the shape is compared, and roughly how much there is.
				require.InDelta(t, len(oldReal), len(oldModel), 3, "p%d: datagrams said again", client+1)
				requireLastOnes(t, newReal, oldReal)
				requireLastOnes(t, newModel, oldModel)
			}
		})
	}
}

// requireLastOnes: what is said again are the last five messages.
func requireLastOnes(t *testing.T, fresh, repeats []said) {
	t.Helper()
	var all []saidMessage
	for _, s := range fresh {
		all = append(all, s.messages[0]) // a client sends each at once
	}
	for _, s := range repeats {
		last := slices.IndexFunc(all, func(m saidMessage) bool { return m.seq == s.messages[0].seq })
		want := slices.Clone(all[max(0, last-4) : last+1])
		slices.Reverse(want)
		require.Equal(t, want, s.messages, "at %v", s.at)
	}
}

// perform lets a model play the part of a recorded client.
func (r recording) perform(t *testing.T, client int, real []said) (all []said) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		conn, err := network.Listen(recordedServer)
		require.NoError(t, err)
		begun := time.Now()
		until := func(at time.Duration) { time.Sleep(at - time.Since(begun)) }

		// The server's part: what the real one sent, to where the client speaks from.
		var mu sync.Mutex
		var hello, session netip.AddrPort
		var parts sync.WaitGroup
		compare := &comparer{toServer: true}
		parts.Go(func() {
			buf := make([]byte, 64<<10)
			for {
				n, from, err := conn.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				mu.Lock()
				if isText(buf[:n]) {
					hello = from
				} else {
					session = from
					all = append(all, compare.say(t, time.Since(begun), buf[:n]))
				}
				mu.Unlock()
			}
		})
		first := true
		var started time.Duration
		for _, l := range r.Lines {
			if l.Client != client || l.Lost {
				continue
			}
			if l.ToServer {
				if first {
					started, first = l.At, false
				}
				continue
			}
			parts.Go(func() {
				until(l.At + r.Delay(client))
				mu.Lock()
				to := session
				datagram := l.Datagram
				if isText(datagram) {
					to, datagram = hello, wire.AppendHelloReply(nil, recordedServer.Port())
				}
				mu.Unlock()
				if to.IsValid() {
					conn.WriteToUDPAddrPort(datagram, to)
				}
			})
		}

		// The user comes after what the emulator does in the same moment.
		late := func(at time.Duration) {
			until(at)
			synctest.Wait()
		}
		p := &performer{t: t, until: until, late: late, cache: framecache.New(framecache.Window)}
		until(started)
		p.dial(r, network, real)
		defer p.client.Close()
		next := uint16(0)
		for _, s := range real {
			for _, m := range slices.Backward(s.messages) {
				if m.seq-next < 0x8000 {
					next = m.seq + 1
					p.act(s.at, m)
				}
			}
		}
		p.games.Wait()
		time.Sleep(time.Second)
		p.client.Close()
		conn.Close()
		parts.Wait()
		require.NoError(t, p.client.fault)
	})
	return all
}

// performer is the user of a recorded client, and the emulator.
type performer struct {
	t      *testing.T
	until  func(time.Duration)
	late   func(time.Duration)
	client *Client
	cache  *framecache.Cache // of what was sent
	frames chan play         // of the game that is played
	games  sync.WaitGroup
}

// play is one batch of inputs.
type play struct {
	at     time.Duration
	inputs []byte
}

func (p *performer) dial(r recording, network *network.Network, real []said) {
	login, err := wire.ParseLoginRequest(unhex(p.t, real[0].messages[0].what))
	require.NoError(p.t, err)
	rules := n02Rules
	if strings.HasPrefix(r.Server, "supra") {
		rules = supraRules
	}
	p.client, err = dial(network, recordedServer, Options{User: login.User, Emulator: login.Emulator,
		Connection: login.Connection}, rules)
	require.NoError(p.t, err)
}

// act does what the user or the emulator did when the real client sent a message; what it sends of itself is the
// model's affair.
func (p *performer) act(at time.Duration, m saidMessage) {
	body := unhex(p.t, m.what)
	c := p.client
	switch m.typ {
	case wire.TypeLogin, wire.TypeClientAck, wire.TypeKeepAlive:
	case wire.TypeReady:
		p.until(at)
		p.cache.Reset()
		frames := make(chan play, 10_000)
		p.frames = frames
		p.games.Go(func() { p.emulator(frames) })
	case wire.TypeGameData:
		payload, err := wire.ParseGameData(body)
		require.NoError(p.t, err)
		p.cache.Add(payload)
		p.frames <- play{at, payload}
	case wire.TypeGameCache:
		pos, err := wire.ParseGameCache(body)
		require.NoError(p.t, err)
		payload, ok := p.cache.At(pos)
		require.True(p.t, ok)
		p.frames <- play{at, slices.Clone(payload)}
	case wire.TypeDropGame:
		p.late(at)
		close(p.frames)
		c.Drop()
	default:
		p.late(at)
		c.mu.Lock()
		switch m.typ {
		case wire.TypeCreateGame, wire.TypeJoinGame:
			c.asked = m.typ
		}
		c.send(m.typ, body)
		c.mu.Unlock()
		if m.typ == wire.TypeUserQuit {
			c.Close()
		}
	}
}

// emulator plays one game: its first call is the netsync, then each batch is complete when the real one's was.
func (p *performer) emulator(frames <-chan play) {
	c := p.client
	if c.netsync() != nil {
		return
	}
	connection := c.opts.Connection.Frames()
	for batch := range frames {
		p.until(batch.at)
		size := len(batch.inputs) / connection
		values := make([]byte, size*c.Players())
		for input := range slices.Chunk(batch.inputs, size) {
			copy(values, input)
			if _, err := c.Exchange(values, size); err != nil {
				return
			}
		}
	}
}
