// Package browser opens the lobby's page in the player's browser. It is the one place
// inside of an emulator that starts a program, so it opens nothing but an address of
// ours: on 127.0.0.1, with a token, and nothing else. No shell sees it.
package browser

import (
	"fmt"
	"regexp"
)

// ours is what the address of a lobby looks like.
var ours = regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]{0,4}/\?token=[0-9a-f]{32}$`)

// Open opens a lobby's address. Anything else is refused.
func Open(address string) error {
	if !ours.MatchString(address) {
		return fmt.Errorf("%q is not the address of a lobby, and is not opened", address)
	}
	return open(address)
}
