// What fetch promises of a response: what it prints, and when it is whole.

#include "grader/grade.h"

#include "fetching.h"
#include "words/weathers.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(2)

#define OK "HTTP/1.1 200 OK\r\n"

// Its first descriptor is 0 then.
static void play_to_closed_stdin(const char *response)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {[2] = PATH, LIMIT},
                                              .input_closed = true});
    static const char why[] =
        "Its stdin was closed (\"<&-\" in a shell): socket() may return 0 then, "
        "which is a descriptor; only -1 is none.";
    const struct failure failure = {
        .program = client, .peer = server, .means = why, .is_sure = true};
    expect_quiet(client);
    if (!is_asked(server))
        expect_fail(&failure, "a whole request, though stdin is closed",
                    "%zu bytes", server->in.size);
    respond(client, server, response);
    peer_finish_sending(server);
    expect_response(client, response, why);
}

GRADED(fetches_a_page, 3, "asks for PATH, and prints the response as it came",
       "Where does the response go, and how do you know that it has ended?")
{
    static const char why[] = "The whole response has come, and then the end.";
    play(OK "Content-Length: 6\r\n\r\nHello\n", ENDS, why);
    play(OK "\r\nHello, to the end\n", ENDS, why);
    play(OK "\r\n", ENDS, why);
    play_to_closed_stdin(OK "\r\nno stdin");
    play("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nold", ENDS, why);
    play("HTTP/1.1 200 \r\n\r\nno reason phrase", ENDS, why);
    play("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", ENDS,
         "Whatever its status says, it is a whole response.");
    play("HTTP/1.1 500 Oh\r\n\r\nno", ENDS,
         "Whatever its status says, it is a whole response.");
    play(formatted(OK "Set-Cookie: %s\r\nContent-Length: 2\r\n\r\nok",
                   alphabet_text(8140)),
         ENDS,
         "It is all there, and its header has 8 KiB. Cookies may be large, and "
         "all servers send as much: 64 KiB, say, is a limit.");
}

static void ask_at(const char *listens, const char *host, const char *port,
                   const char *path)
{
    begin_timeline_anew();
    struct peer *server = peer_listen(listens);
    if (port != NULL)
        make_names("", formatted("%s %u/tcp\n", port,
                                 ntohs(server->local.v4.sin_port)));
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {host, port, path}});
    expect_request(client, server, host != NULL ? host : listens, path);
    peer_send_text(server, OK "\r\n");
    peer_finish_sending(server);
    expect_response(client, OK "\r\n", "It was the whole response.");
}

GRADED(asks_as_http_says, 2,
       "sends a request that any server understands, with PATH and HOST in it",
       "What ends a line of a request, and what does HTTP/1.1 ask of each?")
{
    ask_at(peer_own_host(), NULL, NULL, "/");
    ask_at(peer_own_host(), NULL, NULL, "/a/b%20c?d=e&f=%25s%n");
    ask_at(peer_own_host(), NULL, NULL, "/\xc3\xbc");
    make_names(formatted("%s made.up\n", peer_own_host()), "");
    ask_at(peer_own_host(), "made.up", NULL, "/x");
    if (peer_has_ipv6())
        ask_at("::1", NULL, NULL, "/y");
    ask_at(peer_own_host(), peer_own_host(), "made-up", "/z");
}

// The reset is there before the program looks, as the response is.
static void is_reset_behind_its_response(void)
{
    enum { TURNS = 60 };
    static const char response[] = OK "Content-Length: 5\r\n\r\nwhole";
    begin_timeline_anew();
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_WAIT | CALLS_RECEIVE, .every = 1});
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    for (int i = 0; i < TURNS && comes_to_be_held(client); i++) {
        expect_quiet(client);
        if (is_asked(server))
            break;
        program_release(client);
    }
    peer_send_text(server, response);
    peer_reset(server);
    end_weather();
    program_release(client);
    expect_response(
        client, response,
        "As many bytes as Content-Length says have come, and then a reset, "
        "before your program looked: what has come can be received all the "
        "same (POLLERR stands beside POLLIN then), and it is whole.");
}

