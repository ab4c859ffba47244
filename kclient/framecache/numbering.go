package framecache

// Numbering says what a position of the cache means once the cache is full.
type Numbering uint8

const (
	// Window counts from the oldest entry: position 0 is always the oldest. When a full cache takes a new entry,
	// everything shifts down by one and the new entry is 255. Every deployed peer (n02, SupraClient, EmuLinker,
	// direlera-rs) speaks it.
	Window Numbering = iota
	// Ring overwrites in place: positions never move, and the new entry takes the position of the oldest. For peers
	// that speak it.
	Ring
)

// Valid reports whether n is a numbering that exists.
func (n Numbering) Valid() bool { return n <= Ring }

// String returns "window", "ring" or "invalid".
func (n Numbering) String() string {
	switch n {
	case Window:
		return "window"
	case Ring:
		return "ring"
	}
	return "invalid"
}
