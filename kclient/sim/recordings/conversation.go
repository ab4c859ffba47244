package recordings

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Conversation is what some clients and a server said to each other, in the order in which a recorder saw it. The
// recorder stood beside the server and the clients, before a delay was added on the way.
type Conversation struct {
	Server string
	Scene  string
	Types  []int
	Delays []int `json:"delay_ms_each_way"` // by client
	Lines  []Line
}

// Line is one datagram.
type Line struct {
	At       time.Duration
	Client   int // 0 is p1
	ToServer bool
	Lost     bool
	Datagram []byte
}

// ReadConversation reads the conversation of that name; the test is skipped where there are no recordings.
func ReadConversation(t testing.TB, name string) *Conversation {
	t.Helper()
	c := &Conversation{}
	for i, line := range bytes.Split(bytes.TrimSpace(read(t, filepath.Join("peers", name+".jsonl"))), []byte("\n")) {
		var l struct {
			T       float64
			C, D, X string
			Lost    bool
		}
		var into any = &l
		if i == 0 {
			into = c // the line about the whole recording
		}
		if err := json.Unmarshal(line, into); err != nil {
			t.Fatalf("%s, line %d: %v", name, i+1, err)
		}
		if i == 0 {
			continue
		}
		datagram, err := hex.DecodeString(l.X)
		if err != nil || len(l.C) != 2 {
			t.Fatalf("%s, line %d: %s", name, i+1, line)
		}
		c.Lines = append(c.Lines, Line{time.Duration(l.T * float64(time.Second)), int(l.C[1] - '1'), l.D == "c>s",
			l.Lost, datagram})
	}
	return c
}

// Conversations are the names of those that match a pattern of package path/filepath.
func Conversations(t testing.TB, pattern string) (names []string) {
	t.Helper()
	read(t, "README.md") // skips
	paths, err := filepath.Glob(filepath.Join(folder(), "peers", pattern+".jsonl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recording is named like %q (%v)", pattern, err)
	}
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".jsonl"))
	}
	return names
}

// Of is what one client and the server said.
func (c *Conversation) Of(client int) []Line {
	return slices.DeleteFunc(slices.Clone(c.Lines), func(l Line) bool { return l.Client != client })
}

// Clients is how many there are.
func (c *Conversation) Clients() (n int) {
	for _, l := range c.Lines {
		n = max(n, l.Client+1)
	}
	return n
}

// Delay is what was added on the way of a client's datagrams, each way.
func (c *Conversation) Delay(client int) time.Duration {
	if len(c.Delays) == 0 {
		return 0
	}
	return time.Duration(c.Delays[client]) * time.Millisecond
}
