#include "grader/reported.h"

#include <stdlib.h>
#include <string.h>

const struct check echoes = {
    .id = "echoes", .points = 2, .promise = "sends it back", .hint = "How?"};
const struct check loops = {
    .id = "loops", .points = 10, .promise = "goes round", .hint = "Where?"};

struct report report;
static char *text;
static size_t size;

void begin(bool unicode)
{
    style_set(&(struct style){.unicode = unicode});
    report = (struct report){
        .out = open_memstream(&text, &size), .seed = 7, .traced = true};
}

// What has been written since the last time.
const char *told(void)
{
    static char *last;
    free(last);
    fclose(report.out);
    last = text;
    report.out = open_memstream(&text, &size);
    return last;
}

struct verdict *verdict(enum outcome outcome, const char *expected,
                        const char *got)
{
    struct verdict *new = calloc(1, sizeof *new);
    ck_assert_ptr_nonnull(new);
    new->outcome = outcome;
    strcpy(new->expected, expected);
    strcpy(new->got, got);
    return new;
}

const char *told_of(const struct check *check, const struct verdict *verdict)
{
    report_check(&report, check, verdict);
    return told();
}

struct verdict *full_failure(void)
{
    struct verdict *failed =
        verdict(FAILED, "4096 bytes back",
                "5 bytes, then end of stream: your program ended: exit status "
                "0, which is too long for one line");
    strcpy(failed->ran, "echo_server 127.0.0.1 0");
    strcpy(failed->difference, "  byte 5\n  differs\n");
    strcpy(failed->timeline, "      ms  grader\n  the last row is cut");
    strcpy(failed->explanation.text, "It stops.\n\n    as a tool says");
    strcpy(failed->explanation.detector, "short_send");
    return failed;
}

// What stands at the end, behind the points.
const char *told_at_end(void)
{
    report_end(&report);
    const char *all = told(), *points = strstr(all, " points");
    ck_assert_ptr_nonnull(points);
    return points + strcspn(points, "\n");
}
