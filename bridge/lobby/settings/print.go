package settings

import (
	"fmt"
	"strings"

	"kbridge/kclient/setting"
)

// head is the comment that the file begins with.
func head() string {
	var b strings.Builder
	b.WriteString("# What you have chosen in the kbridge lobby. You may edit this file, also while\n" +
		"# an emulator runs; what stands here wrong is named in the lobby.\n#\n")
	for _, d := range setting.Describe(table) {
		fmt.Fprintf(&b, "# %s: %s; %s\n", d.Name, d.Help, d.Takes)
	}
	b.WriteString("\n")
	return b.String()
}

// sentences joins errors for the user.
func sentences(errs []error) string {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, ". ")
}
