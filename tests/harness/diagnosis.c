#include "diagnosis.h"

#include "scene.h"
#include "style.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// Writes text as a paragraph, broken between words. Lines that begin with a
// space are shown as they are.
static void wrap(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        if (*text == '\n') {
            size_t length = strcspn(text + 1, "\n") + 1;
            fprintf(out, "%.*s", (int)length, text);
            text += length;
            column = STYLE_WIDTH;
            continue;
        }
        size_t length = strcspn(text, " \n");
        if (column == 0 || column + 1 + length > STYLE_WIDTH - 2) {
            fprintf(out, "%s  ", column == 0 ? "" : "\n");
            column = 2;
        } else if (length > 0) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

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
    for (size_t i = 0; detectors[i] != NULL; i++)
        if (detectors[i](&scene))
            break;
    fclose(scene.out);
    wrap(out, text);
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
