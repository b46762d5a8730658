#include "workbook/place.h"

#include "workbook/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The workbook's own folders keep their short names.
static const char *own_name(const char *path)
{
    char root[PATH_MAX];
    if (getcwd(root, sizeof root) == NULL)
        return NULL;
    size_t length = strlen(root);
    if (strncmp(path, root, length) != 0 || path[length] != '/')
        return NULL;
    const char *below = path + length + 1;
    return strcmp(below, "lessons") == 0 || strcmp(below, "solutions") == 0
               ? below
               : NULL;
}

int place_find(const char *from, struct place *place)
{
    char real[PATH_MAX];
    struct stat facts;
    if (from == NULL)
        from = "lessons";
    if (realpath(from, real) == NULL || stat(real, &facts) == -1) {
        fprintf(stderr, "workbook: --from '%s': %s\n", from, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(facts.st_mode)) {
        fprintf(stderr, "workbook: --from '%s' is not a folder\n", from);
        return -1;
    }
    const char *own = own_name(real);
    snprintf(place->folder, PATH_MAX, "%s", own != NULL ? own : real);
    if (own != NULL)
        snprintf(place->programs, PATH_MAX, "build/%.64s", own);
    else
        snprintf(place->programs, PATH_MAX, "build/from/%016" PRIx64,
                 hash_text(HASH_OF_NOTHING, real));
    return 0;
}
