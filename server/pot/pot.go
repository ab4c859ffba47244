// Package pot bounds what many keep together. Its lock is a leaf: whoever has another lock may use a pot.
package pot

import (
	"sync"
	"sync/atomic"
)

// Pot is bytes that many share.
type Pot struct {
	Size int // does not change

	mu   sync.Mutex   // of whoever changes what is used
	used atomic.Int64 // is looked at for every datagram
}

// Take changes what somebody has of the pot, held, to n bytes. It reports false, and changes nothing, when there is not
// that much left.
func (p *Pot) Take(held *int, n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n > *held && p.Used()+n-*held > p.Size {
		return false
	}
	p.used.Add(int64(n - *held))
	*held = n
	return true
}

// Set is Take for what is kept already. Whoever calls it looks whether the pot is Overdrawn.
func (p *Pot) Set(held *int, n int) {
	if n == *held {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used.Add(int64(n - *held))
	*held = n
}

// Used is how much is taken.
func (p *Pot) Used() int { return int(p.used.Load()) }

// Overdrawn reports whether more is kept than there is.
func (p *Pot) Overdrawn() bool { return p.Used() > p.Size }

// Mend sets how much is taken, after a panic.
func (p *Pot) Mend(used int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used.Store(int64(used))
}
