package kclient

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitAddress(t *testing.T) {
	for _, c := range []struct {
		in, host string
		port     uint16
	}{
		{"example.org", "example.org", 27888},
		{"example.org:1234", "example.org", 1234},
		{"127.0.0.1", "127.0.0.1", 27888},
		{"127.0.0.1:65535", "127.0.0.1", 65535},
		{"::1", "::1", 27888},
		{"[::1]", "::1", 27888},
		{"[::1]:5", "::1", 5},
	} {
		host, port, err := splitAddress(c.in)
		require.NoError(t, err, c.in)
		require.Equal(t, c.host, host, c.in)
		require.Equal(t, c.port, port, c.in)
	}
	// HOSTILE: nothing that a shell or a URL handler would read differently
	// ever counts as a host.
	for _, bad := range []string{"", ":27888", "host:", "host:0", "host:65536", "host:x", "a&calc", "a|b", "a b", "file:///etc/passwd", "a:1:2", "$(x)", "a\nb"} {
		_, _, err := splitAddress(bad)
		var config *ConfigError
		require.ErrorAs(t, err, &config, bad)
		require.Equal(t, bad, config.Value)
	}
}
