package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// value is a flag that is checked as it is read. The flag package prepends which
// flag it was and what it got; takes says what it would have taken.
type value struct {
	text  string
	takes string
	set   func(text string) bool
}

// String is the default, for the help.
func (v *value) String() string {
	if v == nil {
		return ""
	}
	return v.text
}

// Set is called by the flag package.
func (v *value) Set(text string) error {
	if !v.set(text) {
		return fmt.Errorf("it takes %s", v.takes)
	}
	v.text = text
	return nil
}

// number is a whole number in a range.
func number(to *int, def, low, high int) *value {
	*to = def
	return &value{strconv.Itoa(def), fmt.Sprintf("a whole number from %d to %d", low, high), func(text string) bool {
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			return false
		}
		*to = n
		return true
	}}
}

// duration is a time such as 250ms or 10s, in a range.
func duration(to *time.Duration, def, low, high time.Duration) *value {
	*to = def
	return &value{def.String(), fmt.Sprintf("a time from %v to %v", low, high), func(text string) bool {
		d, err := time.ParseDuration(text)
		if err != nil || d < low || d > high {
			return false
		}
		*to = d
		return true
	}}
}

// text is anything that check accepts.
func textValue(to *string, def, takes string, check func(string) bool) *value {
	*to = def
	return &value{def, takes, func(text string) bool {
		*to = text
		return check(text)
	}}
}

// word is one of a few words, in any case.
func word[T any](to *T, def string, values map[string]T, words ...string) *value {
	*to = values[def]
	takes := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return &value{def, takes, func(text string) bool {
		v, ok := values[strings.ToLower(text)]
		if ok {
			*to = v
		}
		return ok
	}}
}

// names is a list with commas between its entries; an empty text is an empty list.
func names(to *[]string, def string, most, longest int) *value {
	split := func(text string) ([]string, bool) {
		list := []string{}
		for _, name := range strings.Split(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
		for _, name := range list {
			if len(name) > longest {
				return nil, false
			}
		}
		return list, len(list) <= most
	}
	*to, _ = split(def)
	return &value{def, fmt.Sprintf("at most %d names of at most %d bytes, with commas between them", most, longest), func(text string) bool {
		list, ok := split(text)
		if ok {
			*to = list
		}
		return ok
	}}
}
