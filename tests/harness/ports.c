// Addresses for one check alone. Checks run side by side, and a grader may
// run beside another one: they must not meet on a port.

#include "peer.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// Below any usual net.ipv4.ip_local_port_range, from which the kernel takes
// the ports that nobody asked for.
enum { LOWEST_PORT = 10000, PORTS = 20000, ATTEMPTS = 1000 };

const char *peer_own_host(void)
{
    // 127.0.0.0/8 is all loopback on Linux. A process id has at most 22 bits
    // (proc(5), pid_max), and no two processes have the same.
    static char host[sizeof "127.255.255.255"];
    unsigned pid = (unsigned)getpid();
    snprintf(host, sizeof host, "127.%u.%u.%u", 64 + (pid >> 16 & 127),
             pid >> 8 & 255, pid & 255);
    return host;
}

static bool is_free(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_port = htons(port)};
    bool free = bind(fd, (const struct sockaddr *)&any, sizeof any) == 0;
    close(fd);
    return free;
}

uint16_t peer_free_port(void)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        unsigned step = (unsigned)getpid() * 31 + attempt * 101;
        uint16_t port = (uint16_t)(LOWEST_PORT + step % PORTS);
        // Its two bytes must differ, or a missing htons() would not show.
        if ((port & 255) != port >> 8 && is_free(port))
            return port;
    }
    errx(EXIT_FAILURE, "no free port");
}
