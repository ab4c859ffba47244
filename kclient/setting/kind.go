package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is what a setting takes: how it is read from a text, and which values are right.
type Kind[V any] struct {
	// Takes goes on after "it takes".
	Takes string
	// Parse reads a text, and refuses one that is not taken.
	Parse func(text string) (V, bool)
	// Why says more of a text that Parse refuses; nil says nothing.
	Why func(text string) string
	// Wrong goes on after the setting's name, such as "is 9", where a value is wrong, and is empty where it is right.
	// nil takes every value: what a program sets itself may then be more than what a person may.
	Wrong func(V) string
	// Mend makes the best of a value from a file, before Wrong sees it. It complains of what it took away and a person
	// should hear of, in the form of Wrong. nil leaves every value as it is.
	Mend func(v V, complain func(wrong string)) V
	// Format is the opposite of Parse; nil is fmt.Sprint.
	Format func(V) string
}

func (k Kind[V]) format(v V) string {
	if k.Format == nil {
		return fmt.Sprint(v)
	}
	return k.Format(v)
}

// Int is a whole number in a range.
func Int[V ~int | ~uint8](low, high V) Kind[V] {
	return Kind[V]{
		Takes: fmt.Sprintf("a whole number from %d to %d", low, high),
		Parse: func(text string) (V, bool) {
			n, err := strconv.Atoi(text)
			return V(n), err == nil && n >= int(low) && n <= int(high)
		},
		Wrong:  outside(low, high),
		Format: func(v V) string { return strconv.Itoa(int(v)) },
	}
}

// Duration is a time such as 250ms or 10s, in a range.
func Duration(low, high time.Duration) Kind[time.Duration] {
	return Kind[time.Duration]{
		Takes: fmt.Sprintf("a time from %s to %s", short(low), short(high)),
		Parse: func(text string) (time.Duration, bool) {
			d, err := time.ParseDuration(text)
			return d, err == nil && d >= low && d <= high
		},
		Wrong:  outside(low, high),
		Format: short,
	}
}

// short is 1h, not 1h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func outside[V ~int | ~uint8 | ~int64](low, high V) func(V) string {
	return func(v V) string {
		if v < low || v > high {
			return fmt.Sprintf("is %v", v)
		}
		return ""
	}
}

// Text is a text that right accepts.
func Text(takes string, right func(string) bool) Kind[string] {
	return Kind[string]{
		Takes: takes,
		Parse: func(text string) (string, bool) { return text, right(text) },
		Wrong: func(text string) string {
			if right(text) {
				return ""
			}
			return fmt.Sprintf("is %q", text)
		},
	}
}

// Bool is true or false, in each form that Go knows.
func Bool() Kind[bool] {
	return Kind[bool]{
		Takes: "true or false",
		Parse: func(text string) (bool, bool) {
			v, err := strconv.ParseBool(text)
			return v, err == nil
		},
	}
}

// Word is a word for a value.
type Word[V any] struct {
	Text  string
	Value V
}

// Words is one of a few words, in upper case or lower.
func Words[V comparable](words ...Word[V]) Kind[V] { return oneOf(strings.EqualFold, words) }

// ExactWords is one of a few words as they are written.
func ExactWords[V comparable](words ...Word[V]) Kind[V] {
	return oneOf(func(a, b string) bool { return a == b }, words)
}

func oneOf[V comparable](same func(a, b string) bool, words []Word[V]) Kind[V] {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.Text
	}
	word := func(v V) (string, bool) {
		for _, w := range words {
			if w.Value == v {
				return w.Text, true
			}
		}
		return fmt.Sprint(v), false
	}
	return Kind[V]{
		Takes: Or(list),
		Parse: func(text string) (v V, ok bool) {
			for _, w := range words {
				if same(w.Text, text) {
					return w.Value, true
				}
			}
			return v, false
		},
		Wrong: func(v V) string {
			if text, ok := word(v); !ok {
				return "is " + text
			}
			return ""
		},
		Format: func(v V) string { text, _ := word(v); return text },
	}
}

// Named makes words of values that say their own.
func Named[V any](values ...V) []Word[V] {
	words := make([]Word[V], len(values))
	for i, v := range values {
		words[i] = Word[V]{fmt.Sprint(v), v}
	}
	return words
}

// Or joins words: "auto, on or off".
func Or(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Names is a list of names, with commas between them in a text. An empty text is an empty list.
func Names(most, longest int) Kind[[]string] {
	wrong := func(list []string) string {
		if len(list) > most {
			return fmt.Sprintf("has %d names", len(list))
		}
		for _, name := range list {
			if strings.TrimSpace(name) == "" || len(name) > longest {
				return fmt.Sprintf("has the name %q", name)
			}
		}
		return ""
	}
	return Kind[[]string]{
		Takes: fmt.Sprintf("at most %d names of 1 to %d bytes, with commas between them", most, longest),
		Parse: func(text string) ([]string, bool) {
			list := []string{}
			for name := range strings.SplitSeq(text, ",") {
				if name = strings.TrimSpace(name); name != "" {
					list = append(list, name)
				}
			}
			return list, wrong(list) == ""
		},
		Wrong:  wrong,
		Format: func(list []string) string { return strings.Join(list, ",") },
	}
}
