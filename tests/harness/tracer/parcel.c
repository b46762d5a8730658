#include "tracer/parcel.h"

#include "base/endpoint.h"
#include "kernel/memory.h"
#include "kernel/sockets.h"
#include "tracer/vectors.h"

#include <err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    LONGEST = 65507, // over IPv4; what is longer is none of the weather's
    CONTROL = 256,
};

struct parcel {
    struct parcel *next;
    int fd; // the program's socket, as borrowed
    int flags;
    union endpoint to;
    socklen_t to_size; // 0: where the socket is connected to
    _Alignas(struct cmsghdr) unsigned char control[CONTROL];
    size_t control_size;
    size_t size;
    unsigned char bytes[LONGEST];
};

static bool read_bytes(const struct call *call, struct parcel *parcel)
{
    if (call->info->length == LENGTH_ARGUMENT) {
        parcel->size = call->args[call->info->length_argument];
        return parcel->size <= LONGEST &&
               memory_read(call->pid, call->args[1], parcel->bytes,
                           parcel->size);
    }
    uint64_t at, count_at, count;
    if (call->info->length == LENGTH_NONE ||
        !vectors_find(call, &at, &count, &count_at))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct iovec part;
        if (!memory_read(call->pid, at + i * sizeof part, &part, sizeof part) ||
            part.iov_len > LONGEST - parcel->size ||
            !memory_read(call->pid, (uint64_t)(uintptr_t)part.iov_base,
                         parcel->bytes + parcel->size, part.iov_len))
            return false;
        parcel->size += part.iov_len;
    }
    return true;
}

static bool read_address(const struct call *call, struct parcel *parcel,
                         uint64_t at, uint64_t size)
{
    if (at == 0 || size == 0)
        return true;
    parcel->to_size =
        (socklen_t)(size < sizeof parcel->to ? size : sizeof parcel->to);
    return memory_read(call->pid, at, &parcel->to, parcel->to_size);
}

static bool read_header(const struct call *call, struct parcel *parcel)
{
    struct msghdr message;
    if (call->info->number == SYS_sendto) {
        parcel->flags = (int)call->args[3];
        return read_address(call, parcel, call->args[4], call->args[5]);
    }
    if (call->info->number != SYS_sendmsg)
        return true;
    if (!memory_read(call->pid, call->args[1], &message, sizeof message) ||
        message.msg_controllen > CONTROL)
        return false;
    parcel->flags = (int)call->args[2];
    parcel->control_size = message.msg_controllen;
    return memory_read(call->pid, (uint64_t)(uintptr_t)message.msg_control,
                       parcel->control, parcel->control_size) &&
           read_address(call, parcel, (uint64_t)(uintptr_t)message.msg_name,
                        message.msg_namelen);
}

// True if there is somewhere for it to go.
static bool has_destination(const struct parcel *parcel)
{
    int family = AF_UNSPEC;
    union endpoint other;
    socklen_t size = sizeof other;
    if (parcel->to_size == 0)
        return getpeername(parcel->fd, &other.any, &size) == 0;
    size = sizeof family;
    getsockopt(parcel->fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return parcel->to.any.sa_family == family &&
           parcel->to_size >= endpoint_size(&parcel->to) &&
           parcel->to.v4.sin_port != 0;
}

static void free_one(struct parcel *parcel)
{
    close(parcel->fd);
    free(parcel);
}

static struct parcel *copy(const struct call *call)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel == NULL)
        err(EXIT_FAILURE, "parcel");
    parcel->fd = sockets_borrow(call->pid, call->fd);
    if (parcel->fd != -1 && read_bytes(call, parcel) &&
        read_header(call, parcel) && has_destination(parcel))
        return parcel;
    free_one(parcel);
    return NULL;
}

static void send_one(const struct parcel *parcel)
{
    struct iovec bytes = {(void *)(uintptr_t)parcel->bytes, parcel->size};
    const struct msghdr message = {
        .msg_name =
            parcel->to_size == 0 ? NULL : (void *)(uintptr_t)&parcel->to,
        .msg_namelen = parcel->to_size,
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = parcel->control_size == 0
                           ? NULL
                           : (void *)(uintptr_t)parcel->control,
        .msg_controllen = parcel->control_size,
    };
    sendmsg(parcel->fd, &message, parcel->flags | MSG_DONTWAIT);
}

// Whoever sends without a port gets one, at every address; ip(7).
static void give_port(int fd)
{
    union endpoint own;
    socklen_t size = sizeof own;
    if (getsockname(fd, &own.any, &size) == 0 && own.v4.sin_port == 0)
        bind(fd, &own.any, size);
}

bool parcel_lose(const struct call *call)
{
    struct parcel *parcel = copy(call);
    if (parcel == NULL)
        return false;
    give_port(parcel->fd);
    free_one(parcel);
    return true;
}

bool parcel_double(const struct call *call)
{
    struct parcel *parcel = copy(call);
    if (parcel == NULL)
        return false;
    send_one(parcel);
    free_one(parcel);
    return true;
}

bool parcel_keep(const struct call *call, struct parcel **parcels)
{
    struct parcel *parcel = copy(call);
    if (parcel == NULL)
        return false;
    give_port(parcel->fd);
    while (*parcels != NULL)
        parcels = &(*parcels)->next;
    *parcels = parcel;
    return true;
}

static void end_all(struct parcel **parcels, bool sends)
{
    while (*parcels != NULL) {
        struct parcel *parcel = *parcels;
        *parcels = parcel->next;
        if (sends)
            send_one(parcel);
        free_one(parcel);
    }
}

void parcel_send_all(struct parcel **parcels)
{
    end_all(parcels, true);
}

void parcel_free_all(struct parcel **parcels)
{
    end_all(parcels, false);
}
