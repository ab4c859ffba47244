package lobby

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// bare is a page without a screen: it keeps what the library tells it, by type.
type bare struct {
	t      *testing.T
	client *http.Client
	url    *url.URL
	base   string // the page's folder
	conn   *websocket.Conn

	mu      sync.Mutex
	changed chan struct{}
	last    map[string]map[string]any
	lines   []map[string]any
	users   map[float64]map[string]any
	games   map[float64]map[string]any
	dones   map[float64]map[string]any
	samples int
	id      float64
}

// newBrowser opens a lobby's file in a browser that was not there before.
func newBrowser(t *testing.T, file string) *bare {
	address := leads(t, file)
	u, err := url.Parse(address)
	require.NoError(t, err)
	jar, _ := cookiejar.New(nil)
	b := &bare{t: t, url: u, client: &http.Client{Jar: jar}, changed: make(chan struct{}, 1),
		last:  map[string]map[string]any{},
		users: map[float64]map[string]any{}, games: map[float64]map[string]any{}, dones: map[float64]map[string]any{}}
	res, err := b.client.Get(address)
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	b.base = pagePath(t, string(text))
	b.dial()
	return b
}

// pagePath is where the answer to a token leads.
func pagePath(t *testing.T, answer string) string {
	t.Helper()
	m := regexp.MustCompile(`url=(/[0-9a-f]{32}/)"`).FindStringSubmatch(answer)
	require.NotNil(t, m, answer)
	return m[1]
}

func (b *bare) dial() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+b.url.Host+b.base+"socket", &websocket.DialOptions{HTTPClient: b.client,
		HTTPHeader: http.Header{"Origin": {"http://" + b.url.Host}}})
	require.NoError(b.t, err)
	c.SetReadLimit(8 << 20)
	b.conn = c
	b.t.Cleanup(func() { c.CloseNow() })
	go b.read(c)
}

func (b *bare) read(c *websocket.Conn) {
	for {
		_, text, err := c.Read(context.Background())
		if err != nil {
			return
		}
		var m map[string]any
		if json.Unmarshal(text, &m) != nil {
			panic("the library sent what is no JSON object: " + string(text))
		}
		b.mu.Lock()
		switch t := m["t"].(string); t {
		case "chat":
			for _, l := range m["lines"].([]any) {
				b.lines = append(b.lines, l.(map[string]any))
			}
		case "users":
			b.users = map[float64]map[string]any{}
			for _, u := range m["list"].([]any) {
				b.users[u.(map[string]any)["id"].(float64)] = u.(map[string]any)
			}
		case "userChanged":
			u := m["user"].(map[string]any)
			b.users[u["id"].(float64)] = u
		case "userGone":
			delete(b.users, m["id"].(float64))
		case "games":
			b.games = map[float64]map[string]any{}
			for _, g := range m["list"].([]any) {
				b.games[g.(map[string]any)["id"].(float64)] = g.(map[string]any)
			}
		case "gameChanged":
			g := m["game"].(map[string]any)
			b.games[g["id"].(float64)] = g
		case "gameGone":
			delete(b.games, m["id"].(float64))
		case "sampled":
			b.samples++
		case "done":
			b.dones[m["re"].(float64)] = m
		default:
			b.last[t] = m
		}
		b.mu.Unlock()
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
}

// until waits until the condition holds; it is called with the lock held.
func (b *bare) until(what string, holds func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		ok := holds()
		b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-b.changed:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			b.mu.Lock()
			defer b.mu.Unlock()
			b.t.Fatalf("waited for %s; the page knows %v, chat %v", what, b.last, b.lines)
		}
	}
}

// is waits until a field of the last message of a type has a value.
func (b *bare) is(t, field string, want any) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s.%s = %v", t, field, want), func() bool {
		return b.last[t] != nil &&
			fmt.Sprint(b.last[t][field]) == fmt.Sprint(want)
	})
}

// get is a field of the last message of a type.
func (b *bare) get(t, field string) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last[t][field]
}

// say sends a message.
func (b *bare) say(t string, fields map[string]any) {
	b.t.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	fields["t"] = t
	text, err := json.Marshal(fields)
	require.NoError(b.t, err)
	require.NoError(b.t, b.conn.Write(context.Background(), websocket.MessageText, text))
}

// ask sends a request and returns the code of its problem, "" for none.
func (b *bare) ask(t string, fields map[string]any) string {
	b.t.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	b.mu.Lock()
	b.id++
	id := b.id
	b.mu.Unlock()
	fields["id"] = id
	b.say(t, fields)
	var code string
	b.until("the answer to "+t, func() bool {
		m, ok := b.dones[id]
		if ok && m["error"] != nil {
			code = m["error"].(map[string]any)["code"].(string)
		}
		return ok
	})
	return code
}

// hears waits for a line of chat.
func (b *bare) hears(kind, text string) map[string]any {
	b.t.Helper()
	var line map[string]any
	b.until(fmt.Sprintf("a line %q of kind %s", text, kind), func() bool {
		for _, l := range b.lines {
			if l["kind"] == kind && strings.Contains(l["text"].(string)+l["from"].(string), text) {
				line = l
				return true
			}
		}
		return false
	})
	return line
}

type f = map[string]any
