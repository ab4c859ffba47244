// Package browser opens the lobby's page in the player's browser. It is the one place
// inside of an emulator that starts a program, so it opens nothing but the file of a lobby, which leads on to the
// page, and nothing else. No shell sees it, and the list of processes shows the file's name only.
package browser

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// ours is what the name of a lobby's file looks like.
var ours = regexp.MustCompile(`^lobby-[1-9][0-9]{0,4}\.html$`)

// Open opens a lobby's file. Anything else is refused.
func Open(file string) error {
	if !filepath.IsAbs(file) || filepath.Clean(file) != file || !ours.MatchString(filepath.Base(file)) {
		return fmt.Errorf("%q is not the file of a lobby, and is not opened", file)
	}
	return open(file)
}
