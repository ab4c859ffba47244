package lobby

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"kbridge/bridge/lobby/message"
	"kbridge/kclient/guard"
)

const (
	maxFromPage  = 64 << 10 // bytes of one message of the page's
	maxOutbox    = 4 << 20  // bytes that wait for a page; then it is cut off, and comes back for the whole state
	writeTimeout = 10 * time.Second
	pingEvery    = 20 * time.Second
)

// tab is one page in a browser. The desk owns it; its own two goroutines only read
// and write the socket.
type tab struct {
	out    chan []byte
	queued int // bytes in out, as far as the desk knows
	wrote  chan int
	cut    context.CancelFunc
}

// send queues a message; false means that the page does not read.
func (t *tab) send(b []byte) bool {
	for {
		select {
		case n := <-t.wrote:
			t.queued -= n
			continue
		default:
		}
		break
	}
	if t.queued+len(b) > maxOutbox {
		return false
	}
	select {
	case t.out <- b:
		t.queued += len(b)
		return true
	default:
		return false
	}
}

// pageMessage is what a page has said.
type pageMessage struct {
	from    *tab
	message message.FromPage
	id      int
	err     error
}

// serveSocket is one page's connection.
func (d *desk) serveSocket(w http.ResponseWriter, r *http.Request) {
	defer d.sockets.Add(-1)
	if d.sockets.Add(1) > maxPages {
		refuse(w, http.StatusServiceUnavailable, "The lobby is open on too many pages. Close some.")
		return
	}
	// access has checked the origin exactly; the library's own check is by host.
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(maxFromPage)
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	t := &tab{out: make(chan []byte, 4096), wrote: make(chan int, 8192), cut: cancel}
	if !d.put(ctx, func() { d.open(t) }) {
		return
	}
	defer d.put(d.ctx, func() { d.close(t) })

	// Reading has a context of its own: the end of one would close the connection
	// before the last message is out.
	reading, stop := context.WithCancel(context.Background())
	defer stop()
	written := make(chan struct{})
	guard.Go("the page's socket", func() {
		defer close(written)
		defer stop()
		t.write(ctx, c)
		_ = c.Close(websocket.StatusNormalClosure, "")
	}, d.fault)
	for {
		_, b, err := c.Read(reading)
		if err != nil {
			break
		}
		m, id, err := message.Parse(b)
		if !d.put(ctx, func() { d.heard(pageMessage{t, m, id, err}) }) {
			break
		}
	}
	cancel()
	<-written
}

// write sends what the desk has queued, until the context ends: then what is left
// still goes out, since the last message says why.
func (t *tab) write(ctx context.Context, c *websocket.Conn) {
	one := func(b []byte) error {
		timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		defer cancel()
		err := c.Write(timeout, websocket.MessageText, b)
		select {
		case t.wrote <- len(b):
		default:
		}
		return err
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case b, ok := <-t.out:
			if !ok || one(b) != nil {
				return
			}
		case <-ping.C:
			timeout, cancel := context.WithTimeout(ctx, pingEvery)
			err := c.Ping(timeout)
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				return
			}
		case <-ctx.Done():
			for {
				select {
				case b, ok := <-t.out:
					if !ok || one(b) != nil {
						return
					}
					continue
				default:
				}
				return
			}
		}
	}
}
