#include "tracer/polled.h"

#include "kernel/memory.h"
#include "kernel/sockets.h"
#include "trace/poll_sets.h"

#include <poll.h>
#include <string.h>
#include <sys/select.h>

enum { POLLFDS = 1024 };

// The first POLLED_DESCRIPTORS bits of the fd_set at that address.
static uint64_t first_bits(const struct call *call, uint64_t at)
{
    uint64_t bits = 0;
    if (at != 0)
        memory_read(call->pid, at, &bits, sizeof bits);
    return bits;
}

static size_t read_pollfds(const struct call *call, struct pollfd fds[POLLFDS])
{
    size_t count = call->args[1] < POLLFDS ? call->args[1] : POLLFDS;
    bool known =
        memory_read(call->pid, call->args[0], fds, count * sizeof *fds);
    return known ? count : 0;
}

static void read_sets(const struct call *call, struct polled *polled,
                      bool ready)
{
    if (poll_sets_is_select(call)) {
        polled->read = first_bits(call, call->args[1]);
        polled->write = first_bits(call, call->args[2]);
        return;
    }
    struct pollfd fds[POLLFDS];
    size_t count = poll_sets_is_poll(call) ? read_pollfds(call, fds) : 0;
    for (size_t i = 0; i < count; i++) {
        int events = ready ? fds[i].revents : fds[i].events;
        if ((events & POLLNVAL) != 0)
            polled->closed |= poll_sets_bit(fds[i].fd);
        else if ((events & ~POLLOUT) != 0)
            polled->read |= poll_sets_bit(fds[i].fd);
        if ((events & POLLOUT) != 0)
            polled->write |= poll_sets_bit(fds[i].fd);
    }
}

void polled_wants(struct call *call)
{
    read_sets(call, &call->wants, false);
}

void polled_finds(struct call *call)
{
    if (call->result > 0)
        read_sets(call, &call->found, true);
}

// A pipe that a signal's handler writes to never raises a false alarm.
static bool is_network_socket(const struct call *call, int fd)
{
    return sockets_own_port(call->pid, fd) != 0;
}

static int alarm_select(const struct call *call)
{
    fd_set set;
    const fd_set empty = {0};
    // Only as much as the kernel itself would read and write.
    size_t size = (size_t)(call->args[0] + 63) / 64 * 8;
    memset(&set, 0, sizeof set);
    if (call->args[1] == 0 || size == 0 || size > sizeof set ||
        !memory_read(call->pid, call->args[1], &set, size))
        return 0;
    int count = 0;
    for (int fd = 0; fd < (int)call->args[0]; fd++) {
        if (FD_ISSET(fd, &set) && !is_network_socket(call, fd))
            FD_CLR(fd, &set);
        count += FD_ISSET(fd, &set) != 0;
    }
    if (count == 0 || !memory_write(call->pid, call->args[1], &set, size))
        return 0;
    for (int i = 2; i <= 3; i++)
        if (call->args[i] != 0)
            memory_write(call->pid, call->args[i], &empty, size);
    return count;
}

static int alarm_poll(const struct call *call)
{
    struct pollfd fds[POLLFDS];
    size_t count = read_pollfds(call, fds);
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        bool alarms = (fds[i].events & POLLIN) != 0 && fds[i].fd >= 0 &&
                      is_network_socket(call, fds[i].fd);
        fds[i].revents = alarms ? POLLIN : 0;
        ready += alarms;
    }
    bool done = ready > 0 && memory_write(call->pid, call->args[0], fds,
                                          count * sizeof *fds);
    return done ? ready : 0;
}

int polled_make_false_alarm(const struct call *call)
{
    if (poll_sets_is_select(call))
        return alarm_select(call);
    return poll_sets_is_poll(call) ? alarm_poll(call) : 0;
}

bool polled_find_nothing(const struct call *call)
{
    struct pollfd fds[POLLFDS];
    size_t count = read_pollfds(call, fds);
    for (size_t i = 0; i < count; i++)
        fds[i].revents = 0;
    return count == call->args[1] &&
           memory_write(call->pid, call->args[0], fds, count * sizeof *fds);
}
