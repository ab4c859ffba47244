package wire

import (
	"testing"

	"kbridge/kclient/text"
)

// benchBundle is a datagram as it travels in a game: the newest game data of
// an N64 player (24 bytes) and two repeats.
func benchBundle() []byte {
	b := AppendBundleHeader(nil, 3)
	for seq := uint16(9); seq > 6; seq-- {
		b = AppendMessage(b, seq, TypeGameData, AppendGameData(nil, make([]byte, 24)))
	}
	return b
}

func BenchmarkParseBundle(b *testing.B) {
	datagram := benchBundle()
	messages := make([]Message, 0, MaxBundle)
	b.ReportAllocs()
	b.SetBytes(int64(len(datagram)))
	for b.Loop() {
		got, err := ParseBundle(datagram, messages)
		if err != nil || len(got) != 3 {
			b.Fatal(len(got), err)
		}
	}
}

func BenchmarkAppendBundle(b *testing.B) {
	payload := make([]byte, 24)
	buf := make([]byte, 0, MaxDatagram)
	body := make([]byte, 0, 64)
	b.ReportAllocs()
	b.SetBytes(int64(len(benchBundle())))
	for b.Loop() {
		d := AppendBundleHeader(buf, 3)
		for seq := uint16(9); seq > 6; seq-- {
			d = AppendMessage(d, seq, TypeGameData, AppendGameData(body, payload))
		}
		if len(d) == 0 {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkParseGameData(b *testing.B) {
	body := AppendGameData(nil, make([]byte, 24))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := ParseGameData(body); err != nil || len(p) != 24 {
			b.Fatal(len(p), err)
		}
	}
}

func BenchmarkParseServerStatus(b *testing.B) {
	body := ServerStatus{manyUsers(4), manyGames(3)}.AppendTo(nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := ParseServerStatus(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendServerStatus(b *testing.B) {
	status := ServerStatus{manyUsers(4), manyGames(3)}
	buf := make([]byte, 0, MaxDatagram)
	b.ReportAllocs()
	for b.Loop() {
		if len(status.AppendTo(buf)) == 0 {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkSanitise(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if text.Sanitise("Nintendo All-Star! (J)") == "" {
			b.Fatal("nothing")
		}
	}
}
