package link_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// Row 44: while the line was dead sixty messages came, and new ones go on coming, as lines of chat do in a flood. What
// the client lacks reaches it all the same, and within the three seconds after which it would give them up.
func TestABacklogIsClimbedWhileNewMessagesCome(t *testing.T) {
	for _, phase := range []link.Phase{link.Lobby, link.Netsync, link.Play} {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			const oneWay = 20 * time.Millisecond
			now := time.Unix(1000, 0)
			server, client := link.New(link.Config{Server: true}, now), link.New(link.Config{}, now)
			if phase != link.Lobby {
				server.SetPhase(now, link.Netsync)
			}
			if phase == link.Play {
				server.SetPhase(now, link.Play)
			}
			type flight struct {
				at    time.Time
				bytes []byte
			}
			var way []flight
			flush := func(lost bool) {
				for {
					d := server.NextDatagram(now, nil)
					if len(d) == 0 {
						return
					}
					if !lost {
						way = append(way, flight{now.Add(oneWay), d})
					}
				}
			}
			line := wire.Chat{User: "flood", Text: "a line of chat"}.AppendTo(nil)
			for range 60 {
				server.Send(now, wire.TypeGameChat, line)
				flush(true)
				now = now.Add(12 * time.Millisecond)
			}
			mended, sent, got := now, 60, 0
			for tick := 0; now.Sub(mended) < 3*time.Second; tick++ {
				if tick%12 == 0 {
					server.Send(now, wire.TypeGameChat, line)
					sent++
				}
				flush(false)
				for len(way) > 0 && !way[0].at.After(now) {
					require.NoError(t, client.Receive(now, way[0].bytes))
					way = way[1:]
					for m, ok := client.NextMessage(); ok; m, ok = client.NextMessage() {
						got++
						server.Prove(now, m.Seq) // sooner than the client's answers would
					}
				}
				if got > 60 && sent-got < 5 {
					t.Logf("all there %v after the line was mended", now.Sub(mended))
					return
				}
				now = now.Add(time.Millisecond)
			}
			t.Fatalf("after 3 s the client has %d of %d messages", got, sent)
		})
	}
}

// Row 44: a backlog was half climbed when the client moved. What was sent to its old address is lost, so it is climbed
// from its start again, not from where it was.
func TestABacklogIsClimbedAnewAtAnotherAddress(t *testing.T) {
	now := time.Unix(1000, 0)
	server, client := link.New(link.Config{Server: true}, now), link.New(link.Config{}, now)
	line := wire.Chat{User: "flood", Text: strings.Repeat("y", 240)}.AppendTo(nil)
	send := func(to *link.Link) (got int) {
		for d := server.NextDatagram(now, nil); len(d) > 0; d = server.NextDatagram(now, nil) {
			if to == nil {
				continue
			}
			require.NoError(t, to.Receive(now, d))
			for _, ok := to.NextMessage(); ok; _, ok = to.NextMessage() {
				got++
			}
		}
		return got
	}
	for range 60 {
		server.Send(now, wire.TypeGameChat, line)
		send(nil)
	}
	for until := now.Add(time.Second); now.Before(until); now = now.Add(10 * time.Millisecond) {
		send(nil) // the first steps
	}
	server.Moved(now)
	for range 100 {
		if send(client) > 0 {
			return
		}
		now = now.Add(10 * time.Millisecond)
	}
	t.Fatal("a second after the move the oldest message has not been sent")
}
