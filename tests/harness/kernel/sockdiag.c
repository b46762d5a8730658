#include "kernel/sockdiag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 wanted;
};

// One socket serves all questions of a process: with a thousand peers there
// are many. A forked process makes its own.
static int netlink_socket(void)
{
    static int fd = -1;
    static pid_t owner;
    if (owner == getpid())
        return fd;
    owner = getpid();
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    return fd;
}

static void set_address(__be32 words[4], const union endpoint *endpoint)
{
    if (endpoint->any.sa_family == AF_INET6)
        memcpy(words, &endpoint->v6.sin6_addr, sizeof endpoint->v6.sin6_addr);
    else
        words[0] = endpoint->v4.sin_addr.s_addr;
}

static struct request request_for(const union endpoint *local,
                                  const union endpoint *remote)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .wanted = {.sdiag_family = (uint8_t)local->any.sa_family,
                   .sdiag_protocol = IPPROTO_TCP,
                   .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                   .idiag_states = ~0U},
    };
    struct inet_diag_sockid *id = &request.wanted.id;
    id->idiag_sport = local->v4.sin_port;
    id->idiag_dport = remote->v4.sin_port;
    set_address(id->idiag_src, local);
    set_address(id->idiag_dst, remote);
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

// What tcp(7) tells of that socket stands behind the rest of the answer.
static void read_info(const struct nlmsghdr *answer, struct tcp_info *info)
{
    const struct rtattr *part =
        (const struct rtattr *)((const char *)NLMSG_DATA(answer) +
                                NLMSG_ALIGN(sizeof(struct inet_diag_msg)));
    size_t left =
        answer->nlmsg_len - (size_t)((const char *)part - (const char *)answer);
    while (RTA_OK(part, left) && part->rta_type != INET_DIAG_INFO)
        part = RTA_NEXT(part, left);
    if (!RTA_OK(part, left))
        return;
    size_t size = RTA_PAYLOAD(part);
    memcpy(info, RTA_DATA(part), size < sizeof *info ? size : sizeof *info);
}

// Asks for the socket between these two and reads the answer into *found, and
// *info. Returns true if there is such a socket, or one that listens at LOCAL.
static bool ask(const union endpoint *local, const union endpoint *remote,
                struct inet_diag_msg *found, struct tcp_info *info)
{
    const struct request request = request_for(local, remote);
    _Alignas(struct nlmsghdr) char buffer[8192];
    const struct nlmsghdr *answer = (const struct nlmsghdr *)buffer;
    int fd = netlink_socket();
    if (fd == -1 ||
        send(fd, &request, sizeof request, 0) != (ssize_t)sizeof request)
        return false;
    if (recv(fd, buffer, sizeof buffer, 0) <
            (ssize_t)(NLMSG_HDRLEN + sizeof *found) ||
        answer->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    memcpy(found, NLMSG_DATA(answer), sizeof *found);
    read_info(answer, info);
    return true;
}

bool sockdiag_find(const union endpoint *local, const union endpoint *remote,
                   struct tcp_socket *socket_)
{
    struct inet_diag_msg found;
    struct tcp_info info = {.tcpi_unacked = 0};
    // Where the connection is gone, the kernel offers the listening socket.
    if (!ask(local, remote, &found, &info) ||
        found.id.idiag_dport != remote->v4.sin_port)
        return false;
    *socket_ = (struct tcp_socket){
        .local = *local,
        .remote = *remote,
        .state = found.idiag_state,
        .unacknowledged = found.idiag_wqueue,
        .unread = found.idiag_rqueue,
        // What is sent again was not received, as there is no room for it.
        .awaits_receipt = info.tcpi_unacked > 0 && info.tcpi_retransmits == 0,
    };
    return true;
}

bool sockdiag_find_listener(const union endpoint *address, unsigned long *inode)
{
    const union endpoint nobody = {.any.sa_family = address->any.sa_family};
    struct inet_diag_msg found;
    struct tcp_info info;
    if (!ask(address, &nobody, &found, &info) ||
        found.idiag_state != TCP_LISTEN)
        return false;
    *inode = found.idiag_inode;
    return true;
}
