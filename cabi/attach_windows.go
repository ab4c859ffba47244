package main

// void kb_attached(void);
import "C"

func init() { C.kb_attached() }
