#include "explain/failure.h"

#include <stdio.h>

const char *failure_awaits(const struct failure *failure,
                           char text[AWAITED_SIZE])
{
    static const char *const words[] = {
        [AWAITS_ANNOUNCEMENT] = "its announcement",
        [AWAITS_PROGRAM_END] = "your program's end",
        [AWAITS_CONNECTION] = "a connection",
        [AWAITS_MESSAGE] = "a message",
        [AWAITS_ITS_MESSAGE] = "the message",
        [AWAITS_DATAGRAM] = "a datagram",
        [AWAITS_STREAM_END] = "end of stream",
        [AWAITS_CLOSE] = "the close",
        [AWAITS_CONNECTION_END] = "the end of the connection",
    };
    if (failure->awaits == AWAITS_NOTHING)
        return NULL;
    if (failure->awaits == AWAITS_SOME_BYTES)
        snprintf(text, AWAITED_SIZE, "%zu B", failure->missing_bytes);
    else
        snprintf(text, AWAITED_SIZE, "%s", words[failure->awaits]);
    return text;
}
