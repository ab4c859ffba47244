/*
 * checks.h: what can be tried without a game. Each check prints a line per thing
 * tried, "ok" or "FAIL", and returns how many failed.
 */
#ifndef WINHOST_CHECKS_H
#define WINHOST_CHECKS_H

#include "library.h"

/* Calls before kailleraInit, outside a game, after kailleraShutdown. */
int check_order(void);

/* NULL pointers and sizes that are none. */
int check_nulls(void);

/* Load, free, load; load twice; free more often than loaded; call in between. */
int check_load_free_load(const char *file, enum spelling spelling);

/* Prints the cost of a call that has nothing to wait for. */
void bench_calls(void);

/*
 * The address space that is left, in bytes: all that can be reserved, and
 * the largest block. In a 64-bit program there is more than is worth counting: 0.
 */
struct address_space { unsigned long long all, largest; };
struct address_space address_space_left(void);

/* Seconds, on a clock that nobody sets. */
double seconds(void);

#endif
