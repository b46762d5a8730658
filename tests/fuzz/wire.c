#include "wire.h"

#include "guard.h"
#include "selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
int __wrap_close(int fd);
int __real_close(int fd);

// The calls say a descriptor only: there is no other way to what it means.
static struct wire now;
static bool connected;

const struct wire *wire(void)
{
    return &now;
}

void wire_begin(const uint8_t *stream, size_t size)
{
    now = (struct wire){.stream = stream, .size = size};
    connected = true;
}

void wire_end(void)
{
    claim(now.closed, "the connection is closed in the end");
    connected = false;
    free(now.sent);
    now.sent = NULL;
}

static void arrive(size_t count)
{
    size_t left = now.size - now.arrived;
    now.arrived += count < left ? count : left;
}

static void take(size_t count)
{
    now.window = count < SIZE_MAX - now.window ? now.window + count : SIZE_MAX;
}

void wire_open(void)
{
    arrive(SIZE_MAX);
    take(SIZE_MAX);
    now.interrupts = 0;
}

void wire_finish(void)
{
    now.size = now.arrived;
    now.finished = true;
}

static enum wire_turn apply_end(unsigned n)
{
    if (n % 8 == 3)
        arrive(SIZE_MAX);
    if (n % 8 == 0 || n % 8 == 3)
        wire_finish();
    if (n % 8 == 1)
        now.reset = true;
    if (n % 8 == 4)
        now.deaf = true;
    return n % 8 == 2 ? WIRE_GIVE_UP : WIRE_WHEN_READY;
}

enum wire_turn wire_apply(uint8_t op)
{
    unsigned n = op & 0x1f;
    switch (op & 0xe0) {
    case WIRE_ARRIVE: arrive(n + 1); break;
    case WIRE_ARRIVE_MANY: arrive(64 * (n + 1)); break;
    case WIRE_TAKE: take(n + 1); break;
    case WIRE_TAKE_MANY: take(64 * (n + 1)); break;
    case WIRE_INTERRUPT: now.interrupts = n % 4 + 1; break;
    case WIRE_TURN: return n % 2 == 0 ? WIRE_SPURIOUS : WIRE_ALL_EVENTS;
    case WIRE_END: return apply_end(n);
    case WIRE_OPEN:
        if (n % 2 == 0)
            arrive(SIZE_MAX);
        else
            take(SIZE_MAX);
        break;
    }
    return WIRE_WHEN_READY;
}

unsigned wire_ready(unsigned events)
{
    now.refused = now.peek_interrupted = false;
    unsigned ready = 0;
    if (now.arrived > now.consumed || now.finished || now.reset)
        ready |= SELECTOR_READ;
    if (now.window > 0 || now.reset || now.deaf)
        ready |= SELECTOR_WRITE;
    return ready & events;
}

static ssize_t fail(int reason)
{
    errno = reason;
    return -1;
}

static bool is_interrupted(void)
{
    if (now.interrupts == 0)
        return false;
    now.interrupts--;
    return true;
}

static void check_call(int fd)
{
    claim(connected && fd == WIRE_FD, "only the connection is used");
    claim(!now.closed, "a connection is not used once it is closed");
}

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
    check_call(fd);
    claim(!now.receive_failed, "nothing is received after a failure");
    claim((flags & ~(MSG_PEEK | MSG_DONTWAIT)) == 0, "recv() gets good flags");
    claim(size > 0, "recv() is asked for something");
    bool peeks = flags & MSG_PEEK;
    if (is_interrupted()) {
        now.peek_interrupted |= peeks;
        return fail(EINTR);
    }
    if (now.reset) {
        now.receive_failed = !peeks;
        return fail(ECONNRESET);
    }
    size_t count = now.arrived - now.consumed;
    if (count == 0 && !now.finished)
        return fail(EAGAIN);
    now.end_seen |= count == 0;
    count = count < size ? count : size;
    if (count > 0)
        memcpy(bytes, now.stream + now.consumed, count);
    now.consumed += peeks ? 0 : count;
    return (ssize_t)count;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    check_call(fd);
    claim(!now.send_failed && !now.receive_failed,
          "nothing is sent after a failure");
    claim(flags & MSG_NOSIGNAL, "send() can't raise SIGPIPE");
    claim(size > 0, "send() gets something to send");
    size_t count = size < now.window ? size : now.window;
    now.refused |= count < size || now.interrupts > 0;
    if (is_interrupted())
        return fail(EINTR);
    if (now.reset || now.deaf) {
        now.send_failed = true;
        return fail(EPIPE);
    }
    if (count == 0)
        return fail(EAGAIN);
    if (count > now.sent_room - now.sent_size) {
        now.sent_room = 2 * (now.sent_size + count);
        now.sent = realloc(now.sent, now.sent_room);
        claim(now.sent != NULL, "there is memory");
    }
    memcpy(now.sent + now.sent_size, bytes, count);
    now.sent_size += count;
    now.window -= now.window == SIZE_MAX ? 0 : count;
    return (ssize_t)count;
}

int __wrap_close(int fd)
{
    if (!connected) // libFuzzer's own
        return __real_close(fd);
    check_call(fd);
    now.closed = true;
    return 0;
}
