/*
 * machine_test.c: checks the machine, one instruction at a time. Prints what is
 * wrong and exits with 1, or exits with 0.
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"

static int failures;

static void check(const char *what, unsigned long got, unsigned long want)
{
    if (got == want)
        return;
    printf("%s: got %lx, want %lx\n", what, got, want);
    failures++;
}

/* A program of up to 16 instructions, run for so many of them in one frame. */
static struct machine run(int steps, uint16_t keys, const uint16_t *program)
{
    static struct machine m;
    uint8_t rom[64] = {0};

    for (int n = 0; n < 16 && program[n] != 0; n++) {
        rom[2 * n] = (uint8_t)(program[n] >> 8);
        rom[2 * n + 1] = (uint8_t)program[n];
    }
    machine_init(&m, rom, sizeof rom, steps);
    machine_frame(&m, keys);
    return m;
}

/* V0 = a, V1 = b, then one instruction. */
static void arithmetic(const char *what, unsigned a, unsigned b, uint16_t instruction,
                       unsigned want, unsigned want_flag)
{
    uint16_t program[16] = {(uint16_t)(0x6000 | a), (uint16_t)(0x6100 | b), 0x6f55, instruction};
    struct machine m = run(4, 0, program);
    check(what, m.v[0], want);
    check("its flag", m.v[0xf], want_flag);
}

/* Where the program goes on after three instructions of which the third may skip. */
static void skip(const char *what, uint16_t first, uint16_t second, uint16_t third, uint16_t keys,
                 int skips)
{
    uint16_t program[16] = {first, second, third};
    check(what, run(3, keys, program).pc, skips ? 0x208 : 0x206);
}

static void test_arithmetic(void)
{
    arithmetic("6XNN", 0x12, 0, 0x6000, 0x00, 0x55);
    arithmetic("7XNN wraps and leaves VF", 0xff, 0, 0x7002, 0x01, 0x55);
    arithmetic("8XY0 leaves VF", 1, 2, 0x8010, 2, 0x55);
    arithmetic("8XY1 clears VF", 0x0c, 0x0a, 0x8011, 0x0e, 0);
    arithmetic("8XY2 clears VF", 0x0c, 0x0a, 0x8012, 0x08, 0);
    arithmetic("8XY3 clears VF", 0x0c, 0x0a, 0x8013, 0x06, 0);
    arithmetic("8XY4", 1, 2, 0x8014, 3, 0);
    arithmetic("8XY4 carry", 0xff, 2, 0x8014, 1, 1);
    arithmetic("8XY5", 3, 2, 0x8015, 1, 1);
    arithmetic("8XY5 equal", 3, 3, 0x8015, 0, 1);
    arithmetic("8XY5 borrow", 2, 3, 0x8015, 0xff, 0);
    arithmetic("8XY6 shifts VY", 0xff, 5, 0x8016, 2, 1);
    arithmetic("8XY7", 2, 3, 0x8017, 1, 1);
    arithmetic("8XY7 borrow", 3, 2, 0x8017, 0xff, 0);
    arithmetic("8XYE shifts VY", 0, 0x81, 0x801e, 2, 1);
    uint16_t flag_last[16] = {0x6fff, 0x6102, 0x8f14};
    check("8FY4 ends with the flag", run(3, 0, flag_last).v[0xf], 1);
}

static void test_flow(void)
{
    skip("3XNN", 0x6005, 0x6100, 0x3005, 0, 1);
    skip("3XNN not", 0x6005, 0x6100, 0x3006, 0, 0);
    skip("4XNN", 0x6005, 0x6100, 0x4006, 0, 1);
    skip("4XNN not", 0x6005, 0x6100, 0x4005, 0, 0);
    skip("5XY0", 0x6005, 0x6105, 0x5010, 0, 1);
    skip("5XY0 not", 0x6005, 0x6106, 0x5010, 0, 0);
    skip("9XY0", 0x6005, 0x6106, 0x9010, 0, 1);
    skip("9XY0 not", 0x6005, 0x6105, 0x9010, 0, 0);
    skip("EX9E", 0x600a, 0x6100, 0xe09e, 0x0400, 1);
    skip("EX9E not", 0x600a, 0x6100, 0xe09e, 0xfbff, 0);
    skip("EXA1", 0x600a, 0x6100, 0xe0a1, 0xfbff, 1);
    skip("EXA1 not", 0x600a, 0x6100, 0xe0a1, 0x0400, 0);

    uint16_t jump[16] = {0x1234};
    check("1NNN", run(1, 0, jump).pc, 0x234);
    uint16_t jump_v0[16] = {0x6004, 0xb230};
    check("BNNN", run(2, 0, jump_v0).pc, 0x234);
    uint16_t call[16] = {0x2206, 0x6101, 0x1204, 0x6001, 0x00ee};
    struct machine m = run(4, 0, call);
    check("2NNN and 00EE: called", m.v[0], 1);
    check("2NNN and 00EE: came back", m.v[1], 1);
    check("2NNN and 00EE: stack", m.sp, 0);
}

