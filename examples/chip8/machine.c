#include "machine.h"

#include <string.h>

enum { NO_KEY = 16, FONT_SIZE = 5 };

/* The hexadecimal digits, 4 x 5 pixels each, at address 0. */
static const uint8_t font[16 * FONT_SIZE] = {
    0xf0, 0x90, 0x90, 0x90, 0xf0, 0x20, 0x60, 0x20, 0x20, 0x70,
    0xf0, 0x10, 0xf0, 0x80, 0xf0, 0xf0, 0x10, 0xf0, 0x10, 0xf0,
    0x90, 0x90, 0xf0, 0x10, 0x10, 0xf0, 0x80, 0xf0, 0x10, 0xf0,
    0xf0, 0x80, 0xf0, 0x90, 0xf0, 0xf0, 0x10, 0x20, 0x40, 0x40,
    0xf0, 0x90, 0xf0, 0x90, 0xf0, 0xf0, 0x90, 0xf0, 0x10, 0xf0,
    0xf0, 0x90, 0xf0, 0x90, 0x90, 0xe0, 0x90, 0xe0, 0x90, 0xe0,
    0xf0, 0x80, 0x80, 0x80, 0xf0, 0xe0, 0x90, 0x90, 0x90, 0xe0,
    0xf0, 0x80, 0xf0, 0x80, 0xf0, 0xf0, 0x80, 0xf0, 0x80, 0x80,
};

/* FNV-1a, 64 bits: tiny, fast enough for 4 KB a frame, and good enough. */
static const uint64_t fnv_start = UINT64_C(14695981039346656037);

static uint64_t fnv(uint64_t hash, const uint8_t *bytes, size_t size)
{
    for (size_t n = 0; n < size; n++)
        hash = (hash ^ bytes[n]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t fnv_number(uint64_t hash, uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8),
                        (uint8_t)(number >> 16), (uint8_t)(number >> 24)};
    return fnv(hash, bytes, sizeof bytes);
}

int machine_init(struct machine *m, const uint8_t *rom, size_t size, int steps)
{
    if (size == 0 || size > MACHINE_ROM_MAX)
        return -1;
    memset(m, 0, sizeof *m);
    memcpy(m->ram, font, sizeof font);
    memcpy(m->ram + MACHINE_START, rom, size);
    m->pc = MACHINE_START;
    m->wait_key = NO_KEY;
    m->steps = (uint16_t)steps;
    /* Not from the clock: every player's machine must roll the same dice. */
    m->random = (uint32_t)fnv(fnv_start, rom, size) | 1;
    return 0;
}

/* xorshift32. Its state is never 0. */
static uint8_t random_byte(struct machine *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 17;
    m->random ^= m->random << 5;
    return (uint8_t)(m->random >> 24);
}

/* Programs may compute any address; memory repeats every 4,096 bytes. */
static uint8_t *at(struct machine *m, unsigned address)
{
    return &m->ram[address % MACHINE_RAM];
}

/* Draws an 8-pixel-wide sprite by XOR; returns 1 if it put a lit pixel out. */
static uint8_t draw(struct machine *m, unsigned left, unsigned top, unsigned rows)
{
    uint8_t hit = 0;

    left %= MACHINE_WIDTH;
    top %= MACHINE_HEIGHT;
    for (unsigned row = 0; row < rows && top + row < MACHINE_HEIGHT; row++) {
        uint8_t bits = *at(m, m->i + row);
        for (unsigned col = 0; col < 8 && left + col < MACHINE_WIDTH; col++) {
            unsigned pixel = (top + row) * MACHINE_WIDTH + left + col;
            uint8_t mask = (uint8_t)(0x80 >> pixel % 8);
            if (!(bits & (0x80 >> col)))
                continue;
            if (m->screen[pixel / 8] & mask)
                hit = 1;
            m->screen[pixel / 8] ^= mask;
        }
    }
    return hit;
}

static int key_down(const struct machine *m, unsigned key)
{
    return m->keys >> (key & 15) & 1;
}

/* 8XYn: arithmetic. The flag is written last, so that VF as VX ends as the flag. */
static void arithmetic(struct machine *m, unsigned x, unsigned y, unsigned n)
{
    unsigned a = m->v[x], b = m->v[y], result = b, flag = 0;
    int flagged = 1;

    switch (n) {
    case 0x0: flagged = 0; break;
    case 0x1: result = a | b; break;
    case 0x2: result = a & b; break;
    case 0x3: result = a ^ b; break;
    case 0x4: result = a + b; flag = result > 255; break;
    case 0x5: result = a - b; flag = a >= b; break;
    case 0x6: result = b >> 1; flag = b & 1; break;
    case 0x7: result = b - a; flag = b >= a; break;
    case 0xe: result = b << 1; flag = b >> 7; break;
    default: m->halted = 1; return;
    }
    m->v[x] = (uint8_t)result;
    if (flagged)
        m->v[0xf] = (uint8_t)flag;
}

/* FX0A: waits until a key has gone down and come up again, then gives it. */
static void await_key(struct machine *m, unsigned x)
{
    if (m->wait_key == NO_KEY) {
        for (unsigned key = 0; key < 16; key++) {
            if (key_down(m, key)) {
                m->wait_key = (uint8_t)key;
                break;
            }
        }
    } else if (!key_down(m, m->wait_key)) {
        m->v[x] = m->wait_key;
        m->wait_key = NO_KEY;
        return;
    }
    m->pc = (uint16_t)(m->pc - 2); /* once more */
}

