// sockdiag: asks the kernel for one TCP connection by its two ends, whoever it
// belongs to; sock_diag(7). Reading /proc/net/tcp for it would take longer the
// more connections the machine has, those in TIME_WAIT included.

#ifndef SOCKDIAG_H
#define SOCKDIAG_H

#include "kernel/procfs.h"

// Finds the socket that is bound to LOCAL and connected to REMOTE.
// Returns true if there is one, with its facts in *socket.
bool sockdiag_find(const union endpoint *local, const union endpoint *remote,
                   struct tcp_socket *socket);

// Finds the socket that would get a connection to ADDRESS.
// Returns true if there is one, with its inode in *inode.
bool sockdiag_find_listener(const union endpoint *address,
                            unsigned long *inode);

#endif
