package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/version"
)

// The classic API (protocol notes): the functions and the bytes of arguments that
// each takes on x86.
var api = map[string]int{
	"kailleraGetVersion": 4, "kailleraInit": 0, "kailleraShutdown": 0, "kailleraSetInfos": 4,
	"kailleraSelectServerDialog": 4, "kailleraModifyPlayValues": 8, "kailleraChatSend": 4,
	"kailleraEndGame": 0, "kailleraGetFrameDelay": 0, "kailleraGetFramesBehind": 0,
}

// TestDLLExports reads the export tables of the built DLLs: all spellings that an
// emulator looks up are there, and nothing else.
func TestDLLExports(t *testing.T) {
	for _, gcc := range []string{"i686-w64-mingw32-gcc", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(gcc); err != nil {
			t.Skipf("%s is not installed (Debian: apt-get install gcc-mingw-w64): the Windows library is not tested",
				gcc)
		}
	}
	build := filepath.Join("..", "build")
	out, err := exec.Command("make", "-C", "..", "dll").CombinedOutput()
	require.NoError(t, err, "%s", out)

	var x86, x64 []string
	for name, size := range api {
		decorated := fmt.Sprintf("%s@%d", name, size)
		x86 = append(x86, name, decorated, "_"+decorated)
		x64 = append(x64, name)
	}
	slices.Sort(x86)
	slices.Sort(x64)
	exported := exports(t, filepath.Join(build, "windows-386", "kailleraclient.dll"))
	require.Equal(t, x86, slices.Sorted(maps.Keys(exported)))
	for _, file := range []string{"kailleraclient.dll", "kailleraclient64.dll"} {
		require.Equal(t, x64, slices.Sorted(maps.Keys(exports(t, filepath.Join(build, "windows-amd64", file)))))
	}

	// Emulators of old compilers call with the stack at any multiple of 4; every
	// entry puts that right first: and $-16, %esp.
	for name, code := range exported {
		require.Contains(t, string(code[:24]), "\x83\xe4\xf0", "%s does not realign the stack", name)
	}

	// An emulator's folder has nothing of the compiler's, such as libgcc; and the
	// file says what it is (its version resource, in UTF-16).
	about, product := inUTF16("Kaillera client library"), inUTF16(version.Number+"\x00")
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
		require.Contains(t, string(resources), about)
		require.Contains(t, string(resources), product)
		for _, name := range []string{"libkailleraclient.a", "kailleraclient.lib"} {
			require.FileExists(t, filepath.Join(build, folder, name))
		}
	}
}

// inUTF16 is a text as the resources of Windows have it.
func inUTF16(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// exports returns the names in a PE file's export table, and the code that each
// leads to. debug/pe reads everything but that.
func exports(t *testing.T, path string) map[string][]byte {
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
	functions, count := u32(table[20:]), u32(table[24:])
	// Exported by number alone would be more functions than names point at.
	require.LessOrEqual(t, functions, count, "%s exports by number", path)
	addresses, names, ordinals := at(u32(table[28:])), at(u32(table[32:])), at(u32(table[36:]))
	found := make(map[string][]byte)
	for i := range count {
		name, _, _ := bytes.Cut(at(u32(names[4*i:])), []byte{0})
		ordinal := binary.LittleEndian.Uint16(ordinals[2*i:])
		found[string(name)] = at(u32(addresses[4*ordinal:]))
	}
	require.Len(t, found, int(count))
	return found
}
