#include "explain/hints.h"

#include <stddef.h>
#include <string.h>

const struct ladder *hints_for(const char *detector)
{
    static const struct ladder *const all[] = {
        hints_certain, hints_calls, hints_bytes, hints_loop, hints_datagrams};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct ladder *at = all[i]; at->detector != NULL; at++)
            if (strcmp(at->detector, detector) == 0)
                return at;
    return NULL;
}
