// hand_trace: failed checks that never were. A test says in a few lines what
// the program and its peers did and what the check missed, and hears what the
// detectors make of it. No program runs, and nothing is traced.
//
// The program's connection to peer N is its descriptor 3 + N; descriptor 3 is
// what listens. It still runs, unless it is said to have ended.

#ifndef HAND_TRACE_H
#define HAND_TRACE_H

#include "explain/failure.h"
#include "stage/protocol.h"
#include "trace/trace.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

// What failed, and the program it is about, for a test to add to.
struct hand {
    struct failure failure;
    struct program program;
};
extern struct hand hand;

// Begins with nothing: a program without peers, which is a client and speaks
// echoes, and a failure that is about no peer.
void hand_begin(void);

// What it speaks instead.
void hand_speaks(enum protocol protocol);

// Makes the program a server, and adds the client that the failure is about.
// Or adds the server that the program, a client, is connected to. Or the same
// for a program with many connections, of which this is one.
struct peer *hand_server(void);
struct peer *hand_client(void);
struct peer *hand_crowd(void);

// Adds one more peer of that kind.
struct peer *hand_peer(void);

// Gives that peer a connection that is there, to a socket of this process,
// which is returned: what the kernel tells of the two is then so, too.
int hand_connects(struct peer *peer);

// The peer was told to send SIZE bytes, and has sent them; it has received the
// first SIZE of these back. Each peer's bytes are others, and without zeros.
void hand_sends(struct peer *peer, size_t size);
void hand_gets(struct peer *peer, size_t size);

// The failure is that the second does not equal the first.
void hand_differs(const void *expected, size_t expected_size,
                  const void *actual, size_t actual_size);

// The program makes call NUMBER on descriptor FD, asks for so many bytes, and
// gets that result: -errno, or more. The call is returned, to add to.
struct call *hand_call(long number, int fd, uint64_t asked, int64_t result);

// The same of a call that it is still in.
struct call *hand_blocks(long number, int fd, uint64_t asked);

// It calls select() for the descriptors in these sets, where bit N stands for
// descriptor N. If the result says that some are ready, all of them are. Or it
// waits still.
#define HAND_SET(fd) (UINT64_C(1) << (fd))
struct call *hand_selects(int64_t result, uint64_t readable, uint64_t writable);
struct call *hand_waits(uint64_t readable, uint64_t writable);

// It has written that so far.
void hand_prints(const char *text);
void hand_complains(const char *text);

// It ends, with a status as wait(2) gives it.
#define HAND_EXIT(status) ((status) << 8)
void hand_ends(int status);

// Which address the call was given, or what it wrote.
void hand_note(struct call *call, const char *note);

#endif
