package setting

import (
	"fmt"
	"strings"
)

// Describe describes all settings of a table.
func Describe[S any](table []Setting[S]) []Description {
	all := make([]Description, len(table))
	for i, s := range table {
		all[i] = s.Describe()
	}
	return all
}

// Markdown is a table for a document; kind is what stands above the names, and before, in front of each.
func Markdown(kind, before string, all []Description) string {
	var b strings.Builder
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	fmt.Fprintf(&b, "| %s | what it is | takes | default |\n|---|---|---|---|\n", kind)
	for _, d := range all {
		fmt.Fprintf(&b, "| `%s%s` | %s | %s | %s |\n", before, d.Name, cell(d.Help), cell(d.Takes), cell(d.Default))
	}
	return b.String()
}

// Flags is the list of flags for --help, in the form of the flag package.
func Flags(all []Description) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "  -%s %s\n    \t%s; takes %s (default %s)\n", d.Name, d.Value, d.Help, d.Takes, d.Default)
	}
	return b.String()
}
