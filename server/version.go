package server

import "kbridge/kclient/version"

// Version is the product's name, its version, and the revision that it was built from, as far as that is known.
func Version() string { return "kbridge " + version.String() }
