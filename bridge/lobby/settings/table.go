package settings

import (
	"fmt"
	"net/url"
	"strings"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// row is a setting of the file.
type row[V any] = setting.Row[Settings, V]

// defaultFolder is where recordings go.
const defaultFolder = "records"

// table has every key of the file, in its order: defaults, what mend puts right and says of it, the head of the file
// and SETTINGS.md come from here.
var table = []setting.Setting[Settings]{
	row[int]{
		Name: "version",
		Kind: setting.Kind[int]{Takes: "what the library writes"}, Default: version,
		To:   func(s *Settings) *int { return &s.Version },
		Help: "the format of the file",
	},
	row[string]{
		Name: "nick",
		Kind: cutText(maxText), Shown: "none; the lobby asks",
		To:   func(s *Settings) *string { return &s.Nick },
		Help: "your name",
	},
	row[int]{
		Name: "connection",
		Kind: connections(), Shown: "not chosen, which is 1",
		To:   func(s *Settings) *int { return &s.Connection },
		Help: "how many frames of input are sent at once",
	},
	row[string]{
		Name: "charset",
		Kind: charsets(), Default: Auto,
		To:   func(s *Settings) *string { return &s.Charset },
		Help: "the charset of names and chat on the wire; auto is this computer's",
	},
	row[bool]{
		Name: "record",
		Kind: setting.Bool(),
		To:   func(s *Settings) *bool { return &s.Record },
		Help: "whether games are recorded",
	},
	row[string]{
		Name: "record_folder",
		Kind: folders(), Default: defaultFolder,
		To:   func(s *Settings) *string { return &s.RecordFolder },
		Help: "where recordings go",
	},
	row[bool]{
		Name: "sound",
		Kind: setting.Bool(), Default: true,
		To:   func(s *Settings) *bool { return &s.Sound },
		Help: "whether the lobby makes sounds",
	},
	row[string]{
		Name: "theme",
		Kind: setting.ExactWords(setting.Named(Auto, "light", "dark")...), Default: Auto,
		To:   func(s *Settings) *string { return &s.Theme },
		Help: "the colours of the lobby",
	},
	row[string]{
		Name: "language",
		Kind: setting.ExactWords(setting.Named(Auto, "en", "ko", "es", "pt", "ja", "fr")...), Default: Auto,
		To:   func(s *Settings) *string { return &s.Language },
		Help: "the language of the lobby; auto is the browser's",
	},
	row[[]string]{
		Name: "sources",
		// The two lists that deployed clients use.
		Kind: sources(), Default: []string{
			"http://www.kaillera.com/raw_server_list2.php?version=0.9",
			"http://kaillerareborn.2manygames.fr/server_list.php",
		},
		To:   func(s *Settings) *[]string { return &s.Sources },
		Help: "the master lists that are asked for servers; an empty list asks nobody",
	},
	row[[]string]{
		Name: "ignored",
		Kind: ignored(), Shown: "none",
		To:   func(s *Settings) *[]string { return &s.Ignored },
		Help: "users whose chat is not shown",
	},
	row[string]{
		Name: "host_name",
		Kind: cutText(wire.MaxGameName), Shown: "your name",
		To:   func(s *Settings) *string { return &s.HostName },
		Help: "the name of the server that this computer hosts",
	},
	row[int]{
		Name: "host_port",
		Kind: setting.Int(0, 65535), Shown: "0, the usual one",
		To:   func(s *Settings) *int { return &s.HostPort },
		Help: "the UDP port of the server that this computer hosts",
	},
	row[[]Favourite]{
		Name: "favourite",
		Kind: favourites(), Shown: "none",
		To:   func(s *Settings) *[]Favourite { return &s.Favourites },
		Help: "a server that you want to find again, in your order",
	},
	row[[]Recent]{
		Name: "recent",
		Kind: recent(), Shown: "none",
		To:   func(s *Settings) *[]Recent { return &s.Recent },
		Help: "a server that you were on, the latest first",
	},
}

// connections takes 0 too, which stands for that none was chosen yet.
func connections() setting.Kind[int] {
	kind := setting.Int(0, int(wire.Bad))
	kind.Takes = "1 (LAN) to 6 (Bad)"
	return kind
}

// charsets takes every name of a charset, and keeps the one that it is listed by.
func charsets() setting.Kind[string] {
	right := func(name string) bool {
		_, err := text.LookupCharset(name)
		return name == Auto || err == nil
	}
	kind := setting.Text(Auto+" or one of "+strings.Join(text.CharsetNames(), ", "), right)
	kind.Mend = func(name string, _ func(string)) string {
		if name == "" || name == Auto {
			return Auto
		}
		if cs, err := text.LookupCharset(name); err == nil {
			return cs.Name()
		}
		return name
	}
	return kind
}

// folders puts the default in the place of what is no folder; there is nothing to say of it.
func folders() setting.Kind[string] {
	return setting.Kind[string]{
		Takes: "a folder, absolute or from the library's folder on",
		Mend: func(folder string, _ func(string)) string {
			if folder == "" || strings.ContainsRune(folder, 0) {
				return defaultFolder
			}
			return folder
		},
	}
}

// sources drops what is no address, and says so.
func sources() setting.Kind[[]string] {
	return setting.Kind[[]string]{
		Takes:  fmt.Sprintf("at most %d addresses that begin with http:// or https://", MaxSources),
		Format: func(list []string) string { return strings.Join(list, ", ") },
		Mend: func(list []string, complain func(string)) []string {
			kept := []string{} // none is what was chosen, and is written down as that
			for _, source := range list {
				if IsSource(source) {
					kept = append(kept, source)
				} else {
					complain(fmt.Sprintf("has %q", source))
				}
			}
			return kept[:min(len(kept), MaxSources)]
		},
	}
}

// IsSource reports whether a text can be the address of a master list.
func IsSource(source string) bool {
	u, err := url.Parse(source)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		len(source) <= 2*maxText && text.Sanitise(source) == source
}
