package wire

import (
	"bytes"
	"testing"

	"kbridge/kclient/race"
	"kbridge/kclient/text"
)

// allocs asserts that f allocates nothing.
func allocs(t *testing.T, what string, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(200, f); got != 0 {
		t.Errorf("%s: %v allocations a run, want none", what, got)
	}
}

func skipUnderRace(t *testing.T) {
	t.Helper()
	if race.Enabled {
		t.Skip("the race detector allocates on its own account: run without -race")
	}
}

func TestFramePathDoesNotAllocate(t *testing.T) {
	skipUnderRace(t)
	payload := make([]byte, 24)
	buf := make([]byte, 0, MaxDatagram)
	messages := make([]Message, 0, MaxBundle)
	scratch := make([]byte, 0, 64)

	allocs(t, "writing a bundle of nine game data", func() {
		b := AppendBundleHeader(buf[:0], 9)
		for seq := range uint16(8) {
			b = AppendMessage(b, seq, TypeGameData, AppendGameData(scratch, payload))
		}
		b = AppendMessage(b, 8, TypeGameCache, AppendGameCache(scratch, 200))
		buf = b
	})
	datagram := append([]byte(nil), buf...)
	var sum int
	allocs(t, "reading it", func() {
		got, err := ParseBundle(datagram, messages[:0])
		if err != nil || len(got) != 9 {
			t.Fatal(len(got), err)
		}
		for _, m := range got {
			switch m.Type {
			case TypeGameData:
				p, err := ParseGameData(m.Body)
				if err != nil || len(p) != len(payload) {
					t.Fatal(len(p), err)
				}
				sum += len(p)
			case TypeGameCache:
				pos, err := ParseGameCache(m.Body)
				if err != nil || pos != 200 {
					t.Fatal(pos, err)
				}
				sum += int(pos)
			}
		}
	})
	full := AppendBundleHeader(nil, MaxBundle)
	for range MaxBundle {
		full = AppendMessage(full, 0, TypeReady, []byte{0})
	}
	allocs(t, "reading the fullest bundle", func() {
		if got, err := ParseBundle(full, messages[:0]); err != nil || len(got) != MaxBundle {
			t.Fatal(len(got), err)
		}
	})
}

// What every client can make a server do as often as it likes.
func TestRefusingDoesNotAllocate(t *testing.T) {
	skipUnderRace(t)
	messages := make([]Message, 0, MaxBundle)
	for _, datagram := range [][]byte{{}, {0}, {255, 1, 2, 3}, unhex(t, "01 00 00 00 00 07"), unhex(t, printedCapture),
		[]byte("Kthxbai")} {
		allocs(t, "a refused bundle", func() {
			if _, err := ParseBundle(datagram, messages); err == nil {
				t.Fatal("not refused")
			}
		})
	}
	counts := body{"", u32(0xFFFFFFFF), u32(0xFFFFFFFF)}.Bytes()
	allocs(t, "a refused list", func() {
		if _, err := ParseServerStatus(counts); err == nil {
			t.Fatal("not refused")
		}
	})
	long := bytes.Repeat([]byte("A"), 5000)
	allocs(t, "a refused string", func() {
		if _, err := ParseChatRequest(long); err == nil {
			t.Fatal("not refused")
		}
	})
	allocs(t, "a refused handshake", func() {
		if _, err := ParseHelloReply(long); err == nil {
			t.Fatal("not refused")
		}
		if _, ok := ParseHello(long); ok || IsPing(long) {
			t.Fatal("not refused")
		}
	})
}

func TestCleanTextDoesNotAllocate(t *testing.T) {
	skipUnderRace(t)
	allocs(t, "clean text", func() {
		if text.Sanitise("Käse 鵺 🎮") != "Käse 鵺 🎮" {
			t.Fatal("changed")
		}
		if c := (text.Charset{}); c.Decode("plain") != "plain" || c.Encode("plain") != "plain" ||
			c.Cut("plain", 3) != "pla" {
			t.Fatal("changed")
		}
	})
}
