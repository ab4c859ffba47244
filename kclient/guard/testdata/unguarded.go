// Package unguarded has one of each thing that may not be started without the guard.
package unguarded

import (
	"context"
	"runtime"
	"sync"
	clock "time"
)

func f() {}

func all(ctx context.Context, group *sync.WaitGroup) {
	go f()
	group.Go(f)
	clock.AfterFunc(clock.Second, f)
	context.AfterFunc(ctx, f)
	start := clock.AfterFunc
	start(clock.Second, f)
	runtime.SetFinalizer(group, func(*sync.WaitGroup) {})
	runtime.AddCleanup(group, func(int) {}, 1)
}