GRADED(ends_with_the_content, 3,
       "ends when Content-Length bytes have come, though the server stays",
       "Has a server that has sent its response anything more to do?")
{
    static const char why[] =
        "As many bytes as Content-Length says have come behind the header: the "
        "response is whole, whether the server ends the connection or not.";
    play(OK "Content-Length: 6\r\n\r\nHello\n", STAYS, why);
    play(OK "Content-Length: 0\r\n\r\n", STAYS, why);
    play("HTTP/1.1 404 Not Found\r\nDate: today\r\nContent-Length: 4\r\n"
         "Server: x\r\n\r\ngone",
         STAYS, why);
    play(OK "content-length:5\r\n\r\nsmall", STAYS,
         "Names of fields are the same in small letters, and no blank need "
         "stand behind the colon.");
    play(OK "CONTENT-LENGTH: \t 5 \t\r\n\r\nlarge", STAYS,
         "Around a field's value there may be blanks.");
    play(OK "X-Content-Length: 3\r\nContent-Length-Hint: 3\r\n"
            "Content-Length: 5\r\n\r\nright",
         STAYS,
         "The name of a field begins its line, and ends at the colon: "
         "X-Content-Length is another one, and Content-Length-Hint, too.");
    play(OK "Content-Length: 010\r\n\r\nten bytes\n", STAYS,
         "010 is ten: a zero before a number says nothing in HTTP. (For "
         "strtoull() with base 0 it says that the number is octal.)");
    play(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\ntwice", STAYS,
         "Two that are equal say one thing.");
    play(OK "Content-Length: 19\r\n\r\nContent-Length: 3\r\n", STAYS,
         "What stands behind the header is content, whatever it looks like.");
    is_reset_behind_its_response();
}

static void answer_in_pieces(const char *response, size_t size, size_t piece,
                             enum then then)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    expect_request(client, server, peer_own_host(), PATH);
    peer_send_in_pieces(server, piece, false);
    peer_send(server, response, size);
    if (then == ENDS)
        peer_finish_sending(server);
    expect_response_bytes(
        client, response, size,
        "It came in pieces: the header's end and each of its lines may be "
        "anywhere in them. And its content may be any bytes, zeros, too.");
}

GRADED(takes_any_pieces, 2,
       "takes a response in any pieces, and any bytes as its content",
       "Where may a piece begin and end, and which bytes may be in it?")
{
    static const char response[] =
        OK "Content-Length: 20\r\nX: y\r\n\r\nzero\0\xff\0\r\n\r\n\0 and %s%n";
    const size_t size = strlen(OK "Content-Length: 20\r\nX: y\r\n\r\n") + 20;
    answer_in_pieces(response, size, 1, STAYS);
    answer_in_pieces(response, size, 7, ENDS);
    enum { LARGE = 40000 };
    const char *header = formatted(OK "Content-Length: %d\r\n\r\n", LARGE);
    char *large = malloc(strlen(header) + LARGE);
    memcpy(large, header, strlen(header));
    memcpy(large + strlen(header), random_bytes("content", LARGE), LARGE);
    answer_in_pieces(large, strlen(header) + LARGE, 9000, STAYS);
    free(large);
    // Where a chunked response would have ended.
    static const char items[] = OK "\r\nitems: 10\r\n\r\n",
                      all[] = OK "\r\nitems: 10\r\n\r\nand so on\n";
    answer_in_pieces(all, strlen(all), strlen(items), ENDS);
}

// It has printed the response, and perhaps what comes before or behind it.
static void expect_with(const char *before, const char *response,
                        const char *behind, enum then then, const char *why)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    respond(client, server, formatted("%s%s%s", before, response, behind));
    if (then == ENDS)
        peer_finish_sending(server);
    expect_success(client, why);
    const char *const lawful[] = {formatted("%s%s%s", before, response, behind),
                                  formatted("%s%s", before, response),
                                  formatted("%s%s", response, behind),
                                  response};
    for (size_t i = 0; i < COUNT(lawful); i++)
        if (strcmp(client->out.bytes, lawful[i]) == 0)
            return;
    expect_response(client, response, why);
}

GRADED(knows_what_has_no_content, 2,
       "passes over interim responses, and knows that 204 and 304 have no "
       "content",
       "Which statuses are not the last word, and which have no content?")
{
    static const char interim[] =
        "An interim response (1xx, of which there may be several) is followed "
        "by the one that was asked for, and has no content.";
    expect_with("HTTP/1.1 100 Continue\r\n\r\n",
                OK "Content-Length: 2\r\n\r\nok", "", STAYS, interim);
    expect_with("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                "HTTP/1.1 102 Processing\r\n\r\n",
                OK "Content-Length: 2\r\n\r\nok", "", STAYS, interim);
    play("HTTP/1.1 204 No Content\r\n\r\n", STAYS,
         "204 has no content, and no Content-Length that says so.");
    play("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", STAYS,
         "304 has no content: its Content-Length says how much a 200 would "
         "have.");
    play("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\nat b",
         STAYS, "Of the 3xx only 304 has no content.");
    expect_with("", OK "Content-Length: 2\r\n\r\nok", "too much", STAYS,
                "What stands behind the content is not the response's.");
}