static void test_memory(void)
{
    uint16_t digits[16] = {0x60fe, 0xa300, 0xf033, 0xf265};
    struct machine m = run(4, 0, digits);
    check("FX33 and FX65: V0", m.v[0], 2);
    check("FX33 and FX65: V1", m.v[1], 5);
    check("FX33 and FX65: V2", m.v[2], 4);
    check("FX65 leaves I behind", m.i, 0x303);
    uint16_t store[16] = {0x6007, 0x6108, 0xa300, 0xf155};
    m = run(4, 0, store);
    check("FX55: first", m.ram[0x300], 7);
    check("FX55: second", m.ram[0x301], 8);
    check("FX55 leaves I behind", m.i, 0x302);
    uint16_t index[16] = {0x60ff, 0xaffe, 0xf01e};
    check("FX1E", run(3, 0, index).i, 0x10fd);
    uint16_t font[16] = {0x600b, 0xf029};
    m = run(2, 0, font);
    check("FX29: the digit B", m.ram[m.i], 0xe0);
    uint16_t far_store[16] = {0x6009, 0x6108, 0xafff, 0xf155};
    m = run(4, 0, far_store);
    check("the last byte of memory", m.ram[0xfff], 9);
    check("memory repeats", m.ram[0], 8);
}

static void test_screen(void)
{
    /* the digit 0 at 62, 30: only two columns and two rows are on the screen */
    uint16_t corner[16] = {0x603e, 0x611e, 0x6200, 0xf229, 0xd015};
    struct machine m = run(5, 0, corner);
    int lit = 0;
    for (int y = 0; y < MACHINE_HEIGHT; y++)
        for (int x = 0; x < MACHINE_WIDTH; x++)
            lit += machine_pixel(&m, x, y);
    check("DXYN is cut off at the edges", (unsigned long)lit, 3);
    check("DXYN top left", (unsigned long)machine_pixel(&m, 62, 30), 1);
    check("DXYN without a collision", m.v[0xf], 0);
    uint16_t wrapped[16] = {0x607e, 0x613e, 0x6200, 0xf229, 0xd015};
    m = run(5, 0, wrapped);
    check("DXYN wraps where it begins", (unsigned long)machine_pixel(&m, 62, 30), 1);
    uint16_t twice[16] = {0x6000, 0xf029, 0xd005, 0xd005};
    m = run(4, 0, twice);
    check("DXYN twice takes it away", (unsigned long)machine_pixel(&m, 0, 0), 0);
    check("DXYN tells of it", m.v[0xf], 1);
    uint16_t clear[16] = {0x6000, 0xf029, 0xd005, 0x00e0};
    m = run(4, 0, clear);
    check("00E0", (unsigned long)machine_pixel(&m, 0, 0), 0);
}

static void test_time_and_keys(void)
{
    uint16_t timers[16] = {0x6005, 0xf015, 0xf018, 0xf107, 0x1206};
    struct machine m = run(5, 0, timers);
    check("FX15 and FX07", m.v[1], 5);
    machine_frame(&m, 0);
    machine_frame(&m, 0);
    check("the delay timer counts frames", m.v[1], 3);
    check("so does the sound timer", m.sound, 3);

    uint16_t wait[16] = {0xf00a, 0x6101, 0x1204};
    m = run(3, 0, wait);
    check("FX0A waits", m.pc, 0x200);
    machine_frame(&m, 0x0080);
    check("FX0A waits for the key to come up", m.pc, 0x200);
    machine_frame(&m, 0x0001);
    check("FX0A gives the key", m.v[0], 7);
    check("FX0A goes on", m.v[1], 1);

    uint16_t dice[16] = {0xc00f, 0xc1ff, 0xc2ff, 0x1206};
    m = run(4, 0, dice);
    struct machine same = run(4, 0, dice), other = run(4, 0x0010, dice);
    check("CXNN keeps to its mask", m.v[0] & 0xf0u, 0);
    check("CXNN is the same on all machines", (unsigned long)(machine_digest(&m) == machine_digest(&same)), 1);
    check("CXNN depends on the keys", (unsigned long)(m.v[1] == other.v[1] && m.v[2] == other.v[2]), 0);
}

