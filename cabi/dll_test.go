package main

import (
	"debug/pe"
	"encoding/binary"
	"fmt"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// The classic API (protocol notes): the functions and the bytes of arguments that
// each takes on x86.
var api = map[string]int{
	"kailleraGetVersion": 4, "kailleraInit": 0, "kailleraShutdown": 0, "kailleraSetInfos": 4,
	"kailleraSelectServerDialog": 4, "kailleraModifyPlayValues": 8, "kailleraChatSend": 4,
	"kailleraEndGame": 0, "kailleraGetFrameDelay": 0,
}

// TestDLLExports reads the export tables of the built DLLs: all spellings that an
// emulator looks up are there, and nothing else.
func TestDLLExports(t *testing.T) {
	for _, gcc := range []string{"i686-w64-mingw32-gcc", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(gcc); err != nil {
			t.Skipf("%s is not installed (Debian: apt-get install gcc-mingw-w64): the Windows library is not tested", gcc)
		}
	}
	build := filepath.Join("..", "build")
	out, err := exec.Command("make", "-C", "..", "dll").CombinedOutput()
	require.NoError(t, err, "%s", out)

	var x86, x64 []string
	for name, bytes := range api {
		decorated := fmt.Sprintf("%s@%d", name, bytes)
		x86 = append(x86, name, decorated, "_"+decorated)
		x64 = append(x64, name)
	}
	sort.Strings(x86)
	sort.Strings(x64)
	require.Equal(t, x86, exports(t, filepath.Join(build, "windows-386", "kailleraclient.dll")))
	require.Equal(t, x64, exports(t, filepath.Join(build, "windows-amd64", "kailleraclient.dll")))
	require.Equal(t, x64, exports(t, filepath.Join(build, "windows-amd64", "kailleraclient64.dll")))

	// An emulator's folder has nothing of the compiler's, such as libgcc; and the
	// file says what it is (its version resource, in UTF-16).
	var about []byte
	for _, u := range utf16.Encode([]rune("Kaillera client library")) {
		about = binary.LittleEndian.AppendUint16(about, u)
	}
	for _, folder := range []string{"windows-386", "windows-amd64"} {
		f, err := pe.Open(filepath.Join(build, folder, "kailleraclient.dll"))
		require.NoError(t, err)
		defer f.Close()
		needed, err := f.ImportedSymbols()
		require.NoError(t, err)
		require.NotEmpty(t, needed)
		for _, symbol := range needed {
			_, library, _ := strings.Cut(symbol, ":")
			require.Contains(t, []string{"KERNEL32.dll", "msvcrt.dll", "USER32.dll"}, library)
		}
		resources, err := f.Section(".rsrc").Data()
		require.NoError(t, err)
		require.Contains(t, string(resources), string(about))
		for _, name := range []string{"libkailleraclient.a", "kailleraclient.lib"} {
			require.FileExists(t, filepath.Join(build, folder, name))
		}
	}
}

// exports returns the names in a PE file's export table, in order. debug/pe reads
// everything but that.
func exports(t *testing.T, path string) []string {
	t.Helper()
	f, err := pe.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var dir pe.DataDirectory
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		dir = h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	case *pe.OptionalHeader64:
		dir = h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	}
	// at returns what is loaded at an address relative to the image's base.
	at := func(rva uint32) []byte {
		for _, s := range f.Sections {
			if rva >= s.VirtualAddress && rva < s.VirtualAddress+s.Size {
				data, err := s.Data()
				require.NoError(t, err)
				return data[rva-s.VirtualAddress:]
			}
		}
		require.FailNow(t, "nothing is loaded there", "%s: %#x", path, rva)
		return nil
	}
	u32 := binary.LittleEndian.Uint32
	table := at(dir.VirtualAddress)
	count, functions, names := u32(table[24:]), u32(table[20:]), u32(table[32:])
	// Exported by number alone would be more functions than names point at.
	require.LessOrEqual(t, functions, count, "%s exports by number", path)
	list := make([]string, count)
	for i := range list {
		name := at(u32(at(names)[4*i:]))
		for n, c := range name {
			if c == 0 {
				list[i] = string(name[:n])
				break
			}
		}
	}
	sort.Strings(list)
	require.NotEmpty(t, list)
	return list
}
