// unit: tests of what the workbook itself is made of, under Check. Run them
// with `make build/unit/unit && build/unit/unit`; CK_RUN_SUITE=net and
// CK_RUN_CASE pick some, as ever with Check.
//
// One suite for each module. Each test runs in a process of its own. Programs
// that a test starts are this binary again, under another name: children.c.

#ifndef UNIT_H
#define UNIT_H

#include "stage/program.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.h"
#undef SUITE

// For loop tests whose _i says whether programs are traced: the end of its
// values, 2, or 1 where tracing is refused.
int traced_end(void);

// If NAME is one of the children, becomes it and does not return.
void child_main(const char *name, int argc, char *argv[]);

// The names of the children; ends with NULL.
const char *const *child_names(void);

// Those that stand in children_net.c.
int child_moves(char *argv[]);
int child_moves_on(char *argv[]); // the same, and its sockets don't wait
int child_connects(char *argv[]);
int child_resolves(char *argv[]);

// Those that stand in children_udp.c. Sends three datagrams, of 0, 2 and 4
// bytes, to port argv[2] by call argv[1]; "too long": of more than there may
// be. Says what came of each, and whether its socket has a port now.
int child_posts(char *argv[]);
// Says at which port it receives, sends argv[2] datagrams back that it receives
// by call argv[1], and says how long each was.
int child_returns(char *argv[]);

// Those that stand in children_clients.c. Polls three times, by call argv[1]
// and for a moment, or with "now" without waiting, a listener (L), a connection
// (C, and w for writing), a pipe (P) and a UNIX socket (U), or with "local"
// only the last two, or with "closed" the connection when it is none any more
// (x). Says how many are ready each time and which: "1w 1w 1w ".
int child_polls(char *argv[]);
// Opens argv[2] connections to port argv[1], one after the other, and says
// "connection 1" over the first; then writes what comes back, a line for each.
int child_dials(char *argv[]);
// Connects to port argv[1], receives argv[2] bytes and no more, sends the first
// 1000 of them back, and rests.
int child_takes(char *argv[]);
// Listens, and announces port argv[2]. If that is 0: its own port if there is
// a directory argv[1]; else it makes that, and announces port 0x8181.
int child_announces(char *argv[]);
// Is server_run() at HOST argv[1] and PORT argv[2]. Says of each client its
// address and its socket's number, "127.0.0.1:1234 4", and at its end "end";
// sends back what it says.
int child_serves(char *argv[]);

// Waits in way argv[1] for argv[2] seconds and, by three clocks, says how long
// that was; stands in children_time.c.
int child_lets_time_pass(char *argv[]);

// Is the grader of the lesson in graded.c, with the arguments in argv[1], which
// are apart by one space each; stands in grader/.
int child_grades(char *argv[]);
// Takes 8 MiB of memory at SIGUSR1, a thread at SIGUSR2, a descriptor at
// SIGHUP; writes a line whenever it is ready for a signal.
int child_grows(char *argv[]);

// Starts child NAME with up to two arguments, either of which may be NULL.
struct program *start_child(const char *name, const char *first,
                            const char *second);

// For stage_wait(): the program has ended; it has written a line to stdout.
bool has_ended(void *program);
bool has_written_line(void *program);

// Starts a child that writes a line when it is where it wants to be.
struct program *start_ready(const char *name, const char *argument);

// Sends a signal to the child "grows", and waits until it has grown.
void make_grow(struct program *program, int signal);

// Waits for the program's end, and fails if that does not come.
void run_to_end(struct program *program);
// Then it has ended with that exit status and written that to stdout.
void expect_program_result(struct program *program, int status,
                           const char *text);

// Forks a helper that ends with the test. Returns as fork(2) does.
pid_t fork_helper(void);

// Waits until thread TID sleeps in system call NUMBER.
void await_call(pid_t tid, long number);

// The address that a socket is bound to.
union endpoint local_of(int fd);

// No line of TEXT is over 80 columns, and the last one has an end.
void expect_narrow(const char *text);

// TEXT has that part; how often it has.
void expect_part(const char *text, const char *part);
int count_parts(const char *text, const char *part);

// Two connected sockets on 127.0.0.1; [0] was accepted by a listener.
void tcp_pair(int pair[2]);

#endif
