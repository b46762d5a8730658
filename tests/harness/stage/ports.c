// Addresses for one check alone. Checks run side by side, and a grader may
// run beside another one: they must not meet on a port. And no port or address
// may be one in which mistakes with the byte order don't show.

#include "stage/ports.h"

#include "base/endpoint.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

// Below any usual net.ipv4.ip_local_port_range, from which the kernel takes
// the ports that nobody asked for.
enum { LOWEST_PORT = 10000, PORTS = 20000, ATTEMPTS = 1000 };

// Of so many descriptors, a few hundred may be taken.
enum { ENOUGH = 2048 };

const char *peer_host_of(unsigned pid)
{
    // 127.0.0.0/8 is all loopback on Linux. A process id has at most 22 bits
    // (proc(5), pid_max), and no two processes have the same. An address that
    // ends with 127 might be the same backwards.
    static char host[sizeof "127.255.255.255"];
    unsigned last = pid & 255, high = 64 + (pid >> 16 & 63);
    snprintf(host, sizeof host, "127.%u.%u.%u", last == 127 ? high + 128 : high,
             pid >> 8 & 255, last == 127 ? 126U : last);
    return host;
}

const char *peer_own_host(void)
{
    return peer_host_of((unsigned)getpid());
}

// At every address of that family; or if there is none of it here.
static bool is_free_at(const char *everywhere, int type, uint16_t port)
{
    union endpoint any;
    endpoint_make(everywhere, htons(port), &any);
    const int on = 1;
    int fd = socket(any.any.sa_family, type | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return true;
    if (any.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    bool free =
        bind(fd, &any.any, endpoint_size(&any)) == 0 || errno == EADDRNOTAVAIL;
    close(fd);
    return free;
}

static bool is_free(uint16_t port)
{
    return is_free_at("0.0.0.0", SOCK_STREAM, port) &&
           is_free_at("::", SOCK_STREAM, port) &&
           is_free_at("0.0.0.0", SOCK_DGRAM, port) &&
           is_free_at("::", SOCK_DGRAM, port);
}

uint16_t peer_free_port(void)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        unsigned step = (unsigned)getpid() * 31 + attempt * 101;
        uint16_t port = (uint16_t)(LOWEST_PORT + step % PORTS);
        // With its bytes exchanged it must be another one, and none that is
        // given to anybody here, or a missing htons() might not show.
        if ((port & 255) > port >> 8 && is_free(port))
            return port;
    }
    errx(EXIT_FAILURE, "no free port");
}

// What the kernel chooses from. Without /proc, any port that needs no
// privilege.
static void find_range(unsigned *first, unsigned *last)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (file == NULL || fscanf(file, "%u %u", first, last) != 2) {
        *first = 1024;
        *last = UINT16_MAX;
    }
    if (file != NULL)
        fclose(file);
}

bool peer_port_is_mirrored(uint16_t port)
{
    return port >> 8 == (port & 255);
}

void peer_take_mirrored_ports(void)
{
    unsigned first, last;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur < ENOUGH)
        return;
    find_range(&first, &last);
    for (unsigned byte = 1; byte < 256; byte++) {
        unsigned port = byte << 8 | byte;
        if (port < first || port > last)
            continue;
        // Several graders may have it at the same time (SO_REUSEADDR), but the
        // kernel gives a port to nobody by itself that somebody is bound to.
        // If another program has it, it is not free either.
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
        const struct sockaddr_in any = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port)};
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, (const struct sockaddr *)&any, sizeof any) == -1)
            close(fd);
    }
}

bool peer_has_ipv6(void)
{
    union endpoint loopback;
    endpoint_make("::1", 0, &loopback);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has =
        fd != -1 && bind(fd, &loopback.any, endpoint_size(&loopback)) == 0;
    if (fd != -1)
        close(fd);
    return has;
}

bool peer_keep_refusing(const char *host, uint16_t port)
{
    union endpoint address;
    endpoint_make(host, htons(port), &address);
    int fd = peer_open_socket(address.any.sa_family);
    if (bind(fd, &address.any, endpoint_size(&address)) == 0)
        return true;
    close(fd);
    return false;
}

static int open_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        err(EXIT_FAILURE, "peer");
    return fd;
}

int peer_open_socket(int family)
{
    return open_socket(family, SOCK_STREAM);
}

// Small buffers: the other end's kernel keeps a number of segments at first: of
// loopback's size they are 2 MiB, of Ethernet's less than one.
static void shrink(int fd)
{
    const int small = 4096, segment = 1460;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

static int bound_socket(const char *host, int type, bool has_small_buffers)
{
    union endpoint address;
    int fd;
    if (endpoint_make(host, 0, &address) == -1)
        errx(EXIT_FAILURE, "%s is no address", host);
    do {
        fd = open_socket(address.any.sa_family, type);
        if (has_small_buffers)
            shrink(fd);
        socklen_t size = endpoint_size(&address);
        address.v4.sin_port = 0;
        if (bind(fd, &address.any, size) == -1 ||
            getsockname(fd, &address.any, &size) == -1)
            err(EXIT_FAILURE, "cannot listen on %s", host);
    } while (peer_port_is_mirrored(address.v4.sin_port) && close(fd) == 0);
    return fd;
}

int peer_bound_socket(const char *host, bool has_small_buffers)
{
    return bound_socket(host, SOCK_STREAM, has_small_buffers);
}

int peer_bound_datagrams(const char *host)
{
    return bound_socket(host, SOCK_DGRAM, false);
}
