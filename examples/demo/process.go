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

// goodbye is how long a program that was asked to end may take before it is killed. Tests shorten it.
var goodbye = 3 * time.Second

// process is a program that was started.
type process struct {
	name string
	cmd  *exec.Cmd
	out  string        // the file with its stdout and stderr
	done chan struct{} // closed when it has ended
	err  error         // how; read it after done
}

// start starts a program, which is asked to end when ctx is done, and killed if it does not. extra files get the numbers from 3
// on in it.
func start(ctx context.Context, name, folder string, environment []string, extra []*os.File, path string, arguments ...string) (*process, error) {
	p := &process{name: name, out: filepath.Join(folder, name+".out"), done: make(chan struct{})}
	out, err := os.Create(p.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.CommandContext(ctx, path, arguments...)
	p.cmd.Env = append(os.Environ(), environment...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.ExtraFiles = extra
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = goodbye
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// tail is the end of a log, for a message about a failure.
func tail(path string) string {
	const most = 12
	text, err := os.ReadFile(path)
	if err != nil || len(strings.TrimSpace(string(text))) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return fmt.Sprintf("the end of %s:\n  %s\n", path, strings.Join(lines, "\n  "))
}
