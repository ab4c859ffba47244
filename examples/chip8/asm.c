/*
 * asm.c: a CHIP-8 assembler in one file.
 *
 *     asm SOURCE ROM             writes the ROM
 *     asm SOURCE FILE.c NAME     writes it as a C array NAME and its size NAME_size
 *
 * The source is one statement per line, everything in lower case:
 *
 *     ; a comment
 *     speed = 3                  a name for a number,
 *     player_y = v2              or for a register
 *     loop:                      a label: a name for the address here
 *         ld player_y, speed+1   an instruction; see the table below
 *         jp loop
 *         db 0b11110000, 0xf0, 7 bytes
 *
 * Numbers are decimal, 0x hexadecimal or 0b binary, and may be added and
 * subtracted. A name must be defined above its use; a label may be
 * defined anywhere.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    START = 0x200, ROM_MAX = 4096 - START,
    LINE_MAX_ = 256, NAME_MAX_ = 32, SYMBOLS_MAX = 512, OPERANDS_MAX = 32
};

/*
 * What an instruction's operands may be: x and y registers (bits 8-11 and
 * 4-7 of the opcode), n, b, a numbers of 4, 8, 12 bits, 0 register v0, and the
 * words i, dt (D), st (S), k, f (F), b (B), [i] (M).
 */
static const struct instruction {
    const char *name, *operands;
    unsigned opcode;
} instructions[] = {
    {"cls", "", 0x00e0},   {"ret", "", 0x00ee},   {"jp", "a", 0x1000},   {"jp", "0a", 0xb000},
    {"call", "a", 0x2000}, {"se", "xb", 0x3000},  {"sne", "xb", 0x4000}, {"se", "xy", 0x5000},
    {"sne", "xy", 0x9000}, {"ld", "xb", 0x6000},  {"add", "xb", 0x7000}, {"ld", "xy", 0x8000},
    {"or", "xy", 0x8001},  {"and", "xy", 0x8002}, {"xor", "xy", 0x8003}, {"add", "xy", 0x8004},
    {"sub", "xy", 0x8005}, {"shr", "xy", 0x8006}, {"subn", "xy", 0x8007}, {"shl", "xy", 0x800e},
    {"ld", "ia", 0xa000},  {"rnd", "xb", 0xc000}, {"drw", "xyn", 0xd000}, {"skp", "x", 0xe09e},
    {"sknp", "x", 0xe0a1}, {"ld", "xD", 0xf007},  {"ld", "xk", 0xf00a},  {"ld", "Dx", 0xf015},
    {"ld", "Sx", 0xf018},  {"add", "ix", 0xf01e}, {"ld", "Fx", 0xf029},  {"ld", "Bx", 0xf033},
    {"ld", "Mx", 0xf055},  {"ld", "xM", 0xf065},
};

static const struct { const char *word; char kind; } words[] = {
    {"i", 'i'}, {"dt", 'D'}, {"st", 'S'}, {"k", 'k'}, {"f", 'F'}, {"b", 'B'}, {"[i]", 'M'},
};

/* kind is 'r' for a register, '#' for a number, or a word's kind. */
struct operand {
    char kind;
    int value;
};

static struct symbol {
    char name[NAME_MAX_];
    struct operand value;
} symbols[SYMBOLS_MAX];
static int symbol_count;

static const char *source_name;
static int line_number;

static unsigned char rom[ROM_MAX];
static int rom_size;

static void fail(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: ", source_name, line_number);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static struct symbol *find(const char *name)
{
    for (int n = 0; n < symbol_count; n++)
        if (strcmp(symbols[n].name, name) == 0)
            return &symbols[n];
    return NULL;
}

/* v0 to vf */
static int register_number(const char *text)
{
    if (text[0] != 'v' || !isxdigit((unsigned char)text[1]) || text[2] != '\0')
        return -1;
    return (int)strtol(text + 1, NULL, 16);
}

static char word_kind(const char *text)
{
    for (size_t n = 0; n < sizeof words / sizeof *words; n++)
        if (strcmp(text, words[n].word) == 0)
            return words[n].kind;
    return 0;
}

static void define(const char *name, struct operand value)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        fail("a name begins with a letter: %s", name);
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            fail("a name has only letters, digits and _: %s", name);
    if (strlen(name) >= NAME_MAX_)
        fail("name longer than %d characters: %s", NAME_MAX_ - 1, name);
    if (register_number(name) >= 0 || word_kind(name) != 0)
        fail("%s has a meaning already", name);
    if (find(name) != NULL)
        fail("%s is defined twice", name);
    if (symbol_count == SYMBOLS_MAX)
        fail("more than %d names", SYMBOLS_MAX);
    strcpy(symbols[symbol_count].name, name);
    symbols[symbol_count++].value = value;
}

