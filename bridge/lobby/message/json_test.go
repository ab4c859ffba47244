package message

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEncodeNamesTheTypeAndHoldsTheFields(t *testing.T) {
	b, err := Encode(UserGone{ID: 7})
	require.NoError(t, err)
	assert.JSONEq(t, `{"t":"userGone","id":7}`, string(b))
}

// The page loops over lists, which null has no length for.
func TestListsAreNeverNull(t *testing.T) {
	for typ := range names {
		b, err := Encode(reflect.New(typ).Elem().Interface().(ToPage))
		require.NoError(t, err)
		var fields map[string]any
		require.NoError(t, json.Unmarshal(b, &fields))
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Type.Kind() == reflect.Slice {
				assert.Equal(t, []any{}, fields[f.Tag.Get("json")], "%s.%s", typ, f.Name)
			}
		}
	}
	lines := []Line{{Text: "hello"}}
	b, err := Encode(Chat{Lines: lines})
	require.NoError(t, err)
	assert.Contains(t, string(b), `"args":[]`, "a list inside of a list")
	assert.Nil(t, lines[0].Args, "what the sender holds is not written to")
}

func TestParseTellsAbsentFromEmpty(t *testing.T) {
	m, re, err := Parse([]byte(`{"t":"setSettings","id":7,"nick":"","record":true}`))
	require.NoError(t, err)
	assert.Equal(t, 7, re)
	set := m.(SetSettings)
	require.NotNil(t, set.Nick)
	assert.Empty(t, *set.Nick)
	require.NotNil(t, set.Record)
	assert.True(t, *set.Record)
	assert.Nil(t, set.Connection)
}

func TestParseRefusesWhatIsNoMessage(t *testing.T) {
	for _, b := range []string{``, `[]`, `"connect"`, `{"t":5}`, `{"t":"connect","address":5}`, `{"t":"say","to":1.5}`,
		`{"id":1}`} {
		_, _, err := Parse([]byte(b))
		assert.Error(t, err, b)
	}
	_, re, err := Parse([]byte(`{"t":"hello","id":3}`))
	assert.ErrorIs(t, err, ErrUnknown, "a message to the page is none from it")
	assert.Equal(t, 3, re)
}

// Each field has a name in JSON, and each message stands in the document.
func TestEveryMessageIsDescribed(t *testing.T) {
	document, err := os.ReadFile("MESSAGES.md")
	require.NoError(t, err)
	described := func(name string, typ reflect.Type) {
		assert.Contains(t, string(document), "`"+name+"`", "MESSAGES.md describes every message")
		for i := range typ.NumField() {
			tag := typ.Field(i).Tag.Get("json")
			assert.NotEmpty(t, tag, "%s.%s", typ, typ.Field(i).Name)
			assert.Equal(t, strings.ToLower(tag[:1]), tag[:1])
		}
	}
	for typ, name := range names {
		described(name, typ)
	}
	for name, typ := range types {
		described(name, typ)
	}
}
