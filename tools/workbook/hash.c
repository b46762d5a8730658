#include "workbook/hash.h"

#include "workbook/files.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { HASHED_FILE_LIMIT = 64 * 1024 * 1024 }; // bytes

uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return (hash ^ size) * UINT64_C(1099511628211);
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text));
}

uint64_t hash_files(uint64_t hash, const char *pattern)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return hash;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t size;
        char *bytes = file_read(found.gl_pathv[i], HASHED_FILE_LIMIT, &size);
        if (bytes == NULL)
            continue;
        hash = hash_bytes(hash_text(hash, found.gl_pathv[i]), bytes, size);
        free(bytes);
    }
    globfree(&found);
    return hash;
}
