package server_test

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// script is the bytes that say what happens in a scene: every choice takes the next one. After its end all choices are
// the first.
type script struct {
	data []byte
	at   int
}

// scriptBytes is how long the script of a seed is at most: some hundred actions.
const scriptBytes = 640

// scriptOf is the script of a seed.
func scriptOf(seed uint64) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	random := rand.NewChaCha8(key)
	data := make([]byte, 160+random.Uint64()%(scriptBytes-160))
	_, _ = random.Read(data)
	return data
}

func (s *script) more() bool { return s.at < len(s.data) }

func (s *script) byte() byte {
	if !s.more() {
		return 0
	}
	s.at++
	return s.data[s.at-1]
}

// n is 0 to below - 1; below is at most 256.
func (s *script) n(below int) int { return int(s.byte()) % below }

// one is true once in so many times.
func (s *script) one(in int) bool { return s.n(in) == in-1 }

// bytes are up to so many, as many as the script says.
func (s *script) bytes(atMost int) []byte {
	n := min(s.n(atMost+1), len(s.data)-s.at)
	s.at += n
	return s.data[s.at-n : s.at]
}

// pause is mostly a few milliseconds, sometimes seconds.
func (s *script) pause() time.Duration {
	switch b := s.byte(); {
	case b < 100:
		return 0
	case b < 200:
		return time.Duration(b-100) * time.Millisecond
	case b < 250:
		return time.Duration(b-199) * 10 * time.Millisecond
	default:
		return time.Duration(b-249) * time.Second
	}
}

// pick is one of a list; false if it is empty.
func pick[T any](s *script, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[s.n(min(len(list), 256))], true
}

// seed is what stands for the script where a number is wanted.
func (s *script) seed() uint64 {
	h := fnv.New64a()
	_, _ = h.Write(s.data)
	return h.Sum64()
}
