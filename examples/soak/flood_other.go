//go:build !linux

package main

import (
	"context"
	"math/rand/v2"
)

// loginFlood needs a socket that names the source of each datagram; manyPorts is what there is instead.
func (a *attack) loginFlood(ctx context.Context, rng *rand.Rand) { a.manyPorts(ctx, rng) }
