// What a program may lack through no fault of its own, as its calls tell.

#include "stage/program.h"
#include "stage/stage.h"
#include "trace/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static const char *shortage(const struct call *call, bool few_descriptors)
{
    if (!call->finished || call->effect == MADE_TO_FAIL)
        return NULL;
    if (call->result == -EMFILE && few_descriptors)
        return "fewer descriptors may be open here (ulimit -Hn) than it takes";
    // For a port of the kernel's choice, too.
    if (call->info->number == SYS_bind && call->result == -EADDRINUSE &&
        call->note_size > 2 &&
        memcmp(call->note + call->note_size - 2, ":0", 2) == 0)
        return "this machine has no more local ports (EADDRINUSE)";
    // At a loopback address that can only mean one thing.
    bool connects = call->info->number == SYS_connect &&
                    strncmp(call->note, "127.", 4) == 0;
    if (connects && call->result == -EADDRNOTAVAIL)
        return "this machine has no more local ports (EADDRNOTAVAIL)";
    if (connects && call->result == -ENETUNREACH)
        return "this machine has no loopback network (ENETUNREACH)";
    if (call->result == -ENFILE)
        return "this machine has no more files to open (ENFILE)";
    if (call->result == -ENOMEM)
        return "this machine has no more memory to give (ENOMEM)";
    return NULL;
}

// The calls of a program that is not traced are not seen; what it gives as its
// reason is. (Where nothing is traced, that is no excuse: among the checks are
// those of a port that is taken. A check that does without is about none.)
static const char *said_shortage(const struct stage *stage)
{
    const int lacks_port[] = {EADDRINUSE, EADDRNOTAVAIL};
    for (const struct program *program = stage->programs; program != NULL;
         program = program->next)
        for (size_t i = 0; i < 2; i++)
            if (strstr(program->err.bytes, strerror(lacks_port[i])) != NULL)
                return "your program says that it got no port, and whether "
                       "this machine has one is not known";
    return NULL;
}

const char *program_shortage(void)
{
    if (stage_current()->untraced_by_us)
        return said_shortage(stage_current());
    struct trace *trace = stage_current()->trace;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    // Where a check leaves only a few, that is its own doing.
    bool few = limit.rlim_max < PROGRAM_OCCUPIED;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        const char *why = shortage(call, few);
        if (why != NULL)
            return why;
    }
    return NULL;
}
