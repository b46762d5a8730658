#include "words/usage_checks.h"

#include "words/expect.h"

#include <string.h>

void refuses_arguments(const char *name,
                       const char *const rows[][PROGRAM_ARGUMENTS],
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct program_options options = {.input = NULL};
        memcpy(options.arguments, rows[i], sizeof options.arguments);
        expect_usage_error(start_program(name, &options));
    }
}

static void refuses(const char *name, const char *host, const char *port)
{
    expect_usage_error(start_with_arguments(name, host, port));
}

void refuses_bad_ports(const char *name)
{
    static const char *const bad[] = {"65536", "-1",   "12ab",
                                      "",      "http", "4295032832"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, "127.0.0.1", bad[i]);
}

void refuses_bad_hosts(const char *name, const char *port)
{
    static const char *const bad[] = {"127.0.0.1.1", "300.0.0.1",
                                      "no such host"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, bad[i], port);
}

void asks_for_host_and_port(const char *name)
{
    refuses(name, NULL, NULL);
    refuses(name, "127.0.0.1", NULL);
}

void refuses_bad_host_and_port(const char *name)
{
    asks_for_host_and_port(name);
    static const char *const bad[] = {"http", "65536", ""};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, "127.0.0.1", bad[i]);
    refuses(name, "300.0.0.1", "0");
}
