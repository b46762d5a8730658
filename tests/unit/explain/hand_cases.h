// hand_cases: for each detector, failed checks on which it has to speak, and
// such on which it must not, though little is missing. They stand in files that
// follow the bands of detectors.c; test_detectors.c tries them.

#ifndef HAND_CASES_H
#define HAND_CASES_H

#include "explain/diagnosis.h"
#include "hand_trace.h"

#include <stdbool.h>

struct detector_entry;

struct hand_case {
    const char *happened; // a name for it
    void (*happens)(void);
    const char *detector; // the one that it is a case of
    const char *speaker;  // the one that explains it: that, or another one
    const char *says;     // what is decisive in the explanation
};

// The detector speaks; or it is silent, and then another one explains it.
#define SPEAKS(happens, detector, says)             \
    {                                               \
#happens, happens, detector, detector, says \
    }
#define SILENT(happens, detector, speaker, says)   \
    {                                              \
#happens, happens, detector, speaker, says \
    }

// Each ends with a case that has no name.
extern const struct hand_case certain_cases[], names_cases[], counts_cases[],
    setup_cases[], calls_cases[], answers_cases[], bytes_cases[],
    contents_cases[], endings_cases[], turns_cases[], loop_cases[],
    crowd_cases[], protocol_cases[], next_cases[], processes_cases[],
    time_cases[], unasked_cases[], owed_cases[], unread_cases[],
    patience_cases[], datagrams_cases[], asking_cases[], options_cases[],
    last_cases[];

// Case NUMBER of all, from 0; NULL after the last.
const struct hand_case *hand_case_at(int number);

// Begins anew, and lets it happen.
void hand_begin_case(const struct hand_case *this);

// The detector of that name, which there has to be.
const struct detector_entry *hand_find_detector(const char *name);

// Asks one detector alone about what has happened. Returns whether it speaks.
bool hand_speaks_alone(const char *name);

// Asks them all. What is returned lasts until the next call.
const struct explanation *hand_explain(void);

#endif
