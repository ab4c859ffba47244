/*
 * text.h: text in an old Windows charset, on a command line and on a console that
 * have other charsets or none: bytes beyond ASCII are written \xff.
 */
#ifndef WINHOST_TEXT_H
#define WINHOST_TEXT_H

/* Turns every \xff into the byte that it names, in place. */
const char *text_unescape(char *text);

/* Prints text, the bytes beyond ASCII as text_unescape takes them. */
void text_show(const char *text);

#endif
