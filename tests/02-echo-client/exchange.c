#include "exchange.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/exchanges.h"
#include "words/expect.h"

#include <string.h>

struct peer *serve(void)
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo(server);
    return server;
}

struct program *start(struct peer *server, const char *message)
{
    return start_client(PROGRAM, server,
                        (struct program_options){.arguments = {[2] = message}});
}

struct program *call_nobody(const char *message)
{
    return start_client_of_nobody(
        PROGRAM, (struct program_options){.arguments = {[2] = message}});
}

struct program *start_reading(struct peer *server, const void *input,
                              size_t size)
{
    return start_client(PROGRAM, server,
                        (struct program_options){.arguments = {[2] = "-"},
                                                 .input = input,
                                                 .input_size = size});
}

struct program *start_writing_to(enum program_stdout standard_output,
                                 struct peer *server, const char *message)
{
    return start_client(
        PROGRAM, server,
        (struct program_options){.arguments = {[2] = message},
                                 .standard_output = standard_output});
}

void exchange(const char *message)
{
    struct peer *server = serve();
    expect_exchange(server, start(server, message), message, strlen(message));
}

bool another_sends(void)
{
    struct trace *trace = stage_current()->trace;
    pid_t sender = 0, receiver = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->on_socket && call->group == CALLS_SEND)
            sender = call->tid;
        if (call->on_socket && call->group == CALLS_RECEIVE)
            receiver = call->tid;
    }
    return sender != 0 && receiver != 0 && sender != receiver;
}

char *letters(size_t size)
{
    return random_text("letters", size);
}

void exchange_input(size_t size)
{
    void *message = random_bytes("message", size);
    struct peer *server = serve();
    expect_exchange(server, start_reading(server, message, size), message,
                    size);
}
