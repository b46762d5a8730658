#include "explain/naming_errors.h"

#include <netdb.h>
#include <string.h>

const char *meaning_of_naming_error(const char *line, size_t size)
{
    const char *family = gai_strerror(EAI_FAMILY);
    if (memmem(line, size, family, strlen(family)) != NULL)
        return "Where the address should be, there is the text of EAI_FAMILY, "
               "\"ai_family not supported\". getnameinfo() fails so if the "
               "family in the address and the size that it is given don't fit "
               "together: AF_INET takes 16 bytes, and AF_INET6 takes 28. Look "
               "at both; and an address that you make yourself needs its "
               "family, too. Read: man 3 getnameinfo.";
    // glibc's words for it may be "Unknown error". strerror(3), which may have
    // been given anything, has a number behind them.
    const char *room = gai_strerror(EAI_OVERFLOW);
    const char *at = memmem(line, size, room, strlen(room));
    if (at != NULL && at[strlen(room)] != ' ')
        return "Where the address should be, there is what gai_strerror() says "
               "of EAI_OVERFLOW. getnameinfo() fails so if one of the two "
               "texts has too little room: \"65535\" with its zero takes 6 "
               "bytes, and the name of a service, which comes without "
               "NI_NUMERICSERV, may take more. Read: man 3 getnameinfo.";
    return NULL;
}
