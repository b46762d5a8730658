#include "kernel/sockdiag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
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

static struct request request_for(const struct sockaddr_in *local,
                                  const struct sockaddr_in *remote)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .wanted = {.sdiag_family = AF_INET,
                   .sdiag_protocol = IPPROTO_TCP,
                   .idiag_states = ~0U},
    };
    struct inet_diag_sockid *id = &request.wanted.id;
    id->idiag_sport = local->sin_port;
    id->idiag_dport = remote->sin_port;
    id->idiag_src[0] = local->sin_addr.s_addr;
    id->idiag_dst[0] = remote->sin_addr.s_addr;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

// Asks for one socket and reads the answer. Returns its facts, inside the
// buffer; NULL if there is no such socket.
static const struct inet_diag_msg *ask(int fd, const struct request *request,
                                       void *buffer, size_t size)
{
    if (send(fd, request, sizeof *request, 0) != (ssize_t)sizeof *request)
        return NULL;
    ssize_t length = recv(fd, buffer, size, 0);
    const struct nlmsghdr *answer = buffer;
    if (length < (ssize_t)sizeof *answer ||
        answer->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return NULL;
    return NLMSG_DATA(answer);
}

bool sockdiag_find(const struct sockaddr_in *local,
                   const struct sockaddr_in *remote, struct tcp_socket *socket_)
{
    const struct request request = request_for(local, remote);
    int fd = netlink_socket();
    if (fd == -1)
        return false;
    _Alignas(struct nlmsghdr) char buffer[8192];
    const struct inet_diag_msg *found =
        ask(fd, &request, buffer, sizeof buffer);
    // Where the connection is gone, the kernel offers the listening socket.
    if (found == NULL || found->id.idiag_dport != remote->sin_port)
        return false;
    *socket_ = (struct tcp_socket){
        .local = *local,
        .remote = *remote,
        .state = found->idiag_state,
        .unacknowledged = found->idiag_wqueue,
        .unread = found->idiag_rqueue,
    };
    return true;
}

bool sockdiag_find_listener(const struct sockaddr_in *address,
                            unsigned long *inode)
{
    const struct sockaddr_in nobody = {.sin_family = AF_INET};
    const struct request request = request_for(address, &nobody);
    int fd = netlink_socket();
    if (fd == -1)
        return false;
    _Alignas(struct nlmsghdr) char buffer[8192];
    const struct inet_diag_msg *found =
        ask(fd, &request, buffer, sizeof buffer);
    if (found == NULL || found->idiag_state != TCP_LISTEN)
        return false;
    *inode = found->idiag_inode;
    return true;
}
