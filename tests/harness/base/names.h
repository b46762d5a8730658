// names tells what errors and signals are called in C: "EPIPE", "SIGPIPE".
// (strerrorname_np(3) and its kin do too, but only from glibc 2.32 on.)
#ifndef NAMES_H
#define NAMES_H

// Returns the name of an errno value; "an unknown error" if it has none.
const char *name_of_error(int error);

// Returns the name of a signal; NULL if it has none, as those from 32 on.
const char *name_of_signal(int signal);

#endif
