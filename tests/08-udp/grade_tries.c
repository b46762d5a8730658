// udp_echo_client's tries: what is lost is asked again, in time and not before.

#include "grader/grade.h"

#include "udp.h"
#include "stage/idle.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(5)

#define PATIENT "1000"
enum { TRIES = 5, PATIENT_S = 1000 };

GRADED(asks_again, 3,
       "asks again when its question is lost, each of the first four times",
       "send() has returned, and nothing has left. Who tells you, and how long "
       "does each try wait for that?")
{
    for (unsigned lost = 1; lost < TRIES; lost++) {
        begin_timeline_anew();
        end_weather();
        lose_datagrams(lost);
        struct peer *server = answer_machine();
        struct program *client = start_asking(server, HELLO, NULL, PATIENT);
        for (unsigned i = 1; i <= lost; i++)
            expect_wait(client, i, PATIENT_S);
        expect_question(client, server, HELLO);
        reply_text(server, HELLO);
        expect_printed(client, HELLO);
    }
}

GRADED(asks_again_when_an_answer_is_lost, 2,
       "asks again when the answer is lost",
       "Is there a difference for you between a question that is lost, and an "
       "answer?")
{
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, NULL, PATIENT);
    for (unsigned i = 1; i < TRIES; i++) {
        expect_question(client, server, HELLO);
        datagrams_lose(server, strlen(HELLO));
        expect_wait(client, i, PATIENT_S);
    }
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

static void give_up(unsigned tries, const char *text)
{
    begin_timeline_anew();
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, text, PATIENT);
    for (unsigned i = 1; i <= tries; i++) {
        expect_question(client, server, HELLO);
        expect_wait(client, i, PATIENT_S);
    }
    const struct failure failure = {
        .program = client,
        .peer = server,
        .is_sure = true,
        .means = formatted("TRIES is %u: so often it asks, the first time "
                           "included, and no more.",
                           tries),
    };
    if (!client->ended)
        expect_fail(&failure, formatted("its end after %u tries", tries),
                    "%zu questions", questions_of(client));
    expect_no_answer(client, tries);
}

GRADED(gives_up, 3,
       "ends with status 1, and says so, after TRIES tries: 5 if left out",
       "How often is TRIES, and is the last try waited for as long as the "
       "others?")
{
    give_up(TRIES, NULL);
    give_up(2, "2");
    give_up(1, "1");
}

GRADED(waits_for_one_second, 1, "waits a second for an answer by itself",
       "Which unit has the limit that you give to poll()?")
{
    struct peer *server = answer_machine();
    const uint64_t began_ms = programs_ms();
    struct program *client = start_asking(server, HELLO, "1", NULL);
    expect_question(client, server, HELLO);
    time_passes(client, 850);
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "SECONDS is 1.0 if it is left out, and each try waits so "
                 "long.",
    };
    // A slow machine has taken more of it.
    if (client->ended && programs_ms() - began_ms < SECONDS(1))
        expect_fail(&failure, "it to wait for a second", "its end before that");
    time_passes(client, 350);
    if (!client->ended)
        expect_fail(&failure, "its end after a second", "it waits on");
    expect_no_answer(client, 1);
}

// It waits for so long, and then asks again.
static void wait_out(const char *seconds, uint64_t ms, uint64_t early_ms,
                     uint64_t late_ms)
{
    begin_timeline_anew();
    struct peer *server = answer_machine();
    const uint64_t began_ms = programs_ms();
    struct program *client = start_asking(server, HELLO, "2", seconds);
    expect_question(client, server, HELLO);
    time_passes(client, early_ms);
    if (client->ended && ended_with(client, 2))
        return; // it may have a limit for that
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = formatted("SECONDS is %s: so long each try waits. A fraction "
                           "is lost in an int, and what is too much for one "
                           "wraps round.",
                           seconds),
    };
    const bool goes_on = client->ended || questions_of(client) != 1;
    if (goes_on && programs_ms() - began_ms < ms)
        expect_fail(&failure, "it to wait for its first try to be over",
                    client->ended ? "its end" : "a second question");
    time_passes(client, late_ms - early_ms);
    if (questions_of(client) != 2)
        expect_fail(&failure, "a second question, when that time was over",
                    "none");
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

// SECONDS is 0: it asks as often as it should, and is not kept.
static void has_no_time(void)
{
    begin_timeline_anew();
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", "0");
    time_passes(client, SECONDS(1));
    if (client->ended && ended_with(client, 2))
        return; // it may ask for more than that
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "SECONDS is 0: no try is waited for. To SO_RCVTIMEO, alarm() "
                 "and setitimer(), 0 is no limit at all.",
    };
    if (!client->ended)
        expect_fail(&failure, "its end after two tries of 0 s", "it waits on");
    expect_no_answer(client, 2);
}

GRADED(waits_as_long_as_it_is_told, 2,
       "waits as long as SECONDS says: parts of a second, or days",
       "What becomes of the fraction, and of more than an int holds?")
{
    wait_out("100.9", 100900, 100400, 101000);
    wait_out("86400", HOURS(24), HOURS(23), HOURS(25));
    wait_out("2592000", HOURS(24 * 30), HOURS(24 * 29), HOURS(24 * 31));
    has_no_time();
}

