package lockstep

import "kbridge/kclient/framecache"

// GameData is one outgoing game message. Payload is always set; where Cached is true the peer holds those bytes at
// Position of its cache, and game cache (13) with Position is what to send. Else send game data (12) with Payload.
// Payload is valid until the same machine produces the next message (for a Mixer: the next one for the same player).
type GameData struct {
	Payload  []byte
	Cached   bool
	Position uint8
}

// throughCache looks payload up in the cache that mirrors the receiver's, and adds it if it is new.
func throughCache(c *framecache.Cache, payload []byte) GameData {
	pos, found := c.Find(payload)
	if !found {
		c.Add(payload)
	}
	return GameData{Payload: payload, Cached: found, Position: pos}
}
