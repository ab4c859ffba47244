package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// Settings are all of them. The zero value of a field is its default, unless
// Default says otherwise.
type Settings struct {
	Version int `toml:"version"` // of the file's format, see version

	Nick       string `toml:"nick"`
	Connection int    `toml:"connection"` // 1 (LAN) to 6 (Bad); 0 was not chosen yet
	Charset    string `toml:"charset"`    // of names and chat on the wire; Auto is the library's default

	Record       bool   `toml:"record"`        // games are recorded
	RecordFolder string `toml:"record_folder"` // from the library's folder on, or absolute

	Sound    bool   `toml:"sound"`
	Theme    string `toml:"theme"`    // auto, light, dark
	Language string `toml:"language"` // auto, en, ko, es, pt, ja, fr

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
// Windows.
const Auto = "auto"

// Themes and Languages are the words that these settings take.
var (
	Themes    = []string{"auto", "light", "dark"}
	Languages = []string{"auto", "en", "ko", "es", "pt", "ja", "fr"}
)

// DefaultSources are the master lists that are asked unless the user names
// others: the two that deployed clients use.
func DefaultSources() []string {
	return []string{
		"http://www.kaillera.com/raw_server_list2.php?version=0.9",
		"http://kaillerareborn.2manygames.fr/server_list.php",
	}
}

// Default is what a player starts with.
func Default() Settings {
	return Settings{
		Version: version, Charset: Auto, RecordFolder: "records", Sound: true, Theme: "auto", Language: "auto",
		Sources: DefaultSources(),
	}
}

// Clone is a copy that shares nothing.
func (s Settings) Clone() Settings {
	s.Sources, s.Ignored = slices.Clone(s.Sources), slices.Clone(s.Ignored)
	s.Favourites, s.Recent = slices.Clone(s.Favourites), slices.Clone(s.Recent)
	return s
}

// mend puts defaults in place of what cannot be, and says where it did.
func (s *Settings) mend() (wrong []string) {
	d := Default()
	if cs, err := text.LookupCharset(s.Charset); s.Version < 1 && err == nil && cs.Same(text.Charset{}) {
		s.Charset = Auto
	}
	s.Version = version
	complain := func(name string, value any, takes string) {
		wrong = append(wrong, fmt.Sprintf("%s is %v, it takes %s", name, value, takes))
	}
	cut := func(t *string, limit int) {
		clean := text.Sanitise(*t)
		for len(clean) > limit {
			clean = strings.ToValidUTF8(clean[:limit], "")
		}
		*t = clean
	}
	cut(&s.Nick, maxText)
	cut(&s.HostName, wire.MaxGameName)
	if s.Connection < 0 || s.Connection > int(wire.Bad) {
		complain("connection", s.Connection, "1 (LAN) to 6 (Bad)")
		s.Connection = d.Connection
	}
	if cs, err := text.LookupCharset(s.Charset); s.Charset == "" || s.Charset == Auto {
		s.Charset = Auto
	} else if err != nil {
		complain("charset", s.Charset, Auto+" or one of "+strings.Join(text.CharsetNames(), ", "))
		s.Charset = d.Charset
	} else {
		s.Charset = cs.Name()
	}
	if !slices.Contains(Themes, s.Theme) {
		complain("theme", s.Theme, "one of "+strings.Join(Themes, ", "))
		s.Theme = d.Theme
	}
	if !slices.Contains(Languages, s.Language) {
		complain("language", s.Language, "one of "+strings.Join(Languages, ", "))
		s.Language = d.Language
	}
	if s.HostPort < 0 || s.HostPort > 65535 {
		complain("host_port", s.HostPort, "0 to 65535")
		s.HostPort = d.HostPort
	}
	if s.RecordFolder == "" || strings.ContainsRune(s.RecordFolder, 0) {
		s.RecordFolder = d.RecordFolder
	}
	s.Sources = slices.DeleteFunc(s.Sources, func(source string) bool {
		if IsSource(source) {
			return false
		}
		complain("a source", source, "an address that begins with http:// or https://")
		return true
	})
	s.Favourites = slices.DeleteFunc(s.Favourites, func(f Favourite) bool { return text.Sanitise(f.Address) == "" })
	s.Recent = slices.DeleteFunc(s.Recent, func(r Recent) bool { return text.Sanitise(r.Address) == "" })
	s.Favourites = s.Favourites[:min(len(s.Favourites), MaxFavourites)]
	s.Recent = s.Recent[:min(len(s.Recent), MaxRecent)]
	s.Sources = s.Sources[:min(len(s.Sources), MaxSources)]
	s.Ignored = s.Ignored[max(0, len(s.Ignored)-MaxIgnored):]
	for i := range s.Favourites {
		f := &s.Favourites[i]
		cut(&f.Address, maxText)
		cut(&f.Name, maxText)
		cut(&f.Note, MaxNote)
	}
	for i := range s.Recent {
		cut(&s.Recent[i].Address, maxText)
		cut(&s.Recent[i].Name, maxText)
	}
	for i := range s.Ignored {
		cut(&s.Ignored[i], maxText)
	}
	if s.Sources == nil {
		s.Sources = []string{} // none is what was chosen, and is written down as that
	}
	return wrong
}

// IsSource reports whether a text can be the address of a master list.
func IsSource(source string) bool {
	u, err := url.Parse(source)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(source) <= 2*maxText && text.Sanitise(source) == source
}
