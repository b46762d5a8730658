#include "explain/diagnosis.h"

#include "base/safe.h"
#include "explain/detectors.h"
#include "stage/stage.h"
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
