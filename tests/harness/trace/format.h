// format: writes calls, bytes and statuses the way a C programmer reads them.

#ifndef FORMAT_H
#define FORMAT_H

#include "trace/trace.h"

#include <stddef.h>
#include <stdio.h>

// A call with its arguments of interest and its result, such as
// "recv(4, 16384) = 1000", without a newline.
void format_call(FILE *out, const struct call *call);

// What a call answered: "1000", "-1 EINTR", or "..." if it has not.
void format_result(FILE *out, const struct call *call);

// Its name as the program's author wrote it: "recv()", "read()".
const char *format_name(const struct call *call);

// Writes into TEXT, of SIZE bytes, a length of time: "59 s", "1 min", "24 h".
void format_time(char *text, size_t size, uint64_t ms);

// How a process ended: "exit status 1", "killed by SIGPIPE (Broken pipe)".
void format_status(FILE *out, int status);

// Bytes as a C string literal with its quotes, at most LIMIT of them, then an
// ellipsis. Nothing that a terminal would act on gets through.
void format_bytes(FILE *out, const void *bytes, size_t size, size_t limit);

// Where two sequences of bytes differ first, in hexadecimal and as text, with
// what stands around it; both lines are indented by INDENT.
void format_difference(FILE *out, const char *indent, const void *expected,
                       size_t expected_size, const void *got, size_t got_size);

#endif
