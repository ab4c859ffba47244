#include "text.h"

#include <stdio.h>

const char *text_unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; to++) {
        unsigned byte;
        if (sscanf(from, "\\x%2x", &byte) == 1) {
            *to = (char)byte;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return text;
}

void text_show(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x80)
            putchar(*text);
        else
            printf("\\x%02x", (unsigned char)*text);
}
