// stage_inside: what the watch for idleness needs of the stage; for stage.c and
// idle.c only.

#ifndef STAGE_INSIDE_H
#define STAGE_INSIDE_H

#include "stage/quiet.h"
#include "stage/stage.h"

#include <stdbool.h>
#include <stdint.h>

// Whatever was before, the next look counts as progress.
void stage_begin_watch(struct stage *stage);

// Serves what is ready, waiting for up to timeout_ms. Returns whether
// anything was.
bool stage_serve(struct stage *stage, int timeout_ms);

// True if it is time to look; BUSY says whether anything was served.
bool stage_time_to_look(const struct stage *stage, bool busy);

// Takes a look, and keeps account of progress, quiet and processor time.
struct quiet_report stage_look(struct stage *stage);

// How much has moved so far.
uint64_t stage_moved(const struct stage *stage);

// True if it has been watched for longer than anything right can take.
bool stage_is_endless(const struct stage *stage);

#endif
