package framecache_test

import (
	"fmt"
	"reflect"
	"testing"
)

// must fails the test at once unless ok; message is a format and its arguments.
func must(t testing.TB, ok bool, message ...any) {
	t.Helper()
	if !ok {
		t.Fatal(text("not so", message))
	}
}

// equal fails the test at once unless got is want.
func equal[T any](t testing.TB, want, got T, message ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%s\nwant %v\n got %v", text("not equal", message), want, got)
	}
}

func text(otherwise string, message []any) string {
	if len(message) == 0 {
		return otherwise
	}
	return fmt.Sprintf(message[0].(string), message[1:]...)
}
