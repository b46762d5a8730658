// wait_inside: what the watch for idleness shares with the wait; for wait.c and
// idle.c only.

#ifndef WAIT_INSIDE_H
#define WAIT_INSIDE_H

#include "stage/quiet.h"
#include "stage/stage.h"

#include <stdbool.h>
#include <stdint.h>

// Whatever was before, the next look counts as progress.
void stage_begin_watch(struct stage *stage);

// True if it is time to look; BUSY says whether anything was served.
bool stage_time_to_look(const struct stage *stage, bool busy);

// Takes a look, and keeps account of progress, quiet and processor time.
struct quiet_report stage_look(struct stage *stage);

// True if it has been watched for longer than anything right can take.
bool stage_is_endless(const struct stage *stage);

#endif
