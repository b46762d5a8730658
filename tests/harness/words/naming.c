#include "words/naming.h"

#include "stage/stage.h"
#include "stage/ports.h"
#include "words/expect_fail.h"
#include "words/verdict.h"

#include <errno.h>
#include <string.h>

void make_names(const char *hosts, const char *services)
{
    struct stage *stage = stage_current();
    if (!stage->traced)
        verdict_not_run(NEEDS_TRACER);
    if (resolver_make(&stage->tracer.resolver, hosts, services) == -1)
        verdict_unknown("no file can be written for the names of hosts: %s",
                        strerror(errno));
}

static void make_ipv6(enum tracer_ipv6 how)
{
    if (!stage_current()->traced)
        verdict_not_run(NEEDS_TRACER);
    stage_current()->tracer.ipv6 = how;
}

void make_ipv6_only(void)
{
    make_ipv6(IPV6_ALONE);
}

void make_no_ipv6(void)
{
    make_ipv6(IPV6_LACKING);
}

void need_ipv6(void)
{
    if (!peer_has_ipv6())
        verdict_not_run("this machine has no IPv6 (nothing can listen on ::1)");
}