GRADED(survives_false_alarms_as_a_client, 2,
       "waits on when there was nothing to be received after all",
       "poll() says that there is something, and its checksum is wrong. What "
       "does the next call find, and for how long does it look?")
{
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 2});
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", PATIENT);
    expect_question(client, server, HELLO);
    expect_wait(client, 1, PATIENT_S);
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(takes_a_late_answer, 2,
       "takes the answer to an earlier question, which was overtaken",
       "Two questions are under way, and they are the same. Whose answer is "
       "that?")
{
    hold_back_a_datagram();
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, NULL, PATIENT);
    expect_wait(client, 1, PATIENT_S);
    // The second one comes first, and its answer is lost.
    expect_question(client, server, HELLO);
    datagrams_lose(server, strlen(HELLO));
    deliver();
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(takes_an_answer_between_two_tries, 2,
       "takes an answer that comes right when its time is over",
       "The answer came while you were about to ask again. Where is it, and "
       "who looks?")
{
    hold(CALLS_SEND);
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", PATIENT);
    expect_held(client);
    end_weather();
    program_release(client);
    expect_question(client, server, HELLO);
    hold(CALLS_SEND);
    for (int i = 0; i < 12 && thread_held(&stage_current()->tracer) == NULL;
         i++)
        time_passes(client, SECONDS(100));
    reply_text(server, HELLO);
    end_weather();
    program_release(client);
    expect_printed_because(
        client, HELLO,
        "The answer came right before the next question left, and waits in the "
        "socket's queue: it is as good as one to that. Receive what is there, "
        "and drop nothing that you have not looked at.");
}

// Something that is no answer comes each 90 s, from then on.
static void disturb(struct program *client, struct peer *server,
                    struct peer *by, const char *bytes)
{
    enum { EVERY = 90, BEFORE = 10, ALL = 13 };
    expect_question(client, server, HELLO);
    time_passes(client, 0); // and its call is over, too
    for (int i = 0; i < ALL && questions_of(client) == 1; i++) {
        time_passes(client, SECONDS(EVERY));
        const char *means = meaning_of_early_try(client);
        const struct failure early = {
            .program = client, .means = means, .is_sure = means != NULL};
        if (i < BEFORE && (client->ended || questions_of(client) != 1))
            expect_fail(&early, "it to wait for 1000 s",
                        client->ended ? "its end" : "a second question");
        if (!client->ended)
            reply_as(by, server, bytes, strlen(bytes));
    }
    const struct failure late = {
        .program = client,
        .is_sure = true,
        .means = "Whatever comes lets the wait begin anew, and so somebody who "
                 "sends a datagram now and then keeps it from ever asking "
                 "again. A try has one deadline: after what is no answer, wait "
                 "for what is left until then.",
    };
    expect_quiet(client);
    if (questions_of(client) < 2)
        expect_fail(&late, "a second question after 1000 s", "none");
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(is_not_kept_by_others, 3,
       "asks again in time, though something comes now and then that is no "
       "answer",
       "How much is left of a try when something has come that you drop?")
{
    struct peer *server = answer_machine();
    disturb(start_asking(server, HELLO, "2", PATIENT), server, server,
            "no answer");
    begin_timeline_anew();
    server = answer_machine();
    struct peer *stranger = come();
    disturb(start_asking(server, HELLO, "2", PATIENT), server, stranger, HELLO);
}

GRADED(is_not_kept_by_signals, 2,
       "asks again in time, and not before, though signals come (EINTR)",
       "A signal has interrupted the wait. How much is left then?")
{
    enum { EVERY = 90, BEFORE = 10, BEHIND = 3 };
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", PATIENT);
    expect_question(client, server, HELLO);
    signals_come(client, BEFORE, SECONDS(EVERY));
    const char *means = meaning_of_early_try(client);
    const struct failure early = {
        .program = client, .means = means, .is_sure = means != NULL};
    if (client->ended || questions_of(client) != 1)
        expect_fail(&early, "it to wait for 1000 s",
                    client->ended ? "its end" : "a second question");
    signals_come(client, BEHIND, SECONDS(EVERY));
    const struct failure late = {
        .program = client,
        .is_sure = true,
        .means = "Signals came (EINTR), and after each it waits as long as at "
                 "first, and not for what is left.",
    };
    if (questions_of(client) < 2)
        expect_fail(&late, "a second question after 1000 s", "none");
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(is_not_moved_by_the_clock, 1,
       "waits as long as it should, though somebody sets the clock of the day",
       "Which clock does nobody set?")
{
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", PATIENT);
    expect_question(client, server, HELLO);
    clock_is_set((int64_t)HOURS(24));
    reply_text(server, "no answer");
    expect_quiet(client);
    clock_is_set(-2 * (int64_t)HOURS(24));
    reply_text(server, "no answer");
    expect_wait(client, 1, PATIENT_S);
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(rests_while_it_waits, 1,
       "takes no processor time while it waits for its answer",
       "How often do you look whether something has come?")
{
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, "2", PATIENT);
    expect_question(client, server, HELLO);
    const struct failure restless = {
        .program = client,
        .wait = WAIT_SPINS,
        .is_sure = true,
        .means = "It looks again and again whether something has come. poll() "
                 "and select() look, too, and wait until something has, or the "
                 "time is over: with a limit that is not 0, and without "
                 "taking processor time.",
    };
    if (!stage_settle() || !stage_is_idle())
        expect_fail(&restless, "no processor time while it waits",
                    "it never rests");
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}
