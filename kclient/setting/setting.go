package setting

import (
	"fmt"
	"reflect"
)

// Setting is a row of a table whose values are kept in an S.
type Setting[S any] interface {
	// Describe says what the setting is, for people.
	Describe() Description
	// Reset sets the default.
	Reset(s *S)
	// Fill sets the default where the value is the zero value of its type.
	Fill(s *S)
	// Set sets what a text says. The error is an *Error.
	Set(s *S, text string) error
	// Check looks at the value as it stands. The error is an *Error that names the field.
	Check(s *S) error
	// Mend puts what can be in place of what cannot, and says where it did; each error is an *Error.
	Mend(s *S) []error
}

// Description is what people read of a setting.
type Description struct {
	Name    string // of the flag, the variable or the key
	Value   string // a word for the value, for --help; may be empty
	Help    string // what it is, without a full stop
	Takes   string // the values it takes
	Default string
}

// Row is a setting of type V that is kept in an S.
type Row[S, V any] struct {
	Name    string
	Field   string // the name in Go, for errors of Check; Name where it is empty
	Value   string
	Kind    Kind[V]
	Default V
	Shown   string // the default in words, where Kind cannot say it
	To      func(*S) *V
	Help    string
}

// Describe implements Setting.
func (r Row[S, V]) Describe() Description {
	shown := r.Shown
	if shown == "" {
		shown = r.Kind.format(r.Default)
	}
	return Description{Name: r.Name, Value: r.Value, Help: r.Help, Takes: r.Kind.Takes, Default: shown}
}

// Reset implements Setting. A list is copied, so that whoever changes theirs changes no default.
func (r Row[S, V]) Reset(s *S) {
	*r.To(s) = r.Default
	if list := reflect.ValueOf(r.To(s)).Elem(); list.Kind() == reflect.Slice && !list.IsNil() {
		list.Set(reflect.AppendSlice(reflect.MakeSlice(list.Type(), 0, list.Len()), list))
	}
}

// Fill implements Setting.
func (r Row[S, V]) Fill(s *S) {
	if reflect.ValueOf(r.To(s)).Elem().IsZero() {
		r.Reset(s)
	}
}

// Set implements Setting. A wrong text leaves the value as it was.
func (r Row[S, V]) Set(s *S, text string) error {
	v, ok := r.Kind.Parse(text)
	if !ok {
		wrong := &Error{Name: r.Name, Value: text, Takes: r.Kind.Takes}
		if r.Kind.Why != nil {
			wrong.Why = r.Kind.Why(text)
		}
		return wrong
	}
	*r.To(s) = v
	return nil
}

// Check implements Setting.
func (r Row[S, V]) Check(s *S) error {
	if r.Kind.Wrong == nil {
		return nil
	}
	v := *r.To(s)
	wrong := r.Kind.Wrong(v)
	if wrong == "" {
		return nil
	}
	name := r.Field
	if name == "" {
		name = r.Name
	}
	return &Error{Name: name, Value: r.Kind.format(v), Wrong: wrong, Takes: r.Kind.Takes}
}

// Mend implements Setting.
func (r Row[S, V]) Mend(s *S) []error {
	to := r.To(s)
	var wrong []error
	if r.Kind.Mend != nil {
		*to = r.Kind.Mend(*to, func(sentence string) {
			wrong = append(wrong, &Error{Name: r.Name, Wrong: sentence, Takes: r.Kind.Takes})
		})
	}
	if err := r.Check(s); err != nil {
		wrong = append(wrong, err)
		r.Reset(s)
	}
	return wrong
}

// Error is a setting that has a value which it does not take.
type Error struct {
	Name  string
	Value string // as it was given
	Wrong string // what is wrong, behind the name: "has 40 lines"; empty for that it is Value
	Takes string
	Why   string // why the value is not one of these; may be empty
}

func (e *Error) Error() string {
	wrong := e.Wrong
	if wrong == "" {
		wrong = fmt.Sprintf("is %q", e.Value)
	}
	text := fmt.Sprintf("%s %s; it takes %s", e.Name, wrong, e.Takes)
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}
