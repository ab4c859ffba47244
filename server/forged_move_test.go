package server_test

import (
	"kbridge/kclient"
	"kbridge/kclient/wire/ext"
)

// forgedMove is a Move by somebody who has the ticket and hears nothing at the address that it names.
func forgedMove(t kclient.Ticket, counter uint32) []byte {
	return ext.AppendMove(nil, t, counter, [ext.NonceSize]byte{})
}
