package framecache_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
)

// must fails the test at once unless ok; message is a format and its arguments.
func must(t testing.TB, ok bool, message ...any) {
	if !ok {
		t.Helper()
		t.Fatal(text("not so", message))
	}
}

// equal fails the test at once unless got is want.
func equal[T any](t testing.TB, want, got T, message ...any) {
	if !same(want, got) {
		t.Helper()
		t.Fatalf("%s\nwant %v\n got %v", text("not equal", message), want, got)
	}
}

// same spares the common types the reflection: some tests compare millions of times.
func same(want, got any) bool {
	switch want := want.(type) {
	case int:
		return want == got
	case bool:
		return want == got
	case []byte:
		got, ok := got.([]byte)
		return ok && bytes.Equal(want, got)
	}
	return reflect.DeepEqual(want, got)
}

func text(otherwise string, message []any) string {
	if len(message) == 0 {
		return otherwise
	}
	return fmt.Sprintf(message[0].(string), message[1:]...)
}
