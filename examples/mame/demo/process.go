package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is a program that was started.
type process struct {
	name string
	out  string        // the file with its stdout and stderr
	done chan struct{} // closed when it has ended
	err  error         // how; read it after done
}

// start starts a program. When ctx is done it is asked to end, and killed if it does not. extra files
// get the numbers from 3 on in it.
func start(ctx context.Context, name, folder string, environment []string, extra []*os.File, path string, arguments ...string) (*process, error) {
	p := &process{name: name, out: filepath.Join(folder, name+".out"), done: make(chan struct{})}
	out, err := os.Create(p.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, path, arguments...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = extra
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// said is what the plugin printed.
func (p *process) said() []string {
	text, _ := os.ReadFile(p.out)
	var lines []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if words, ok := strings.CutPrefix(line, "kaillera: "); ok {
			lines = append(lines, words)
		}
	}
	return lines
}
