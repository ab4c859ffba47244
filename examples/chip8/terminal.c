#define _XOPEN_SOURCE 700 /* POSIX 2008, which plain C99 hides */

#include "terminal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    HOLD = 8,       /* frames that a key counts as down: 133 ms */
    MESSAGES = 4,   /* lines shown below the screen */
    LINE = 160,     /* bytes of such a line */
    CHAT = 150      /* bytes that can be typed; servers take about as many */
};

static int has_screen, has_keyboard;
static struct termios before;
static pthread_mutex_t closing = PTHREAD_MUTEX_INITIALIZER; /* guards the two has_ and before */

static uint8_t held[16];  /* frames for which each key is down still */
static int esc_pressed;
static int typing;        /* the user is typing a line to say */
static char typed[CHAT + 1], said[CHAT + 1];
static char messages[MESSAGES][LINE];

static void write_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, size);
        if (n <= 0)
            return;
        bytes += n;
        size -= (size_t)n;
    }
}

static void write_text(const char *text)
{
    write_all(text, strlen(text));
}

void terminal_open(int screen, int keyboard)
{
    struct termios raw;

    if (keyboard && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0) {
        raw = before;
        raw.c_lflag &= (tcflag_t)~(ICANON | ECHO); /* Ctrl-C stays a signal */
        raw.c_cc[VMIN] = 0;                        /* read() never waits */
        raw.c_cc[VTIME] = 0;
        has_keyboard = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    has_screen = screen && isatty(STDOUT_FILENO);
    if (has_screen) /* the alternate screen, no cursor, empty */
        write_text("\033[?1049h\033[?25l\033[2J");
}

void terminal_close(void)
{
    pthread_mutex_lock(&closing);
    if (has_screen)
        write_text("\033[?25h\033[?1049l");
    if (has_keyboard)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    has_screen = has_keyboard = 0;
    pthread_mutex_unlock(&closing);
}

/* Takes off the last character, which may be several bytes of UTF-8. */
static void rub_out(char *text)
{
    size_t size = strlen(text);

    while (size > 0 && ((unsigned char)text[size - 1] & 0xc0) == 0x80)
        size--;
    if (size > 0)
        size--;
    text[size] = '\0';
}

static void type_chat(char c)
{
    size_t size = strlen(typed);

    if (c == '\n' || c == '\r') {
        strcpy(said, typed);
        typing = 0;
    } else if (c == 0x7f || c == '\b') {
        rub_out(typed);
    } else if ((unsigned char)c >= ' ' && size < CHAT) {
        typed[size] = c;
        typed[size + 1] = '\0';
    }
}

static void press(char c)
{
    static const char keyboard[] = "x123qweasdzc4rfv"; /* keys 0 to F */
    const char *key;

    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == ' ')
        c = 'a';
    if (c == 't') {
        typing = 1;
        typed[0] = '\0';
    } else if (c != '\0' && (key = strchr(keyboard, c)) != NULL) {
        held[key - keyboard] = HOLD;
    }
}

uint16_t terminal_keys(void)
{
    char bytes[64];
    uint16_t keys = 0;
    ssize_t size = has_keyboard ? read(STDIN_FILENO, bytes, sizeof bytes) : 0;

    for (ssize_t n = 0; n < size; n++) {
        if (bytes[n] != '\033') {
            if (typing)
                type_chat(bytes[n]);
            else
                press(bytes[n]);
        } else if (n + 2 < size && (bytes[n + 1] == '[' || bytes[n + 1] == 'O')) {
            /* An arrow key is three bytes; other such keys are longer. */
            n += 2;
            switch (bytes[n]) {
            case 'A': press('w'); break;
            case 'B': press('s'); break;
            case 'C': press('d'); break;
            case 'D': press('a'); break;
            default:
                while (n + 1 < size && bytes[n] >= '0' && bytes[n] <= '?')
                    n++;
            }
        } else if (typing) {
            typing = 0;
        } else {
            esc_pressed = 1;
        }
    }
    for (int key = 0; key < 16; key++) {
        if (held[key] > 0) {
            held[key]--;
            keys |= (uint16_t)(1u << key);
        }
    }
    return keys;
}

int terminal_left(void)
{
    int left = esc_pressed;
    esc_pressed = 0;
    return left;
}

const char *terminal_chat(void)
{
    static char line[CHAT + 1];

    if (said[0] == '\0')
        return NULL;
    strcpy(line, said);
    said[0] = '\0';
    return line;
}

/* A frame is built up here and written at once, so that it does not flicker. */
static char page[16384];
static size_t page_size;

static void add(const char *format, ...)
{
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(page + page_size, sizeof page - page_size, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size < sizeof page - page_size)
        page_size += (size_t)size;
}

void terminal_draw(const struct machine *m, const char *status)
{
    /* nothing, the lower half, the upper half, both */
    static const char *const blocks[4] = {" ", "\u2584", "\u2580", "\u2588"};

    if (!has_screen)
        return;
    page_size = 0;
    add("\033[H\r\n");
    for (int y = 0; y < MACHINE_HEIGHT; y += 2) {
        add("  \033[48;5;236m\033[38;5;231m");
        for (int x = 0; x < MACHINE_WIDTH; x++)
            add("%s", blocks[machine_pixel(m, x, y) << 1 | machine_pixel(m, x, y + 1)]);
        add("\033[0m\033[K\r\n");
    }
    add("\r\n  %s\033[K\r\n", status);
    for (int n = 0; n < MESSAGES; n++)
        add("  %s\033[K\r\n", messages[n]);
    if (typing)
        add("  say: %s_\033[K", typed);
    else
        add("  \033[K");
    write_all(page, page_size);
}

void terminal_show(const char *line)
{
    char clean[LINE];
    size_t size = 0;

    /*
     * Other people's text: it must not steer the terminal. Control characters are
     * the bytes below space, 7F and, in UTF-8, C2 80 to C2 9F.
     */
    for (; *line != '\0' && size + 1 < sizeof clean; line++) {
        unsigned char c = (unsigned char)line[0], next = (unsigned char)line[1];
        if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
            clean[size++] = '?';
            line++;
        } else {
            clean[size++] = c < ' ' || c == 0x7f ? '?' : (char)c;
        }
    }
    clean[size] = '\0';
    if (*line != '\0')
        rub_out(clean); /* cut: the last character may not be whole */
    if (!has_screen) {
        printf("%s\n", clean);
        fflush(stdout);
        return;
    }
    memmove(messages[0], messages[1], sizeof messages - sizeof messages[0]);
    memcpy(messages[MESSAGES - 1], clean, size + 1);
}
