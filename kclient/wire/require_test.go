package wire

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// require has the checks of these tests, under testify's names. They are here
// so that the tests of a package this far down ask for no module of their own.
var require checks

type checks struct{}

func fail(t testing.TB, what string, message []any) {
	t.Helper()
	if len(message) > 0 {
		what = fmt.Sprintf(message[0].(string), message[1:]...) + ": " + what
	}
	t.Fatal(what)
}

func (checks) Equal(t testing.TB, want, got any, message ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		fail(t, fmt.Sprintf("not equal\nwant %#v\n got %#v", want, got), message)
	}
}

func (checks) True(t testing.TB, ok bool, message ...any) {
	t.Helper()
	if !ok {
		fail(t, "not so", message)
	}
}

func (checks) False(t testing.TB, ok bool, message ...any) {
	t.Helper()
	if ok {
		fail(t, "should not be so", message)
	}
}

func (checks) NoError(t testing.TB, err error, message ...any) {
	t.Helper()
	if err != nil {
		fail(t, "unexpected error: "+err.Error(), message)
	}
}

func (checks) Error(t testing.TB, err error, message ...any) {
	t.Helper()
	if err == nil {
		fail(t, "expected an error", message)
	}
}

func (checks) ErrorIs(t testing.TB, err, want error, message ...any) {
	t.Helper()
	if !errors.Is(err, want) {
		fail(t, fmt.Sprintf("error is %v, want %v", err, want), message)
	}
}

func (checks) Len(t testing.TB, v any, n int, message ...any) {
	t.Helper()
	if got := reflect.ValueOf(v).Len(); got != n {
		fail(t, fmt.Sprintf("length %d, want %d", got, n), message)
	}
}

func (checks) Empty(t testing.TB, v any, message ...any) {
	t.Helper()
	if got := reflect.ValueOf(v).Len(); got != 0 {
		fail(t, fmt.Sprintf("length %d, want none: %v", got, v), message)
	}
}

func (checks) Contains(t testing.TB, s, part string, message ...any) {
	t.Helper()
	if !strings.Contains(s, part) {
		fail(t, fmt.Sprintf("%q does not hold %q", s, part), message)
	}
}

func (checks) NotContains(t testing.TB, s, part string, message ...any) {
	t.Helper()
	if strings.Contains(s, part) {
		fail(t, fmt.Sprintf("%q holds %q", s, part), message)
	}
}

func (checks) Panics(t testing.TB, f func(), message ...any) {
	t.Helper()
	if !panics(f) {
		fail(t, "expected a panic", message)
	}
}

func (checks) NotPanics(t testing.TB, f func(), message ...any) {
	t.Helper()
	if panics(f) {
		fail(t, "panicked", message)
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return
}
