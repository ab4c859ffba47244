package network

// Stats counts datagrams. Sent + Copied is always the sum of Delivered, Lost,
// Cut, Filtered, Overflowed, Unreachable and InFlight.
type Stats struct {
	Sent      uint64 // handed to the network, by conns and by Inject
	SentBytes uint64 // their payload
	Copied    uint64 // second copies that a profile's Duplicate made
	Late      uint64 // held back by a profile's Reorder; they are Delivered all the same

	Delivered   uint64 // came into a receive queue, whether or not they were read
	Lost        uint64 // by a profile's Loss or Burst
	Cut         uint64 // by Partition
	Filtered    uint64 // by Filter
	Overflowed  uint64 // found a receive queue full, or MaxInFlight under way
	Unreachable uint64 // were sent to an address that nobody has, or had any more when they arrived
	InFlight    uint64 // are under way now
}

// Stats returns the counts up to now.
func (n *Network) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	var flying uint64
	for _, c := range n.conns {
		c.settleLocked(now)
		flying += uint64(len(c.flight))
	}
	s := n.stats
	s.InFlight = flying
	return s
}
