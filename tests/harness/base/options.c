#include "base/options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

#define OPTION(level, option)  \
    {                          \
        level, option, #option \
    }
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    int level, option;
    const char *name;
} options[] = {
    OPTION(SOL_SOCKET, SO_REUSEADDR),
    OPTION(SOL_SOCKET, SO_REUSEPORT),
    OPTION(SOL_SOCKET, SO_RCVTIMEO),
    OPTION(SOL_SOCKET, SO_SNDTIMEO),
    OPTION(SOL_SOCKET, SO_ERROR),
    OPTION(SOL_SOCKET, SO_LINGER),
    OPTION(SOL_SOCKET, SO_KEEPALIVE),
    OPTION(SOL_SOCKET, SO_RCVBUF),
    OPTION(SOL_SOCKET, SO_SNDBUF),
    OPTION(SOL_SOCKET, SO_RCVBUFFORCE),
    OPTION(SOL_SOCKET, SO_SNDBUFFORCE),
    OPTION(SOL_SOCKET, SO_RCVLOWAT),
    OPTION(SOL_SOCKET, SO_BROADCAST),
    OPTION(SOL_SOCKET, SO_OOBINLINE),
    OPTION(SOL_SOCKET, SO_DEBUG),
    OPTION(SOL_SOCKET, SO_DONTROUTE),
    OPTION(SOL_SOCKET, SO_PRIORITY),
    OPTION(SOL_SOCKET, SO_TYPE),
    OPTION(SOL_SOCKET, SO_ACCEPTCONN),
    OPTION(IPPROTO_IP, IP_TOS),
    OPTION(IPPROTO_IP, IP_TTL),
    OPTION(IPPROTO_IP, IP_PKTINFO),
    OPTION(IPPROTO_IP, IP_RECVERR),
    OPTION(IPPROTO_IPV6, IPV6_V6ONLY),
    OPTION(IPPROTO_IPV6, IPV6_RECVERR),
    OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO),
    OPTION(IPPROTO_IPV6, IPV6_PKTINFO),
    OPTION(IPPROTO_TCP, TCP_NODELAY),
    OPTION(IPPROTO_TCP, TCP_MAXSEG),
    OPTION(IPPROTO_TCP, TCP_CORK),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE),
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT),
    OPTION(IPPROTO_TCP, TCP_SYNCNT),
    OPTION(IPPROTO_TCP, TCP_LINGER2),
    OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT),
    OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP),
    OPTION(IPPROTO_TCP, TCP_INFO),
    OPTION(IPPROTO_TCP, TCP_QUICKACK),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT),
};

static const struct {
    int level;
    const char *name, *page;
} levels[] = {
    {SOL_SOCKET, "SOL_SOCKET", "socket"},   {IPPROTO_IP, "IPPROTO_IP", "ip"},
    {IPPROTO_TCP, "IPPROTO_TCP", "tcp"},    {IPPROTO_UDP, "IPPROTO_UDP", "udp"},
    {IPPROTO_IPV6, "IPPROTO_IPV6", "ipv6"},
};

const char *name_of_option(int level, int option)
{
    for (size_t i = 0; i < LENGTH(options); i++)
        if (options[i].level == level && options[i].option == option)
            return options[i].name;
    return NULL;
}

const char *name_of_level(int level)
{
    for (size_t i = 0; i < LENGTH(levels); i++)
        if (levels[i].level == level)
            return levels[i].name;
    return NULL;
}

const char *page_of_level(int level)
{
    for (size_t i = 0; i < LENGTH(levels); i++)
        if (levels[i].level == level)
            return levels[i].page;
    return "socket";
}
