package settings

import (
	"fmt"
	"slices"
	"strings"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
)

// What is too long is cut, and nobody is told: the rest still says what was meant.

// cut is a text without control characters, of at most so many bytes.
func cut(t string, limit int) string {
	t = text.Sanitise(t)
	for len(t) > limit {
		t = strings.ToValidUTF8(t[:limit], "")
	}
	return t
}

func cutText(limit int) setting.Kind[string] {
	return setting.Kind[string]{
		Takes: fmt.Sprintf("a text of at most %d bytes", limit),
		Mend:  func(t string, _ func(string)) string { return cut(t, limit) },
	}
}

// ignored keeps the latest names.
func ignored() setting.Kind[[]string] {
	return setting.Kind[[]string]{
		Takes: fmt.Sprintf("at most %d names", MaxIgnored),
		Mend: func(list []string, _ func(string)) []string {
			list = list[max(0, len(list)-MaxIgnored):]
			for i := range list {
				list[i] = cut(list[i], maxText)
			}
			return list
		},
	}
}

func favourites() setting.Kind[[]Favourite] {
	return setting.Kind[[]Favourite]{
		Takes: fmt.Sprintf("at most %d tables of address (host:port), name and note (%d bytes)",
			MaxFavourites, MaxNote),
		Mend: func(list []Favourite, _ func(string)) []Favourite {
			list = slices.DeleteFunc(list, func(f Favourite) bool { return text.Sanitise(f.Address) == "" })
			list = list[:min(len(list), MaxFavourites)]
			for i, f := range list {
				list[i] = Favourite{cut(f.Address, maxText), cut(f.Name, maxText), cut(f.Note, MaxNote)}
			}
			return list
		},
	}
}

func recent() setting.Kind[[]Recent] {
	return setting.Kind[[]Recent]{
		Takes: fmt.Sprintf("at most %d tables of address (host:port), name and time (at)", MaxRecent),
		Mend: func(list []Recent, _ func(string)) []Recent {
			list = slices.DeleteFunc(list, func(r Recent) bool { return text.Sanitise(r.Address) == "" })
			list = list[:min(len(list), MaxRecent)]
			for i, r := range list {
				list[i] = Recent{cut(r.Address, maxText), cut(r.Name, maxText), r.At}
			}
			return list
		},
	}
}
