#include "words/usage_checks.h"

#include "words/expect.h"

#include <string.h>

// Of that row's arguments, one may be more than 32 bits hold.
static const char *why_refused(const char *const arguments[])
{
    enum { DIGITS_OF_32_BITS = 10 };
    for (size_t i = 0; arguments[i] != NULL; i++)
        if (strlen(arguments[i]) >= DIGITS_OF_32_BITS &&
            arguments[i][strspn(arguments[i], "0123456789")] == '\0')
            return "A number that 32 bits, or 64, don't hold wraps round to a "
                   "small one: strtoul() tells of the latter by ERANGE, and "
                   "what it returns has to be compared before it goes into "
                   "an int.";
    return "atoi() takes anything for a number.";
}

void refuses_arguments(const char *name,
                       const char *const rows[][PROGRAM_ARGUMENTS],
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct program_options options = {.input = NULL};
        memcpy(options.arguments, rows[i], sizeof options.arguments);
        expect_usage_error_because(start_program(name, &options),
                                   why_refused(rows[i]));
    }
}

static const char *const about_ports =
    "atoi() takes anything for a number. strtol() tells where the number "
    "ended, and whether it fitted: look at both, and then at the range; and "
    "only with a base of 10 does it keep to decimal digits (0x50 is 80 else).";
static const char *const about_hosts =
    "inet_pton() returns 0, not -1, for what is no address; inet_addr() "
    "takes some of that for one, and returns 255.255.255.255 for the rest.";
static const char *const about_missing =
    "Look at argc before you look at argv.";

static void refuses(const char *name, const char *host, const char *port,
                    const char *why)
{
    expect_usage_error_because(start_with_arguments(name, host, port), why);
}

void refuses_bad_ports(const char *name)
{
    static const char *const bad[] = {
        "65536", "-1",         "12ab",       "",
        "http",  "4295032832", "4294967303", "18446744073709551623",
        "0x50"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, "127.0.0.1", bad[i], about_ports);
}

void refuses_bad_hosts(const char *name, const char *port)
{
    // inet_aton() would take the last.
    static const char *const bad[] = {"127.0.0.1.1", "300.0.0.1",
                                      "no such host", "127.0.0.1 or so"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, bad[i], port, about_hosts);
}

void asks_for_host_and_port(const char *name)
{
    refuses(name, NULL, NULL, about_missing);
    refuses(name, "127.0.0.1", NULL, about_missing);
}

void refuses_bad_host_and_port(const char *name)
{
    asks_for_host_and_port(name);
    static const char *const bad[] = {
        "http", "65536", "12ab", "", "4294967303", "18446744073709551623"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(name, "127.0.0.1", bad[i], about_ports);
    refuses(name, "300.0.0.1", "0", about_hosts);
}
