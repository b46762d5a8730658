#include "words/exchanges.h"

#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/verdict.h"
#include "words/weathers.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

// What stood in stdio's buffer when another process was made comes out of both.
static void expect_no_label_behind(struct program *client)
{
    static const char again[] = "\nreceived: ";
    const size_t size = sizeof again - 1, all = client->out.size;
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "Behind its line \"received: \" stands once more. Is there "
                 "another process? What stands in stdio's buffer at fork() "
                 "stands in the child's copy, too, and exit() writes that out. "
                 "Call fflush() before fork(), or end the child with _exit().",
    };
    if (all >= size && memcmp(client->out.bytes + all - size, again, size) == 0)
        expect_fail(&failure, "one line of output that begins like that",
                    "another one is begun, and not ended");
}

void expect_received_line(struct program *client, const void *bytes,
                          size_t size)
{
    static const char label[] = "received: ";
    char *line = malloc(sizeof label + size);
    if (line == NULL)
        err(EXIT_FAILURE, "line");
    memcpy(line, label, sizeof label - 1);
    memcpy(line + sizeof label - 1, bytes, size);
    line[sizeof label - 1 + size] = '\n';
    expect_output(client, line, sizeof label + size);
    free(line);
    expect_no_label_behind(client);
}

void expect_received_at_most(struct program *client, const char *message)
{
    static const char label[] = "received: ";
    const char *line = strstr(client->out.bytes, label);
    if (line == NULL)
        return;
    line += sizeof label - 1;
    const size_t size = strcspn(line, "\n");
    size_t same = 0;
    while (same < size && line[same] == message[same])
        same++;
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "Bytes stand in that line that have never come. Where recv() "
                 "returns -1 it has brought none, and -1 is no number of bytes "
                 "to print, or to add to a count: ask for it first.",
    };
    if (same < size)
        expect_fail(&failure, "the message's first bytes, as far as they came",
                    "others behind the first %zu of them", same);
}

void expect_exchange(struct peer *server, struct program *client,
                     const void *message, size_t size)
{
    expect_connection(client, server);
    expect_received(client, server, message, size);
    expect_exit_status(client, 0);
    expect_received(client, server, message, size);
    expect_received_line(client, message, size);
    expect_end_from(client, server);
}

void expect_4_mib_exchanged(void (*exchange)(size_t size))
{
    // A call a byte, one after the other: that takes minutes.
    exchange(KIB(1));
    if (calls_made(MOVING_CALLS) >= KIB(1)) {
        exchange(KIB(64));
        verdict_not_run("your program moves so few bytes with each call that 4 "
                        "MiB would take minutes; 64 KiB it exchanges");
    }
    begin_timeline_anew();
    exchange(MIB(4));
}
