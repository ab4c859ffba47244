//go:build !race

package kclient_test

const raceEnabled = false
