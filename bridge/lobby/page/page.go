// Package page is the lobby's page: HTML, styles, scripts and texts, as they are
// served. Nothing is built; the browser takes the files as they stand here.
//
// index.html is the frame, main.js begins. Each script holds one idea and says at
// its head which; texts.json is the one catalogue of all languages. Tests find the
// page's parts by their data-test, and the view that shows by the body's data-view.
//
// What it must not do: ask anything but its own server for anything, write
// anybody's words as markup, or keep state that the library does not have, except
// for what is being typed.
package page

import "embed"

// Files are the page's.
//
//go:embed *.html *.css *.js *.svg *.json
var Files embed.FS
