package link

// ring is memory for message bodies of any length that come and go in order. Each stands in one piece, so what is too
// short at the end stays empty while the next ones stand at the beginning.
type ring struct {
	buf        []byte
	head, tail int  // where the oldest begins, where the newest ends
	used       int  // bytes of all
	wrapped    bool // the newest ends before the oldest begins
}

// reserve finds room for n bytes after the newest. ok is false where there is none.
func (r *ring) reserve(n int) (at int, ok bool) {
	end := len(r.buf)
	if r.wrapped {
		end = r.head
	}
	at = r.tail
	if at+n > end {
		if r.wrapped || n > r.head {
			return 0, false
		}
		at, r.wrapped = 0, true
	}
	r.tail = at + n
	r.used += n
	return at, true
}

// take lets go of the oldest, of n bytes; the one after it begins at next, if there is one.
func (r *ring) take(n, next int, empty bool) {
	if empty {
		r.head, r.tail, r.used, r.wrapped = 0, 0, 0, false
		return
	}
	r.wrapped = r.wrapped && next >= r.head
	r.head = next
	r.used -= n
}
