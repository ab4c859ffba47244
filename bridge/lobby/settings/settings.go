package settings

import (
	"slices"
	"time"

	"kbridge/kclient/text"
)

// Settings are all of them; the table has their defaults and what they take.
type Settings struct {
	Version int `toml:"version"` // of the file's format, see version

	Nick       string `toml:"nick"`
	Connection int    `toml:"connection"` // 0 was not chosen yet
	Charset    string `toml:"charset"`    // of names and chat on the wire; Auto is the library's default

	Record       bool   `toml:"record"`        // games are recorded
	RecordFolder string `toml:"record_folder"` // from the library's folder on, or absolute

	Sound    bool   `toml:"sound"`
	Theme    string `toml:"theme"`
	Language string `toml:"language"`

	Sources []string `toml:"sources"` // addresses of master lists
	Ignored []string `toml:"ignored"` // names of users

	HostName string `toml:"host_name"` // of the server that this machine hosts
	HostPort int    `toml:"host_port"` // UDP; 0 is the usual one

	Favourites []Favourite `toml:"favourite"` // in the user's order
	Recent     []Recent    `toml:"recent"`    // the latest first
}

// Favourite is a server that the user wants to find again.
type Favourite struct {
	Address string `toml:"address"` // host:port
	Name    string `toml:"name"`
	Note    string `toml:"note"`
}

// Recent is a server that the user was on.
type Recent struct {
	Address string    `toml:"address"`
	Name    string    `toml:"name"`
	At      time.Time `toml:"at"`
}

// version is 1 where Charset is Auto unless the user has chosen one. Before that
// it stood as windows-1252 in every file, chosen or not, and nothing depended on it.
const version = 1

// Auto is the Charset that follows the library's default: the ANSI code page on
// Windows. For a theme and a language it is the browser's.
const Auto = "auto"

// Default is what a player starts with.
func Default() Settings {
	var s Settings
	for _, row := range table {
		row.Reset(&s)
	}
	return s
}

// Clone is a copy that shares nothing.
func (s Settings) Clone() Settings {
	s.Sources, s.Ignored = slices.Clone(s.Sources), slices.Clone(s.Ignored)
	s.Favourites, s.Recent = slices.Clone(s.Favourites), slices.Clone(s.Recent)
	return s
}

// mend puts what can be in place of what cannot, and says where it did.
func (s *Settings) mend() (wrong []error) {
	if cs, err := text.LookupCharset(s.Charset); s.Version < 1 && err == nil && cs.Same(text.Charset{}) {
		s.Charset = Auto
	}
	s.Version = version
	for _, row := range table {
		wrong = append(wrong, row.Mend(s)...)
	}
	return wrong
}
