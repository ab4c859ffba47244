/*
 * roundtrip - how long one frame takes, and how long a bare datagram takes.
 *
 *   roundtrip echo                    a bare UDP echo server; prints its port
 *   roundtrip ping PORT COUNT         asks it COUNT times
 *   roundtrip send PORT COUNT         the cost of one bare send, once a frame
 *   roundtrip game COUNT              plays COUNT frames through the library
 *   roundtrip call COUNT              the cost of one call that need not wait
 *   roundtrip idle COUNT              the cost of one call outside a game: C to Go and back
 *
 * The server and the room come from the environment, as for every emulator (KAILLERA_SERVER, KAILLERA_PLAYERS=1).
 * All but echo print "p50 NANOSECONDS p99 NANOSECONDS".
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kailleraclient.h"

enum { INPUT_SIZE = 4, WARM_UP = 200, MAX_DELAY = 64 };

static long count;
static int64_t *samples;
static long taken;

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int report(void)
{
	if (taken < 100) {
		fprintf(stderr, "roundtrip: only %ld samples\n", taken);
		return 1;
	}
	qsort(samples, (size_t)taken, sizeof *samples, by_value);
	printf("p50 %lld p99 %lld\n", (long long)samples[taken / 2], (long long)samples[taken * 99 / 100]);
	return 0;
}

static int loopback_socket(struct sockaddr_in *address, int port)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(address, 0, sizeof *address);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address->sin_port = htons((uint16_t)port);
	return s;
}

static int echo_server(void)
{
	struct sockaddr_in address, from;
	socklen_t size = sizeof address;
	char buffer[2048];
	int s = loopback_socket(&address, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&address, sizeof address) || getsockname(s, (struct sockaddr *)&address, &size)) {
		perror("roundtrip echo");
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		socklen_t from_size = sizeof from;
		ssize_t n = recvfrom(s, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_size);
		if (n >= 0)
			sendto(s, buffer, (size_t)n, 0, (struct sockaddr *)&from, from_size);
	}
}

static int ping_echo(int port)
{
	struct sockaddr_in address;
	/* As many bytes as a datagram of the game has: three messages of 4 bytes. */
	char buffer[64] = "frame";
	int s = loopback_socket(&address, port);
	if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address)) {
		perror("roundtrip ping");
		return 1;
	}
	for (long i = 0; i < count + WARM_UP; i++) {
		int64_t start = now_ns();
		if (send(s, buffer, 37, 0) < 0 || recv(s, buffer, sizeof buffer, 0) < 0) {
			perror("roundtrip ping");
			return 1;
		}
		if (i >= WARM_UP)
			samples[taken++] = now_ns() - start;
	}
	close(s);
	return report();
}

/* What the kernel takes to send one datagram to a process that sleeps, after a sleep of our own: the floor of a call. */
static int send_calmly(int port)
{
	struct sockaddr_in address;
	char buffer[64] = "frame";
	int s = loopback_socket(&address, port);
	if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address)) {
		perror("roundtrip send");
		return 1;
	}
	for (long i = 0; i < count + WARM_UP; i++) {
		struct timespec frame = {0, 3000000};
		int64_t start = now_ns();
		if (send(s, buffer, 37, 0) < 0) {
			perror("roundtrip send");
			return 1;
		}
		if (i >= WARM_UP)
			samples[taken++] = now_ns() - start;
		if (recv(s, buffer, sizeof buffer, 0) < 0) {
			perror("roundtrip send");
			return 1;
		}
		nanosleep(&frame, NULL);
	}
	close(s);
	return report();
}

/* Frame F is sent by call F and comes back D calls later: its round trip is from the start of the one to the end of the other. */
static int KAILLERA_CALL play(char *game, int player, int players)
{
	unsigned char values[8 * INPUT_SIZE];
	int64_t started[MAX_DELAY + 1];
	int delay = kailleraGetFrameDelay();
	(void)game, (void)player, (void)players;
	for (long i = 0; i < count + WARM_UP; i++) {
		memset(values, 0, sizeof values);
		values[0] = (unsigned char)(i / 16);
		started[i % (delay + 1)] = now_ns();
		int n = kailleraModifyPlayValues(values, INPUT_SIZE);
		if (n < 0)
			break;
		if (n > 0 && i >= WARM_UP)
			samples[taken++] = now_ns() - started[(i + 1) % (delay + 1)];
	}
	kailleraEndGame();
	return 0;
}

/* Calls within a frame of their own never wait: the combined frame is there long before. What is timed is the library alone. */
static int KAILLERA_CALL play_calmly(char *game, int player, int players)
{
	unsigned char values[8 * INPUT_SIZE];
	(void)game, (void)player, (void)players;
	for (long i = 0; i < count + WARM_UP; i++) {
		struct timespec frame = {0, 3000000};
		memset(values, 0, sizeof values);
		values[0] = (unsigned char)(i / 16);
		int64_t start = now_ns();
		int n = kailleraModifyPlayValues(values, INPUT_SIZE);
		int64_t took = now_ns() - start;
		if (n < 0)
			break;
		if (i >= WARM_UP)
			samples[taken++] = took;
		nanosleep(&frame, NULL);
	}
	kailleraEndGame();
	return 0;
}

/* A call by itself is shorter than reading the clock, so a thousand are one sample. */
static int call_idle(void)
{
	unsigned char values[8 * INPUT_SIZE] = {0};
	if (kailleraInit())
		return 1;
	for (taken = 0; taken < count; taken++) {
		int64_t start = now_ns();
		for (int i = 0; i < 1000; i++)
			if (kailleraModifyPlayValues(values, INPUT_SIZE) != -1)
				return 1;
		samples[taken] = (now_ns() - start) / 1000;
	}
	kailleraShutdown();
	return report();
}

static int play_game(int(KAILLERA_CALL *callback)(char *, int, int))
{
	static char app[] = "roundtrip 1.0", games[] = "round trip\0";
	kailleraInfos infos;
	memset(&infos, 0, sizeof infos);
	infos.appName = app;
	infos.gameList = games;
	infos.gameCallback = callback;
	if (kailleraInit() || kailleraSetInfos(&infos) || kailleraSelectServerDialog(NULL)) {
		fprintf(stderr, "roundtrip: no game; set KAILLERA_LOG=debug to see why\n");
		return 1;
	}
	kailleraShutdown();
	return report();
}

int main(int argc, char **argv)
{
	count = argc > 2 ? atol(argv[argc - 1]) : 0;
	samples = calloc((size_t)count + 1, sizeof *samples);
	if (!samples)
		return 1;
	if (argc == 2 && !strcmp(argv[1], "echo"))
		return echo_server();
	if (argc == 4 && !strcmp(argv[1], "ping"))
		return ping_echo(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "send"))
		return send_calmly(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "game"))
		return play_game(play);
	if (argc == 3 && !strcmp(argv[1], "call"))
		return play_game(play_calmly);
	if (argc == 3 && !strcmp(argv[1], "idle"))
		return call_idle();
	fprintf(stderr, "usage: roundtrip echo | ping PORT COUNT | send PORT COUNT | game COUNT | call COUNT | idle COUNT\n");
	return 2;
}
