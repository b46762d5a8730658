// udp_echo_server HOST PORT: another design. It receives and sends several
// datagrams with one call each: recvmmsg(2), sendmmsg(2).

#define _GNU_SOURCE // recvmmsg()

#include "datagram.h"
#include "names.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BATCH = 8, LONGEST = 65536 };

static char bytes[BATCH][LONGEST];
static _Alignas(struct cmsghdr) char control[BATCH][DATAGRAM_TO_SIZE];
static struct sockaddr_storage from[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr all[BATCH];

static int receive(int fd)
{
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){bytes[i], LONGEST};
        all[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                         .msg_namelen = sizeof from[i],
                                         .msg_iov = &parts[i],
                                         .msg_iovlen = 1,
                                         .msg_control = control[i],
                                         .msg_controllen = DATAGRAM_TO_SIZE};
    }
    return recvmmsg(fd, all, BATCH, MSG_WAITFORONE, NULL);
}

static void send_back(int fd, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        parts[i].iov_len = all[i].msg_len;
    for (unsigned at = 0; at < count;) {
        int sent = sendmmsg(fd, all + at, count - at, 0);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            perror("udp_echo_server: sendmmsg");
        at += sent == -1 ? 1 : (unsigned)sent; // the one that failed is lost
    }
}

static void announce(int fd);

static int run(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = datagram_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "udp_echo_server: HOST '%s', PORT '%s': %s\n", host,
                port, names_reason(error));
        return EXIT_FAILURE;
    }
    int fd = datagram_bind(list);
    if (fd == -1)
        fprintf(stderr, "udp_echo_server: bind HOST '%s', PORT '%s': %s\n",
                host, port, strerror(errno));
    freeaddrinfo(list);
    if (fd == -1)
        return EXIT_FAILURE;
    announce(fd);
    for (;;) {
        int count = receive(fd);
        if (count > 0)
            send_back(fd, (unsigned)count);
        else if (errno != EINTR && errno != ECONNREFUSED &&
                 errno != EHOSTUNREACH)
            return EXIT_FAILURE;
    }
}

static void stop(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "udp_echo_server: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: udp_echo_server HOST PORT\n");
    return 2;
}

static void announce(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    char text[NAMES_TEXT_SIZE];
    printf("listening on %s\n",
           names_text((struct sockaddr *)&address, size, text));
    fflush(stdout);
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return usage("missing argument:", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("one argument too many:", argv[3]);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    return run(argv[1], argv[2]);
}
