#include "tracer/udp.h"

#include "base/endpoint.h"
#include "kernel/memory.h"
#include "kernel/sockets.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// Where a call on a socket that is not connected has its other end's address:
// sendto(2) and recvfrom(2) in an argument, the others in a struct msghdr.
// Returns its size; 0 if it has none.
static uint64_t find_address(const struct call *call, uint64_t *at)
{
    long number = call->info->number;
    struct msghdr message;
    uint32_t size;
    *at = call->args[4];
    if (number == SYS_sendto)
        return *at == 0 ? 0 : call->args[5];
    if (number == SYS_recvfrom)
        return *at == 0 || !memory_read(call->pid, call->args[5], &size,
                                        sizeof size)
                   ? 0
                   : size;
    if ((number != SYS_sendmsg && number != SYS_recvmsg) ||
        !memory_read(call->pid, call->args[1], &message, sizeof message))
        return 0;
    *at = (uint64_t)(uintptr_t)message.msg_name;
    return *at == 0 ? 0 : message.msg_namelen;
}

// The other end is where that address says, or where the socket is connected.
static void note_other(const struct tracer *tracer, struct call *call)
{
    union endpoint other = {.any.sa_family = AF_UNSPEC};
    uint64_t at, size = find_address(call, &at);
    if (size > sizeof other)
        size = sizeof other;
    call->port = connections_port(&tracer->connections, call->pid, call->fd);
    if (size < sizeof other.any.sa_family ||
        !memory_read(call->pid, at, &other, size) ||
        (other.any.sa_family != AF_INET && other.any.sa_family != AF_INET6) ||
        size < endpoint_size(&other))
        return;
    endpoint_unmap(&other);
    call->port = other.v4.sin_port;
    call->note_size = strlen(endpoint_text(&other, call->note));
}

static bool is_udp(const struct tracer *tracer, const struct call *call)
{
    return call->on_socket && call->fd >= 0 &&
           connections_port(&tracer->datagrams, call->pid, call->fd) != 0;
}

void udp_note_entry(const struct tracer *tracer, struct call *call)
{
    uint64_t at;
    call->on_datagrams = is_udp(tracer, call);
    if (!call->on_datagrams)
        return;
    if (call->group == CALLS_SEND)
        note_other(tracer, call);
    if (call->group == CALLS_RECEIVE) {
        call->port =
            connections_port(&tracer->connections, call->pid, call->fd);
        call->address_room = (uint32_t)find_address(call, &at);
    }
}

static bool makes_udp(const struct call *call)
{
    enum { KIND = 0xf }; // the rest of it are flags; linux/net.h
    int family = (int)call->args[0];
    return call->info->number == SYS_socket && call->result >= 0 &&
           (call->args[1] & KIND) == SOCK_DGRAM &&
           (family == AF_INET || family == AF_INET6);
}

void udp_note_exit(struct tracer *tracer, struct call *call)
{
    if (makes_udp(call))
        connections_set(&tracer->datagrams, call->pid, (int)call->result, 1);
    if (!call->on_datagrams)
        return;
    if (call->group == CALLS_CONNECT && call->result == 0) {
        call->port = sockets_peer_port(call->pid, call->fd);
        connections_set(&tracer->connections, call->pid, call->fd, call->port);
    }
    if (call->group == CALLS_RECEIVE && call->result >= 0)
        note_other(tracer, call);
}
