package kaillera

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// What a state accepts is handled, and what is handled is accepted by some state: a type is in both tables or in none.
func TestAcceptedTypesHaveHandlers(t *testing.T) {
	var all typeSet
	for _, set := range acceptedIn {
		all |= set
	}
	for typ := range wire.Type(255) {
		require.Equal(t, all.has(typ), handlers.Of(typ) != nil, "%v", typ)
	}
}
