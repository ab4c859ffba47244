package settings_test

import "testing"

func pipe(t *testing.T, _ string) error {
	t.Skip("skipped: pipes of Windows do not lie among files")
	return nil
}
