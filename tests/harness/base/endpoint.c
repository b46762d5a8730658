#include "base/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

int endpoint_make(const char *host, uint16_t port, union endpoint *endpoint)
{
    *endpoint =
        (union endpoint){.v4 = {.sin_family = AF_INET, .sin_port = port}};
    if (inet_pton(AF_INET, host, &endpoint->v4.sin_addr) == 1)
        return 0;
    *endpoint =
        (union endpoint){.v6 = {.sin6_family = AF_INET6, .sin6_port = port}};
    return inet_pton(AF_INET6, host, &endpoint->v6.sin6_addr) == 1 ? 0 : -1;
}

socklen_t endpoint_size(const union endpoint *endpoint)
{
    return endpoint->any.sa_family == AF_INET6 ? sizeof endpoint->v6
                                               : sizeof endpoint->v4;
}

char *endpoint_host(const union endpoint *endpoint,
                    char text[ENDPOINT_TEXT_SIZE])
{
    const void *host = &endpoint->v4.sin_addr;
    if (endpoint->any.sa_family == AF_INET6)
        host = &endpoint->v6.sin6_addr;
    if (inet_ntop(endpoint->any.sa_family, host, text, ENDPOINT_TEXT_SIZE) ==
        NULL)
        snprintf(text, ENDPOINT_TEXT_SIZE, "?");
    return text;
}

char *endpoint_text(const union endpoint *endpoint,
                    char text[ENDPOINT_TEXT_SIZE])
{
    char host[ENDPOINT_TEXT_SIZE], scope[sizeof "%4294967295"] = "";
    unsigned port = ntohs(endpoint->v4.sin_port);
    bool is_ipv6 = endpoint->any.sa_family == AF_INET6;
    endpoint_host(endpoint, host);
    if (is_ipv6 && endpoint->v6.sin6_scope_id != 0)
        snprintf(scope, sizeof scope, "%%%u", endpoint->v6.sin6_scope_id);
    snprintf(text, ENDPOINT_TEXT_SIZE, is_ipv6 ? "[%.45s%s]:%u" : "%.45s%s:%u",
             host, scope, port);
    return text;
}

bool endpoint_same_host(const union endpoint *one,
                        const union endpoint *another)
{
    if (one->any.sa_family != another->any.sa_family)
        return false;
    if (one->any.sa_family == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&one->v6.sin6_addr, &another->v6.sin6_addr);
    return one->v4.sin_addr.s_addr == another->v4.sin_addr.s_addr;
}

bool endpoint_is_everywhere(const union endpoint *endpoint)
{
    if (endpoint->any.sa_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&endpoint->v6.sin6_addr);
    return endpoint->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

void endpoint_unmap(union endpoint *endpoint)
{
    const struct sockaddr_in6 v6 = endpoint->v6;
    if (v6.sin6_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return;
    endpoint->v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = v6.sin6_port};
    memcpy(&endpoint->v4.sin_addr, &v6.sin6_addr.s6_addr[12],
           sizeof endpoint->v4.sin_addr);
}
