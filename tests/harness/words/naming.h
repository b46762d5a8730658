// naming: names of hosts and services, and addresses of both families, for
// checks of programs that use getaddrinfo(3).

#ifndef NAMING_H
#define NAMING_H

// From here on the programs that are started know these names and no others:
// HOSTS has lines as hosts(5), SERVICES as services(5). Where tracing is
// refused, the check ends here, as "not run".
void make_names(const char *hosts, const char *services);

// This check takes IPv6: it ends as "not run" where the machine has none.
void need_ipv6(void);

#endif
