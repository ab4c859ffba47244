/*
 * machine.h: the CHIP-8 itself.
 *
 * The machine is a pure function of its ROM and of the keys it is given each
 * frame: no clock, no system random numbers, no files, no global state. That is
 * what lockstep play needs. Machines that start equal and get the same
 * keys stay equal, and machine_digest shows whether they did.
 *
 * It is the original COSMAC VIP's interpreter, as programs from then to now
 * expect it: 8XY6 and 8XYE shift VY into VX, 8XY1 to 8XY3 set VF to 0, FX55
 * and FX65 leave I behind the last byte, BNNN adds V0, sprites are cut off at
 * the screen's edges. Drawing does not wait for the next frame.
 */
#ifndef CHIP8_MACHINE_H
#define CHIP8_MACHINE_H

#include <stddef.h>
#include <stdint.h>

enum {
    MACHINE_RAM = 4096,         /* bytes */
    MACHINE_START = 0x200,      /* where programs are loaded and begin */
    MACHINE_ROM_MAX = MACHINE_RAM - MACHINE_START,
    MACHINE_STACK = 16,         /* return addresses */
    MACHINE_WIDTH = 64,         /* pixels */
    MACHINE_HEIGHT = 32,        /* pixels */
    MACHINE_SCREEN = MACHINE_WIDTH * MACHINE_HEIGHT / 8 /* bytes */
};

struct machine {
    uint8_t ram[MACHINE_RAM];
    uint8_t v[16];
    uint16_t i;
    uint16_t pc;
    uint16_t stack[MACHINE_STACK];
    uint8_t sp;                      /* entries of stack in use */
    uint8_t delay;                   /* the timers: count down once per frame */
    uint8_t sound;
    uint8_t wait_key;                /* FX0A: the key that went down, 16 = none yet */
    uint8_t halted;                  /* the program did something impossible */
    uint16_t keys;                   /* bit k = key k is down, this frame */
    uint16_t steps;                  /* instructions per frame */
    uint32_t random;                 /* state of the random numbers */
    uint32_t frame;                  /* frames since the start */
    uint8_t screen[MACHINE_SCREEN];  /* a bit per pixel, top left first */
};

/*
 * Puts the machine into the state in which every game begins: the ROM loaded,
 * all else cleared, the random numbers at a start derived from the ROM.
 * steps is the number of instructions per frame. It is part of the game, since
 * machines that run at different speeds do not stay equal. Returns 0, or -1
 * if the ROM is empty or larger than MACHINE_ROM_MAX bytes.
 */
int machine_init(struct machine *m, const uint8_t *rom, size_t size, int steps);

/*
 * Runs one frame, a sixtieth of a second of the machine's time, with these keys
 * held down.
 */
void machine_frame(struct machine *m, uint16_t keys);

/* 1 if the pixel is lit; x and y must be on the screen. */
int machine_pixel(const struct machine *m, int x, int y);

/*
 * A number made of every bit of the machine's state. Two machines with equal
 * digests are, for all practical purposes, equal.
 */
uint64_t machine_digest(const struct machine *m);

#endif