static int number(const char *text)
{
    char *end;
    long value;

    if (text[0] == '0' && text[1] == 'b')
        value = strtol(text + 2, &end, 2);
    else
        value = strtol(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
    if (*end != '\0' || end == text || value > 0xffff)
        fail("not a number: %s", text);
    return (int)value;
}

/* One term of an operand: a number or a name. */
static struct operand term(const char *text)
{
    struct operand result = {'#', 0};
    const struct symbol *symbol;

    if (isdigit((unsigned char)text[0])) {
        result.value = number(text);
    } else if ((result.value = register_number(text)) >= 0) {
        result.kind = 'r';
    } else if ((result.kind = word_kind(text)) == 0) {
        symbol = find(text);
        if (symbol == NULL)
            fail("no such name: %s", text);
        result = symbol->value;
    }
    return result;
}

/* A whole operand: terms with + and - between them. */
static struct operand evaluate(const char *text)
{
    struct operand sum = {'#', 0};
    int sign = 1, terms = 0;

    if (*text == '\0')
        fail("an operand is missing");
    while (*text != '\0') {
        char part[LINE_MAX_];
        size_t size;

        if (*text == '+' || *text == '-')
            sign = *text++ == '-' ? -1 : 1;
        size = strcspn(text, "+-");
        memcpy(part, text, size);
        part[size] = '\0';
        text += size;
        struct operand next = term(part);
        if (next.kind != '#') {
            if (terms > 0 || sign < 0 || *text != '\0')
                fail("only numbers can be added and subtracted: %s", part);
            return next;
        }
        sum.value += sign * next.value;
        terms++;
    }
    return sum;
}

static int fits(char want, struct operand have)
{
    switch (want) {
    case 'x': case 'y': return have.kind == 'r';
    case '0': return have.kind == 'r' && have.value == 0;
    case 'n': case 'b': case 'a': return have.kind == '#';
    default: return have.kind == want;
    }
}

static unsigned bounded(int value, int least, int most)
{
    if (value < least || value > most)
        fail("%d is not within %d and %d", value, least, most);
    return (unsigned)value & (unsigned)most;
}

static void emit(int byte)
{
    if (rom_size == ROM_MAX)
        fail("the program is longer than %d bytes", ROM_MAX);
    rom[rom_size++] = (unsigned char)byte;
}

static void assemble(const char *name, const struct operand *operands, size_t count)
{
    int known = 0;

    for (size_t n = 0; n < sizeof instructions / sizeof *instructions; n++) {
        const struct instruction *in = &instructions[n];
        unsigned opcode = in->opcode;
        size_t k = 0;

        if (strcmp(in->name, name) != 0)
            continue;
        known = 1;
        if (strlen(in->operands) != count)
            continue;
        while (k < count && fits(in->operands[k], operands[k]))
            k++;
        if (k < count)
            continue;
        for (k = 0; k < count; k++) {
            int value = operands[k].value;
            switch (in->operands[k]) {
            case 'x': opcode |= (unsigned)value << 8; break;
            case 'y': opcode |= (unsigned)value << 4; break;
            case 'n': opcode |= bounded(value, 0, 15); break;
            case 'b': opcode |= bounded(value, -128, 255); break;
            case 'a': opcode |= bounded(value, 0, 4095); break;
            }
        }
        emit((int)(opcode >> 8));
        emit((int)(opcode & 255));
        return;
    }
    if (known)
        fail("%s does not take these operands", name);
    fail("no such instruction: %s", name);
}

/* Splits text at its commas, in place. */
static size_t split(char *text, char **parts)
{
    size_t count = 0;

    if (*text == '\0')
        return 0;
    for (;;) {
        char *comma = strchr(text, ',');
        if (count == OPERANDS_MAX)
            fail("more than %d operands", OPERANDS_MAX);
        parts[count++] = text;
        if (comma == NULL)
            return count;
        *comma = '\0';
        text = comma + 1;
    }
}

/*
 * The first pass gives every name its value, the second writes the bytes,
 * since a jump may go to a label further down.
 */
static void statement(char *line, int pass)
{
    char *parts[OPERANDS_MAX], *rest, *equals = strchr(line, '=');
    struct operand operands[OPERANDS_MAX];
    char squeezed[LINE_MAX_];
    size_t count, length = 0;

    if (equals != NULL) {
        *equals = '\0';
        char name[LINE_MAX_] = "";
        sscanf(line, "%s", name);
        for (char *c = equals + 1; *c != '\0'; c++)
            if (!isspace((unsigned char)*c))
                squeezed[length++] = *c;
        squeezed[length] = '\0';
        if (pass == 1)
            define(name, evaluate(squeezed));
        return;
    }
    if (line[strlen(line) - 1] == ':') {
        struct operand here = {'#', START + rom_size};
        line[strlen(line) - 1] = '\0';
        if (pass == 1)
            define(line, here);
        return;
    }
    rest = line + strcspn(line, " \t");
    for (char *c = rest; *c != '\0'; c++)
        if (!isspace((unsigned char)*c))
            squeezed[length++] = *c;
    squeezed[length] = '\0';
    *rest = '\0';
    count = split(squeezed, parts);
    if (strcmp(line, "db") == 0) {
        for (size_t n = 0; n < count; n++) {
            if (pass == 1) {
                emit(0);
                continue;
            }
            operands[0] = evaluate(parts[n]);
            if (operands[0].kind != '#')
                fail("not a number: %s", parts[n]);
            emit((int)bounded(operands[0].value, -128, 255));
        }
    } else if (pass == 1) {
        emit(0);
        emit(0);
    } else {
        for (size_t n = 0; n < count; n++)
            operands[n] = evaluate(parts[n]);
        assemble(line, operands, count);
    }
}

static void run_pass(FILE *source, int pass)
{
    char buffer[LINE_MAX_];

    rewind(source);
    rom_size = 0;
    for (line_number = 1; fgets(buffer, sizeof buffer, source) != NULL; line_number++) {
        char *line = buffer, *end;
        if (strchr(buffer, '\n') == NULL && !feof(source))
            fail("a line is longer than %d characters", LINE_MAX_ - 2);
        line[strcspn(line, ";\r\n")] = '\0';
        while (isspace((unsigned char)*line))
            line++;
        end = line + strlen(line);
        while (end > line && isspace((unsigned char)end[-1]))
            *--end = '\0';
        if (*line != '\0')
            statement(line, pass);
    }
}

static void write_c(FILE *out, const char *name)
{
    fprintf(out, "/* Made from %s by asm.c. */\n#include <stddef.h>\n\n", source_name);
    fprintf(out, "extern const unsigned char %s[];\nextern const size_t %s_size;\n\n", name, name);
    fprintf(out, "const unsigned char %s[] = {", name);
    for (int n = 0; n < rom_size; n++)
        fprintf(out, "%s0x%02x,", n % 12 == 0 ? "\n    " : " ", rom[n]);
    fprintf(out, "\n};\nconst size_t %s_size = sizeof %s;\n", name, name);
}

int main(int argc, char **argv)
{
    FILE *source, *out;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: asm SOURCE ROM\n       asm SOURCE FILE.c NAME\n");
        return 2;
    }
    source_name = argv[1];
    source = fopen(argv[1], "r");
    if (source == NULL) {
        perror(argv[1]);
        return 1;
    }
    run_pass(source, 1);
    run_pass(source, 2);
    fclose(source);
    if (rom_size == 0)
        fail("the program is empty");

    out = fopen(argv[2], "wb");
    if (out == NULL) {
        perror(argv[2]);
        return 1;
    }
    if (argc == 4)
        write_c(out, argv[3]);
    else
        fwrite(rom, 1, (size_t)rom_size, out);
    if (ferror(out) | fclose(out)) {
        perror(argv[2]);
        remove(argv[2]);
        return 1;
    }
    return 0;
}