GRADED(refuses_a_wrong_length, 2,
       "ends with status 1 if Content-Length is no number, or is two of them",
       "What do atoi() and strtoul() make of \"12x\", \"-1\" and 2^64?")
{
    static const char no_digits[] = "A number is digits alone, and one of them "
                                    "at least.",
                      two[] = "The two differ, and nobody can tell which of "
                              "them is right.",
                      large[] = "So many have not come. It has no room in 32 "
                                "bits, or in 64, and wraps round to a small "
                                "number there: strtoul() tells by errno.";
    static const struct {
        const char *length, *another, *content, *why;
    } wrong[] = {
        {"abc", NULL, "abc", no_digits},
        {"3x", NULL, "abc", no_digits},
        {"", NULL, "", no_digits},
        {"-3", NULL, "abc", no_digits},
        {"3", "5", "abcde", two},
        {"5", "3", "abcde", two},
        {"4294967299", NULL, "abc", large},
        {"18446744073709551616", NULL, "", large},
        {"18446744073709551619", NULL, "abc", large},
        {"36893488147419103235", NULL, "abc", large},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *length = wrong[i].length, *another = wrong[i].another;
        const char *fields = formatted("Content-Length: %s\r\n", length);
        if (another != NULL)
            fields = formatted("%sContent-Length: %s\r\n", fields, another);
        const char *response =
            formatted(OK "%s\r\n%s", fields, wrong[i].content);
        const char *why = formatted(
            "Its header has Content-Length \"%s\"%s%s%s: that can't be how many "
            "bytes there are. %s",
            length, another != NULL ? ", and again \"" : "",
            another != NULL ? another : "", another != NULL ? "\"" : "",
            wrong[i].why);
        play_wrong(response, strlen(response), FINISHES, why);
    }
}

GRADED(tells_an_early_end, 2,
       "ends with status 1 if the response ends early, wherever that is",
       "recv() returned 0. Was it all there?")
{
    static const char response[] = OK "Content-Length: 10\r\n\r\n123456789";
    for (size_t size = 0; size < sizeof response; size += size < 16 ? 4 : 5)
        play_wrong(response, size, FINISHES,
                   formatted("The connection has ended after %zu bytes, and "
                             "the response would have had more.",
                             size));
    play_wrong(response, strlen(response), FINISHES,
               "The connection has ended after 9 of 10 bytes of content.");
    static const char interim[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
    play_wrong(interim, strlen(interim), FINISHES,
               "Behind an interim response (1xx) there is to be another one, "
               "and none has come.");
}

GRADED(tells_a_reset, 1, "says so, with status 1, if the connection is reset",
       "recv() returned -1. Is that the end of the response?")
{
    static const char *const responses[] = {"", "HTTP/1.1 2",
                                            OK "Content-Length: 5\r\n\r\nab",
                                            OK "\r\nto the end"};
    for (size_t i = 0; i < COUNT(responses); i++) {
        begin_timeline_anew();
        struct peer *server = serve();
        struct program *client = fetch(server, LIMIT);
        respond(client, server, responses[i]);
        expect_quiet(client); // else the reset overtakes it
        peer_reset(server);
        expect_error(client, 1, ECONNRESET);
        expect_told(client, NULL, "that the connection was reset");
    }
}

GRADED(refuses_what_is_no_http, 1,
       "ends with status 1 if what comes does not begin as HTTP",
       "What are the first bytes of every response?")
{
    static const char *const others[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n", "<html>no header</html>\r\n\r\n",
        "220 mail ready\r\n\r\n",      "HTTP/1.1 OK\r\n\r\n",
        "xHTTP/1.1 200 OK\r\n\r\n",    "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 20000 OK\r\n\r\n",   "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/+1.-1 200 OK\r\n\r\n"};
    static const char why[] =
        "Not everyone who listens is a web server: a response begins with "
        "\"HTTP/\", a version (a digit, a point, a digit), a blank and three "
        "digits, and no more of these. (sscanf() takes signs and blanks, too, "
        "and as many digits as there are.)";
    for (size_t i = 0; i < COUNT(others); i++)
        play_wrong(others[i], strlen(others[i]), FINISHES, why);
    play_wrong(others[0], strlen(others[0]), KEEPS_OPEN, why);
}

GRADED(keeps_no_endless_header, 1, "does not keep a header that has no end",
       "How long may a header be, and who says so?")
{
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    respond(client, server, OK "X: ");
    struct level before = level_of(client);
    char *more = alphabet_text(MIB(8));
    peer_send(server, more, MIB(8));
    if (!client->ended)
        expect_no_growth(
            client, &before, MIB(4),
            "A header of 8 MiB has come, and no end of it, and all of that is "
            "kept. The server may send more than there is memory: a header has "
            "a limit, 64 KiB, say, and more is no response.");
    time_passes(client, 2 * LIMIT_MS);
    expect_failure(client, "The response has a header without an end.");
    expect_told(client, NULL, "what was wrong with the response");
    free(more);
}
