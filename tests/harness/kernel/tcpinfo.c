#include "kernel/tcpinfo.h"

#include <linux/tcp.h> // has more than libc's of TCP_INFO
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

// Of LISTEN this is the state's number, everywhere.
enum { STATE_LISTEN = 10 };

bool tcpinfo_option(int fd, int level, int option, int *value)
{
    socklen_t size = sizeof *value;
    return getsockopt(fd, level, option, value, &size) == 0 &&
           size == sizeof *value;
}

// An old kernel tells less.
static bool ask(int fd, struct tcp_info *info, size_t least)
{
    socklen_t size = sizeof *info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
           size >= least;
}

bool tcpinfo_ask(int fd, struct tcpinfo *info)
{
    struct tcp_info told;
    if (!ask(fd, &told,
             offsetof(struct tcp_info, tcpi_data_segs_out) +
                 sizeof told.tcpi_data_segs_out))
        return false;
    *info = (struct tcpinfo){.sent = told.tcpi_data_segs_out -
                                     told.tcpi_total_retrans,
                             .unconfirmed = told.tcpi_unacked,
                             .kept = told.tcpi_notsent_bytes,
                             .scale = told.tcpi_snd_wscale};
    return true;
}

int tcpinfo_backlog(int fd)
{
    struct tcp_info told;
    if (!ask(fd, &told,
             offsetof(struct tcp_info, tcpi_sacked) + sizeof told.tcpi_sacked))
        return -1;
    // A listener's numbers stand in other places: ss(8) reads them so, too.
    return told.tcpi_state == STATE_LISTEN ? (int)told.tcpi_sacked : -1;
}
