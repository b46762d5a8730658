#include "kernel/rlimits.h"

#include <stddef.h>

enum {
    DESCRIPTORS = 64,
    CPU_SECONDS = 600,
    FILE_MIB = 64, // what a compiler or linker may write
    STACK_MIB = 1,
};

bool rlimits_allow(__rlimit_resource_t resource, rlim_t needed)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == -1)
        return true;
    if (limit.rlim_cur != limit.rlim_max && limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(resource, &limit);
    }
    return limit.rlim_max >= needed;
}

const char *rlimits_lacking(void)
{
    // AddressSanitizer reserves terabytes of addresses, and uses few of them.
    static const struct {
        __rlimit_resource_t resource;
        rlim_t needed;
        const char *problem;
    } needs[] = {
        {RLIMIT_AS, RLIM_INFINITY, "the address space is limited (ulimit -v)"},
        {RLIMIT_DATA, RLIM_INFINITY, "the size of data is limited (ulimit -d)"},
        {RLIMIT_CPU, CPU_SECONDS, "processor time is limited (ulimit -t)"},
        {RLIMIT_FSIZE, (rlim_t)FILE_MIB << 20,
         "the size of files is limited (ulimit -f)"},
        {RLIMIT_NOFILE, DESCRIPTORS,
         "fewer than 64 descriptors may be open (ulimit -n)"},
        {RLIMIT_STACK, (rlim_t)STACK_MIB << 20,
         "the size of stacks is limited (ulimit -s)"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!rlimits_allow(needs[i].resource, needs[i].needed))
            return needs[i].problem;
    return NULL;
}
