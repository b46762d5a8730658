#include "trace/poll_sets.h"

#include "base/style.h"

#include <sys/syscall.h>

bool poll_sets_is_select(const struct call *call)
{
#ifdef SYS_select
    if (call->info->number == SYS_select)
        return true;
#endif
    return call->info->number == SYS_pselect6;
}

bool poll_sets_is_poll(const struct call *call)
{
#ifdef SYS_poll
    if (call->info->number == SYS_poll)
        return true;
#endif
    return call->info->number == SYS_ppoll;
}

bool poll_sets_are_known(const struct call *call)
{
    return poll_sets_is_select(call) || poll_sets_is_poll(call);
}

uint64_t poll_sets_bit(int fd)
{
    return fd >= 0 && fd < POLLED_DESCRIPTORS ? UINT64_C(1) << fd : 0;
}

bool poll_sets_has(uint64_t set, int fd)
{
    return (set & poll_sets_bit(fd)) != 0;
}

static void format_set(FILE *out, uint64_t set)
{
    int last = 63;
    while (last >= 0 && !poll_sets_has(set, last))
        last--;
    const char *comma = "";
    int shown = 0;
    for (int fd = 0; fd <= last; fd++) {
        if (!poll_sets_has(set, fd))
            continue;
        if (shown++ == 5) {
            fprintf(out, ",%s", style_either("…", "..."));
            return;
        }
        fprintf(out, "%s%d", comma, fd);
        comma = ",";
    }
}

void poll_sets_format(FILE *out, const struct polled *polled)
{
    const struct {
        const char *name;
        uint64_t set;
    } sets[] = {{"r", polled->read},
                {"w", polled->write},
                {"not open: ", polled->closed}};
    const char *space = "";
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (sets[i].set == 0)
            continue;
        fprintf(out, "%s%s", space, sets[i].name);
        format_set(out, sets[i].set);
        space = " ";
    }
    if (*space == '\0')
        fputs("nothing", out);
}
