// naming: names of hosts and services, and addresses of both families, for
// checks of programs that use getaddrinfo(3).

#ifndef NAMING_H
#define NAMING_H

// From here on the programs that are started know these names and no others:
// HOSTS has lines as hosts(5), SERVICES as services(5). Where tracing is
// refused, the check ends here, as "not run".
void make_names(const char *hosts, const char *services);

// From here on a program's IPv6 sockets serve IPv6 only, unless it tells them
// otherwise, as where net.ipv6.bindv6only is set (ip-sysctl). Where tracing is
// refused, the check ends here, as "not run".
void make_ipv6_only(void);

// From here on the programs have no IPv6 sockets, as where the kernel is built
// without. Likewise.
void make_no_ipv6(void);

// This check takes IPv6: it ends as "not run" where the machine has none.
void need_ipv6(void);

#endif
