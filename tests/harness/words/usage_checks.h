// usage_checks: checks of arguments that can't be right, for programs whose
// first two are HOST and PORT. NAME is the program's.

#ifndef USAGE_CHECKS_H
#define USAGE_CHECKS_H

#include "stage/program_options.h"

#include <stddef.h>

// It refuses each of these rows of arguments; a row ends at NULL.
void refuses_arguments(const char *name,
                       const char *const rows[][PROGRAM_ARGUMENTS],
                       size_t count);

// It refuses, of two arguments, those that are no PORT, or beside this PORT no
// HOST; or that there are too few.
void refuses_bad_ports(const char *name);
void refuses_bad_hosts(const char *name, const char *port);
void asks_for_host_and_port(const char *name);

// All of that, in short, for a program that uses common/net.h for it.
void refuses_bad_host_and_port(const char *name);

#endif
