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

// Flags is the list of flags for --help, in the form of the flag package. One without a word for its value is a switch.
func Flags(all []Description) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintln(&b, strings.TrimRight("  -"+d.Name+" "+d.Value, " "))
		wrap(&b, d.Help)
		wrap(&b, fmt.Sprintf("It takes %s (default %s)", d.Takes, d.Default))
	}
	return b.String()
}

// wrap writes a text in lines of a terminal, behind a tab.
func wrap(b *strings.Builder, text string) {
	const columns = 72
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > columns {
			fmt.Fprintf(b, "    \t%s\n", line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	fmt.Fprintf(b, "    \t%s\n", line)
}
