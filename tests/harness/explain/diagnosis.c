#include "explain/diagnosis.h"

#include "base/safe.h"
#include "explain/scene.h"
#include "base/style.h"

#include <stdlib.h>
#include <string.h>

void diagnosis_print(FILE *out, const struct failure *failure)
{
    char *text = NULL;
    size_t size = 0;
    struct stage *stage = stage_current();
    struct scene scene = {
        .failure = failure,
        .stage = stage,
        .trace = stage->trace,
        .program = failure->program,
        .peer = failure->peer != NULL ? failure->peer : stage->peers,
        .out = open_memstream(&text, &size),
    };
    if (scene.out == NULL)
        return;
    enum detector_kind other = stage->messages ? OF_ECHOES : OF_MESSAGES;
    for (size_t i = 0; detectors[i].detect != NULL; i++)
        if (detectors[i].kind != other && detectors[i].detect(&scene))
            break;
    fclose(scene.out);
    // Some of it is what the program said.
    char *safe = safe_text(text);
    style_wrap(out, safe != NULL ? safe : "");
    free(safe);
    free(text);
}

const struct call *diagnosis_blocked_call(const struct program *program)
{
    const struct stage *stage = stage_current();
    const struct call *blocked = NULL;
    for (size_t i = 0; i < stage->tracer.count; i++) {
        const struct thread *thread = &stage->tracer.threads[i];
        if (thread->phase != THREAD_IN_CALL)
            continue;
        const struct call *call = trace_call(stage->trace, thread->event);
        // The first thread speaks for its process.
        if (call != NULL && (blocked == NULL || thread->tid == program->pid))
            blocked = call;
    }
    return blocked;
}
