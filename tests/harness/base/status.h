// status: how the graders and the student's runner end.

#ifndef STATUS_H
#define STATUS_H

enum status {
    DONE = 0,         // all passed, or what was asked for is done
    NOT_DONE = 1,     // a check failed, or it does not compile
    BAD_USAGE = 2,    // the arguments can't be right
    CANNOT_GRADE = 3, // it could not be found out
    DONE_IN_PART = 4, // all passed, but for what can't be run here: a grader's,
                      // and the runner ends with CANNOT_GRADE for it
};

#endif