static void test_halts(void)
{
    static const uint16_t impossible[] = {0x0123, 0x00ee, 0x5011, 0x8018, 0x9011, 0xe000, 0xf0ff};
    for (size_t n = 0; n < sizeof impossible / sizeof *impossible; n++) {
        uint16_t program[16] = {impossible[n]};
        check("halted", run(1, 0, program).halted, 1);
    }
    uint16_t deep[16] = {0x2200};
    struct machine m = run(16, 0, deep);
    check("16 calls fit", m.halted, 0);
    m = run(17, 0, deep);
    check("17 calls do not", m.halted, 1);

    static uint8_t large[MACHINE_ROM_MAX + 1];
    check("no ROM", (unsigned long)machine_init(&m, large, 0, 1), (unsigned long)-1);
    check("a ROM too large", (unsigned long)machine_init(&m, large, sizeof large, 1), (unsigned long)-1);
    check("the largest ROM", (unsigned long)machine_init(&m, large, sizeof large - 1, 1), 0);
}

static void changed(const char *what, struct machine m, const struct machine *before)
{
    check(what, (unsigned long)(machine_digest(&m) == machine_digest(before)), 0);
}

static void test_digest(void)
{
    uint16_t nothing[16] = {0x1200};
    struct machine m = run(1, 0, nothing), n;

    n = m; n.ram[4095] ^= 1; changed("digest of the memory", n, &m);
    n = m; n.v[15] ^= 1; changed("digest of the registers", n, &m);
    n = m; n.i ^= 1; changed("digest of I", n, &m);
    n = m; n.pc ^= 2; changed("digest of the program counter", n, &m);
    n = m; n.stack[15] ^= 1; changed("digest of the stack", n, &m);
    n = m; n.sp ^= 1; changed("digest of the stack's depth", n, &m);
    n = m; n.delay ^= 1; changed("digest of the delay timer", n, &m);
    n = m; n.sound ^= 1; changed("digest of the sound timer", n, &m);
    n = m; n.wait_key ^= 1; changed("digest of the awaited key", n, &m);
    n = m; n.halted ^= 1; changed("digest of the halt", n, &m);
    n = m; n.keys ^= 1; changed("digest of the keys", n, &m);
    n = m; n.steps ^= 1; changed("digest of the speed", n, &m);
    n = m; n.random ^= 1; changed("digest of the random numbers", n, &m);
    n = m; n.frame ^= 1; changed("digest of the frame", n, &m);
    n = m; n.screen[255] ^= 1; changed("digest of the screen", n, &m);
}

/* Programs made of noise: whatever they do, they do it inside the machine. */
static void test_noise(void)
{
    static uint8_t rom[MACHINE_ROM_MAX];
    static struct machine m;
    uint32_t noise = 1;

    for (int program = 0; program < 500; program++) {
        for (size_t n = 0; n < sizeof rom; n++) {
            noise = noise * 1664525 + 1013904223;
            rom[n] = (uint8_t)(noise >> 24);
            /* few subroutines without a call, which would halt at once */
            if (n % 2 == 0 && rom[n] < 0x10)
                rom[n] |= 0x60;
        }
        machine_init(&m, rom, sizeof rom, 1000);
        for (int frame = 0; frame < 5; frame++) {
            noise = noise * 1664525 + 1013904223;
            machine_frame(&m, (uint16_t)(noise >> 16));
        }
    }
}

int main(void)
{
    test_arithmetic();
    test_flow();
    test_memory();
    test_screen();
    test_time_and_keys();
    test_halts();
    test_digest();
    test_noise();
    return failures != 0;
}