/* FXnn: timers, keys, memory. */
static void misc(struct machine *m, unsigned x, unsigned nn)
{
    switch (nn) {
    case 0x07: m->v[x] = m->delay; break;
    case 0x0a: await_key(m, x); break;
    case 0x15: m->delay = m->v[x]; break;
    case 0x18: m->sound = m->v[x]; break;
    case 0x1e: m->i = (uint16_t)(m->i + m->v[x]); break;
    case 0x29: m->i = (uint16_t)((m->v[x] & 15) * FONT_SIZE); break;
    case 0x33:
        *at(m, m->i) = m->v[x] / 100;
        *at(m, m->i + 1u) = m->v[x] / 10 % 10;
        *at(m, m->i + 2u) = m->v[x] % 10;
        break;
    case 0x55:
        for (unsigned r = 0; r <= x; r++)
            *at(m, m->i++) = m->v[r];
        break;
    case 0x65:
        for (unsigned r = 0; r <= x; r++)
            m->v[r] = *at(m, m->i++);
        break;
    default: m->halted = 1; break;
    }
}

static void skip_if(struct machine *m, int condition)
{
    if (condition)
        m->pc = (uint16_t)(m->pc + 2);
}

static void step(struct machine *m)
{
    unsigned op = (unsigned)*at(m, m->pc) << 8 | *at(m, m->pc + 1u);
    unsigned x = op >> 8 & 15, y = op >> 4 & 15, n = op & 15, nn = op & 255, nnn = op & 0xfff;

    m->pc = (uint16_t)((m->pc + 2) % MACHINE_RAM);
    switch (op >> 12) {
    case 0x0:
        if (op == 0x00e0)
            memset(m->screen, 0, sizeof m->screen);
        else if (op == 0x00ee && m->sp > 0)
            m->pc = m->stack[--m->sp];
        else
            m->halted = 1;
        break;
    case 0x1: m->pc = (uint16_t)nnn; break;
    case 0x2:
        if (m->sp == MACHINE_STACK) {
            m->halted = 1;
            break;
        }
        m->stack[m->sp++] = m->pc;
        m->pc = (uint16_t)nnn;
        break;
    case 0x3: skip_if(m, m->v[x] == nn); break;
    case 0x4: skip_if(m, m->v[x] != nn); break;
    case 0x5:
        if (n == 0)
            skip_if(m, m->v[x] == m->v[y]);
        else
            m->halted = 1;
        break;
    case 0x6: m->v[x] = (uint8_t)nn; break;
    case 0x7: m->v[x] = (uint8_t)(m->v[x] + nn); break;
    case 0x8: arithmetic(m, x, y, n); break;
    case 0x9:
        if (n == 0)
            skip_if(m, m->v[x] != m->v[y]);
        else
            m->halted = 1;
        break;
    case 0xa: m->i = (uint16_t)nnn; break;
    case 0xb: m->pc = (uint16_t)((nnn + m->v[0]) % MACHINE_RAM); break;
    case 0xc: m->v[x] = (uint8_t)(random_byte(m) & nn); break;
    case 0xd: m->v[0xf] = draw(m, m->v[x], m->v[y], n); break;
    case 0xe:
        if (nn == 0x9e)
            skip_if(m, key_down(m, m->v[x]));
        else if (nn == 0xa1)
            skip_if(m, !key_down(m, m->v[x]));
        else
            m->halted = 1;
        break;
    case 0xf: misc(m, x, nn); break;
    }
}

void machine_frame(struct machine *m, uint16_t keys)
{
    m->keys = keys;
    /*
     * The players' keys stir the random numbers, so that no two games are alike,
     * and yet every machine of one game rolls the same: all get the same
     * keys. The state must not become 0, where xorshift stays for ever.
     */
    m->random ^= keys;
    if (m->random == 0)
        m->random = 1;
    if (m->delay > 0)
        m->delay--;
    if (m->sound > 0)
        m->sound--;
    for (unsigned n = 0; n < m->steps && !m->halted; n++)
        step(m);
    m->frame++;
}

int machine_pixel(const struct machine *m, int x, int y)
{
    int pixel = y * MACHINE_WIDTH + x;
    return m->screen[pixel / 8] >> (7 - pixel % 8) & 1;
}

/*
 * Field by field, never the bytes of the struct as a whole: between its members a
 * compiler may leave gaps, and what stands in them differs from machine to
 * machine.
 */
uint64_t machine_digest(const struct machine *m)
{
    uint64_t hash = fnv(fnv_start, m->ram, sizeof m->ram);

    hash = fnv(hash, m->screen, sizeof m->screen);
    hash = fnv(hash, m->v, sizeof m->v);
    for (unsigned n = 0; n < MACHINE_STACK; n++)
        hash = fnv_number(hash, m->stack[n]);
    hash = fnv_number(hash, (uint32_t)m->i << 16 | m->pc);
    hash = fnv_number(hash, (uint32_t)m->sp << 24 | (uint32_t)m->delay << 16 |
                                (uint32_t)m->sound << 8 | m->wait_key);
    hash = fnv_number(hash, (uint32_t)m->halted << 16 | m->keys);
    hash = fnv_number(hash, m->steps);
    hash = fnv_number(hash, m->random);
    return fnv_number(hash, m->frame);
}
