#include "claim.h"

#include <sanitizer/allocator_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Used by AddressSanitizer. The memory of thousands of inputs needs not be
// remembered, only that of one.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:"
           "malloc_context_size=1:max_malloc_fill_size=512:"
           "detect_stack_use_after_return=0:allocator_may_return_null=1";
}

void claim(bool is_so, const char *what)
{
    if (is_so)
        return;
    dprintf(STDERR_FILENO, "\n==== not so: %s ====\n", what);
    abort();
}

void claim_run(claim_try *try_input, const uint8_t *bytes, size_t size)
{
    size_t before = __sanitizer_get_current_allocated_bytes();
    try_input(bytes, size);
    size_t after = __sanitizer_get_current_allocated_bytes();
    if (after <= before)
        return;
    // What a library keeps for the next time, it need not keep once more.
    try_input(bytes, size);
    claim(__sanitizer_get_current_allocated_bytes() <= after,
          "all memory is given back");
}
