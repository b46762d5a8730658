// reported: what the tests of the report are written with.

#ifndef REPORTED_H
#define REPORTED_H

#include "base/style.h"
#include "grader/report.h"
#include "unit.h"

#include <stdbool.h>

extern const struct check echoes, loops;
extern struct report report;

// Begins a report.
void begin(bool unicode);

// What has been written since the last time.
const char *told(void);

// What is written at the end, behind the points.
const char *told_at_end(void);

struct verdict *verdict(enum outcome outcome, const char *expected,
                        const char *got);

// What is written of a check.
const char *told_of(const struct check *check, const struct verdict *verdict);

// A verdict that has all there can be.
struct verdict *full_failure(void);

#endif
