#include "hand_cases.h"

#include "explain/detectors.h"
#include "stage/stage.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hand_case *const all[] = {
    certain_cases,   names_cases,   counts_cases,    setup_cases,
    calls_cases,     answers_cases, bytes_cases,     contents_cases,
    endings_cases,   turns_cases,   loop_cases,      crowd_cases,
    protocol_cases,  next_cases,    processes_cases, time_cases,
    unasked_cases,   owed_cases,    unread_cases,    patience_cases,
    datagrams_cases, asking_cases,  options_cases,   last_cases,
};

const struct hand_case *hand_case_at(int number)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct hand_case *at = all[i]; at->happened != NULL; at++)
            if (number-- == 0)
                return at;
    return NULL;
}

void hand_begin_case(const struct hand_case *this)
{
    hand_begin();
    this->happens();
}

const struct detector_entry *hand_find_detector(const char *name)
{
    for (const struct detector_entry *at = detectors; at->name != NULL; at++)
        if (strcmp(at->name, name) == 0)
            return at;
    ck_abort_msg("there is no detector %s", name);
    return NULL; // not reached
}

bool hand_speaks_alone(const char *name)
{
    char *text = NULL;
    size_t size = 0;
    struct stage *stage = stage_current();
    struct failure *failure = &hand.failure;
    struct scene scene = {
        .failure = failure,
        .stage = stage,
        .trace = stage->trace,
        .program = failure->program,
        .peer = failure->peer != NULL ? failure->peer : stage->peers,
        .out = open_memstream(&text, &size),
    };
    bool speaks = hand_find_detector(name)->detect(&scene);
    fclose(scene.out);
    ck_assert_msg(speaks == (size > 0), "%s says \"%s\"", name, text);
    free(text);
    return speaks;
}

const struct explanation *hand_explain(void)
{
    static struct explanation explanation;
    diagnosis_make(&hand.failure, &explanation);
    return &explanation;
}
