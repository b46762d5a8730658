#include "words/messages_wrong.h"

#include "words/content.h"
#include "words/messages.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER "\"byteorder\": \"" OWN_ORDER "\", "
#define TYPE "\"content-type\": \"text/json\", "
#define ENCODING "\"content-encoding\": \"utf-8\", "
#define LENGTH "\"content-length\": LENGTH"

#define TEXT(text) text, sizeof text - 1

// LENGTH stands for the number of bytes of the content, and WRAPPED_LENGTH for
// one that becomes that number in an int.
static const struct {
    const char *what, *header;
} headers[] = {
    {"a header of 0 bytes", ""},
    {"a header that is not JSON", "byteorder, content-type"},
    {"a header that is cut off", "{" ORDER TYPE ENCODING LENGTH},
    {"a header with something behind the object",
     "{" ORDER TYPE ENCODING LENGTH "}}"},
    {"a header that is a list", "[1, 2, 3]"},
    {"a header that is a string", "\"content-length\""},
    {"an empty object as header", "{}"},
    {"a header that is not UTF-8",
     "{" ORDER TYPE ENCODING LENGTH ", \"x\": \"\xff\xfe\"}"},
    {"a header without byteorder", "{" TYPE ENCODING LENGTH "}"},
    {"a header without content-type", "{" ORDER ENCODING LENGTH "}"},
    {"a header without content-encoding", "{" ORDER TYPE LENGTH "}"},
    {"a header without content-length",
     "{" ORDER TYPE "\"content-encoding\": \"utf-8\"}"},
    {"the byteorder \"middle\"",
     "{\"byteorder\": \"middle\", " TYPE ENCODING LENGTH "}"},
    {"a byteorder that is a number",
     "{\"byteorder\": 1, " TYPE ENCODING LENGTH "}"},
    {"a content-type that is null",
     "{" ORDER "\"content-type\": null, " ENCODING LENGTH "}"},
    {"a content-encoding that is a number",
     "{" ORDER TYPE "\"content-encoding\": 8, " LENGTH "}"},
    {"the content-length -1",
     "{" ORDER TYPE ENCODING "\"content-length\": -1}"},
    {"a content-length of 41.5",
     "{" ORDER TYPE ENCODING "\"content-length\": 41.5}"},
    {"a content-length in quotes",
     "{" ORDER TYPE ENCODING "\"content-length\": \"LENGTH\"}"},
    {"the content-length true",
     "{" ORDER TYPE ENCODING "\"content-length\": true}"},
    {"the content-length null",
     "{" ORDER TYPE ENCODING "\"content-length\": null}"},
    {"a content-length of 64 MiB and 1 byte",
     "{" ORDER TYPE ENCODING "\"content-length\": 67108865}"},
    {"a content-length of 2 to the 32nd more than there is",
     "{" ORDER TYPE ENCODING "\"content-length\": WRAPPED_LENGTH}"},
    {"a content-length of 5000000000",
     "{" ORDER TYPE ENCODING "\"content-length\": 5000000000}"},
    {"a content-length of 4611686018427387904",
     "{" ORDER TYPE ENCODING "\"content-length\": 4611686018427387904}"},
    {"a content-length of 20 digits",
     "{" ORDER TYPE ENCODING "\"content-length\": 18446744073709551657}"},
    {"a header that has content-length twice",
     "{" ORDER TYPE ENCODING "\"content-length\": 3, " LENGTH "}"},
};

static const struct {
    const char *what, *encoding, *content;
    size_t size;
} contents[] = {
    {"a content that is empty", "utf-8", TEXT("")},
    {"a content that is not JSON", "utf-8", TEXT("nonsense")},
    {"a content that is cut off", "utf-8", TEXT("{\"action\": \"search\"")},
    {"a content with a zero and more behind its JSON", "utf-8",
     TEXT("{\"action\": \"search\", \"value\": \"x\", "
          "\"result\": \"right\"}\0[")},
    {"a content that is not UTF-8", "utf-8",
     TEXT(
         "{\"action\": \"search\", \"value\": \"\xff\", \"result\": \"\xff\"}")},
    {"half of a pair of surrogates, in UTF-8", "utf-8",
     TEXT("{\"action\": \"search\", \"value\": \"\xed\xa0\x80\", "
          "\"result\": \"\xed\xa0\x80\"}")},
    {"the content-encoding klingon", "klingon", NULL, 0},
    {"the content-encoding binary, for text", "binary", NULL, 0},
    {"half a character behind the text, in UTF-16", "utf-16le", NULL, 0},
};

const char *wrong_header(size_t number)
{
    return number < sizeof headers / sizeof *headers ? headers[number].what
                                                     : NULL;
}

const char *wrong_content(size_t number)
{
    return number < sizeof contents / sizeof *contents ? contents[number].what
                                                       : NULL;
}

void message_send_wrong_header(struct peer *peer, size_t number,
                               const char *content)
{
    static const char mark[] = "LENGTH", wrapped[] = "WRAPPED_LENGTH";
    const char *header = headers[number].header;
    const char *found = strstr(header, mark), *wraps = strstr(header, wrapped);
    char text[512];
    if (wraps != NULL)
        snprintf(text, sizeof text, "%.*s%llu%s", (int)(wraps - header), header,
                 (1ULL << 32) + strlen(content), wraps + sizeof wrapped - 1);
    else if (found != NULL)
        snprintf(text, sizeof text, "%.*s%zu%s", (int)(found - header), header,
                 strlen(content), found + sizeof mark - 1);
    else
        snprintf(text, sizeof text, "%s", header);
    message_send_raw(peer, text, strlen(text), content, strlen(content));
}

// Queues CONTENT, which is ASCII, in UTF-16, with one byte too many.
static void send_odd(struct peer *peer, const char *encoding,
                     const char *content)
{
    char odd[512];
    size_t size = 0;
    for (const char *c = content; *c != '\0' && size + 3 < sizeof odd; c++) {
        odd[size++] = *c;
        odd[size++] = '\0';
    }
    odd[size++] = ' ';
    message_send(peer, "text/json", encoding, odd, size);
}

void message_send_wrong_content(struct peer *peer, size_t number,
                                const char *content)
{
    const char *encoding = contents[number].encoding;
    const char *wrong = contents[number].content;
    if (wrong != NULL)
        message_send(peer, "text/json", encoding, wrong, contents[number].size);
    else if (strcmp(encoding, "utf-16le") == 0)
        send_odd(peer, encoding, content);
    else
        message_send(peer, "text/json", encoding, content, strlen(content));
}
