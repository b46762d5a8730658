#include "explain/diagnosis.h"

#include "base/safe.h"
#include "explain/detectors.h"
#include "stage/stage.h"

#include <stdio.h>
#include <stdlib.h>

// Asks the detectors in their order. Returns the name of the one that spoke.
static const char *ask_detectors(const struct scene *scene)
{
    for (size_t i = 0; detectors[i].name != NULL; i++)
        if ((detectors[i].valid_for & scene->stage->speaks) != 0 &&
            detectors[i].detect(scene))
            return detectors[i].name;
    return "";
}

void diagnosis_make(const struct failure *failure,
                    struct explanation *explanation)
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
    *explanation = (struct explanation){.detector = ""};
    if (scene.out == NULL)
        return;
    snprintf(explanation->detector, sizeof explanation->detector, "%s",
             ask_detectors(&scene));
    fclose(scene.out);
    // Some of it is what the program said.
    char *safe = safe_text(text);
    snprintf(explanation->text, sizeof explanation->text, "%s",
             safe != NULL ? safe : "");
    free(safe);
    free(text);
}
