// The hints for a loop that turns, or waits, for the wrong thing; for a
// client's many connections as a whole; and for messages.

#include "explain/hints.h"

#include <stddef.h>

const struct ladder hints_loop[] = {
    // The loop: it turns, or waits, for the wrong thing.
    {"sends_on",
     {"Which condition ends the loop that sends and receives, and which line "
      "makes it come true?",
      "Print that variable in each round. What ought it to be after the first "
      "one, and after the last?",
      "Add up what recv() has returned, in one variable that lives outside the "
      "loop (+=, not =), and leave when it is the size of what was to be "
      "sent."}},
    {"idle_turns",
     {"The wait comes back at once, turn after turn. What does it report, and "
      "what does your program do about just that, before it waits again?",
      "Look at the last rows of the timeline: what the wait returned, and what "
      "was called in that turn. With nothing called, ask why you waited for it; "
      "with a call, ask whether it took away the reason to be woken.",
      "Compute anew before each wait what to wait for. To read: only where you "
      "will receive, and never past the end of a stream. To write: only while "
      "bytes wait to be sent. What is closed is not waited for. A time limit, if "
      "there is one, is set for each call. If the wait itself fails, there is "
      "nothing to serve: errno says what to mend."}},
    {"spin",
     {"Which loop is that, what should end it or make it wait, and does "
      "anything in a round bring that nearer?",
      "If the timeline ends with the same answer again and again, look at what "
      "the manual page says of it, and at which if of yours sees it. If it does "
      "not, the loop is one over your own numbers: print them in each round.",
      "Each round has to make progress or to leave. What a call has done is "
      "taken off what is left. 0 and -1 are no progress: they have branches of "
      "their own, that end the loop or give this one up. What is not ready is "
      "waited for, in a call that waits."}},
    {"stop_ignored",
     {"The signal is there. Who in your program has noticed it, and when does "
      "anybody look at that again?",
      "Find the row of the signal in the timeline, and what your program was in "
      "then. What does a call that waits return when a handler has run (man 7 "
      "signal), and what do you do with that answer?",
      "Look at the flag right before each call that waits, also after EINTR, "
      "and leave the loop if it is set. For the gap between the look and the "
      "call: block the signal, and let it in only while the call waits, as "
      "pselect() and ppoll() do. If a descriptor tells of signals: when it is "
      "ready, the loop ends."}},
    {"blocked_by_one",
     {"All others wait for this one call. How could you be sure, before you "
      "make it, that it does not have to wait?",
      "man 2 fcntl, O_NONBLOCK; man 2 accept, where it says \"inherit\". Then "
      "look at this turn in the timeline: had a call that waits for all of them "
      "named just this socket, and is this the first call on it since?",
      "Wait in one place only, for all sockets at once. Each socket is made "
      "non-blocking when you get it. In a turn, each that is ready gets one "
      "call: EAGAIN means to leave it, and what could not be done is kept with "
      "the connection until the socket is ready again."}},
    {"accept_forgotten",
     {"A client still waits in the queue. Who will look for it again, and when?",
      "man 2 accept, EMFILE and ENFILE: whose descriptors are missing? Look at "
      "what your program waits for from then on: is the listening socket among "
      "it, and does the wait ever end by itself?",
      "Remember that you are full. While you are, leave the listening socket "
      "out of what you wait for, and give the wait a limit, a second perhaps. "
      "When that is over, or a client has gone, put the socket back in, and try "
      "accept() again."}},
    {"unwatched",
     {"What is to be done next on that socket: accept, receive, send, or close? "
      "Does your program wait for just that?",
      "The last rows of the timeline show what the call waits for: r and w with "
      "the descriptors. Which one is missing, and which line should have put it "
      "in? With select(), a number counts only below the first argument.",
      "Before each wait go through all connections and ask each: is there more "
      "to receive, and room for it? Then wait to read. Is something left to be "
      "sent? Then to write. Neither, as both are over? Then close it. A "
      "listening socket is waited for as well."}},
    {"never_closed",
     {"How does a client learn that no more will come? Who in your program "
      "still holds its descriptor: a thread, a process, or the loop?",
      "Look in the timeline for every close(), and in which process it is. man "
      "2 close; man 2 fork: what becomes of the descriptors, and in how many "
      "processes are they open then?",
      "Close the descriptor where the client is served, once recv() has "
      "returned 0 and all is sent, on every way out. Who calls fork() closes it "
      "in the parent as well, right behind that; for the connection ends with "
      "its last copy."}},

    // The crowd: a client's many connections as a whole.
    {"client_waits",
     {"How far has each of your connections come, and what does each need next: "
      "to be opened, to send, to receive, or to be closed?",
      "The last row of the timeline shows for whom the call waits, to read (r) "
      "and to write (w). Compare it with what is left to be done: who is "
      "missing there, or is nobody left to wait for? With select(), a number "
      "counts only below the first argument.",
      "Each connection has its own counts of what send() and recv() have "
      "returned. Before each wait: to write while not all is sent, to read "
      "while not all is back, closed as soon as it is. The loop goes on as long "
      "as any is open, and no longer."}},
    {"all_given_up",
     {"Whose failure was it, and who else has lost something by what your "
      "program did about it?",
      "Begin at the line of yours that notices the failure, and read on from "
      "there: which exit(), return or break leads out of the loop that serves "
      "all?",
      "The function that serves one connection calls no exit(), and its failure "
      "ends no loop: it writes one line, closes its own descriptor, and sets a "
      "variable. When no connection is open any more, main() returns 1 if that "
      "variable is set."}},
    {"echo_left",
     {"What does your program take for the end of an echo? Is that about this "
      "connection alone, and about all of its bytes?",
      "Go to the line of that close(), and to the condition before it. Which "
      "count does it look at, and what is added to it? If bytes are compared: "
      "with which place of what was sent, and how many of them?",
      "Compare each piece with what was sent, from this connection's own count "
      "on, for as many bytes as recv() brought. If they are equal, add them to "
      "that count. Only when it has reached all that was sent, the connection "
      "is done."}},
    {"too_many",
     {"Which call of yours opens a connection, and how often is it reached in "
      "this run?",
      "Let your program say on stderr each time that it calls connect(), and "
      "for which of its numbers. Which number comes twice, or is one too "
      "high?",
      "Each number has one attempt. When it ends, well or not, it is over: "
      "nothing but the loop at the start may begin one."}},
    {"too_few",
     {"How many connections did your program begin, and what became of the "
      "others: were they never tried, or given up?",
      "Let your program say on stderr each time that it begins a connection. "
      "Then look at the loop that makes them: from which number to which does "
      "it go, and what may end it, or all of the program, earlier?",
      "The loop that opens goes as far as the argument says. One that can't be "
      "opened is reported and counted as a failure, and the next is tried. That "
      "those which are open are done does not end the program while others are "
      "still to come."}},
    {"never_watched",
     {"Which of your connections has its descriptor in the sets, and who decides "
      "that none is left to wait for?",
      "Write down for each of your loops over the connections which is the first "
      "and which the last that it comes to, with three of them.",
      "A loop over COUNT connections goes from 0 up to, and not to, COUNT. The "
      "one that fills the sets, the one that asks who is ready and the one that "
      "looks whether any is left go over the same ones: all."}},
    {"not_below",
     {"What is the first argument of select(): a count, a descriptor, or something "
      "else? And which descriptors can a program get?",
      "Print the first argument and the highest descriptor that is in a set, "
      "right before the call. man 2 select says how they belong together.",
      "While the sets are filled, keep the highest descriptor of all that go into "
      "either of them, whatever order they come in; the first argument is that "
      "plus 1. How many there are says nothing about their numbers."}},

    {"never_gives_up",
     {"Who could change something, so that the next attempt succeeds? And who "
      "waits meanwhile for an answer of your program?",
      "Look at the line that decides to try again: which values of errno lead "
      "there, and how often?",
      "Only EINTR says that the same call may succeed at once. For any other "
      "error of this call, leave the loop, report it, and let main() return "
      "what the lesson asks for."}},

    // The protocol: messages that were not finished, answered or waited
    // for.
    {"asked_again",
     {"When is the outcome of the attempt to connect known, and is there "
      "anything to ask afterwards?",
      "Look at the place where SO_ERROR is asked for: how often does the loop "
      "come by there in one run? And what does it do with what it hears?",
      "Remember in a variable that the connection is there, and ask only while "
      "it is not. From then on recv() and send() say themselves what goes "
      "wrong, after all that came before."}},
    {"look_that_takes",
     {"How many bytes stand in the stream before that look, and how many "
      "behind it?",
      "Compare the flags of the two calls in the timeline: which of them only "
      "looks?",
      "Give the call that looks one flag more, so that what it sees stays "
      "where it is; or keep the byte that it has brought, as the first of "
      "what is received next."}},
    {"server_ended",
     {"Who asked your server to end? Was the reason one client's affair, or "
      "everybody's?",
      "Find the last call on a client's socket in the timeline, and follow what "
      "your functions return from there on, up to main(). Which of these lines "
      "ends the loop, and does it know whom the failure was about?",
      "What serves one client tells the loop, by what it returns, that this "
      "client is to be closed, and no more. Neither exit() nor the loop's end "
      "follows from it. The loop ends for a signal, or when the wait itself "
      "fails for good."}},
    {"answer_left",
     {"Sending is over. What does that say about what has been sent to you?",
      "Look at the left side of the timeline, above the row of the send() that "
      "failed: what did the server send by then? And which line of yours leads "
      "from that failure to the end?",
      "Keep the error of send() for later, and wait to read from now on. "
      "Receive until recv() returns 0 or fails; take all steps that the bytes "
      "allow. If the response is complete, it counts; if not, report the error "
      "that you kept."}},
    {"rest_unsent",
     {"Your program waits for an answer. Does the server have the whole "
      "request?",
      "Compare in the row of the last send() what it was offered with what it "
      "returned. What does your program wait for behind it: only for something "
      "to read, or for room as well?",
      "Take off what send() has taken, and nothing if it failed; the rest stays "
      "in front of whatever is to be sent. While there is a rest, wait until "
      "the socket is writable, or readable, and offer it again."}},
    {"begun_again",
     {"The kernel took a part of the message. Which byte comes next?",
      "Look at the rows of send(): what was each offered, and what did it "
      "return? The pointer that it is given has to go on by that, as well as "
      "the size.",
      "Take off what send() has taken, from where the rest begins and from how "
      "much it is, and keep both with the connection until all is sent."}},
    {"message_left",
     {"What told your program that it need not receive any more? What is still "
      "missing of the message then?",
      "A message is 2 bytes, then the header, as long as they say, then the "
      "content, as long as the header says. Add up the rows of recv(): within "
      "which of the three did your program stop, and what did that step do when "
      "it had too few bytes?",
      "Collect what comes in one buffer. A step is taken when all of its bytes "
      "are there; if they are not, that is no failure: receive, and try the "
      "same step again. Only the end of the stream, an error of recv(), or "
      "bytes that can never be right end that."}},
    {"reader_given_up",
     {"For each client your program knows a time. Since when is it: since it "
      "came, since it last said something, or since anything moved?",
      "Which lines set that time, and which look at it? Find in the timeline "
      "what moved last on this connection, and whether one of them is there.",
      "A client that takes its response is there, though it says nothing: set "
      "its time behind each send() that has taken something, as behind each "
      "recv() that has brought something. Then compare, in whatever turn."}},
    {"message_cut",
     {"When is a response sent: once send() was called, or once it has taken "
      "all?",
      "Look at the last send() and at the close() behind it in the timeline, "
      "and at the condition that led to the close. Does it know what was left?",
      "Done means two things: a response was made, and nothing of it is left in "
      "the buffer. Only what send() returned is taken out of there. Ask for "
      "both before you close, in whichever turn that may be."}},
    {"turned_away",
     {"What does your program ask between accept() and close(), and what is the "
      "answer for one client more than it had so far?",
      "Look for the number: the size of an array, a #define, FD_SETSIZE, or the "
      "result of what makes room for one more client. How many clients were "
      "there in the timeline?",
      "Keep what belongs to one client in memory of its own, and the clients in "
      "a list, or in an array that is made larger by realloc() when it is full. "
      "Only when the system itself gives no more is anybody turned away."}},
    {"message_refused",
     {"Which of your steps ended the connection, and what did it have before "
      "it: too few bytes, wrong ones, or just the right ones?",
      "Go to the line of that close(), and back to what led there: which "
      "function returned an error, or said that all is done? If your program "
      "has said something on stderr, that names the step. Compare with how many "
      "bytes had come, and how many the steps before had taken.",
      "Too few bytes: return, and try the step again when more has come. Right "
      "ones: take exactly as many as the lengths say, answer, forget what you "
      "knew, and begin anew with what stands behind them. Look once more for "
      "bytes before you close. Only what can never become right is refused."}},
    {"message_waited_for",
     {"What does your program wait for there? Is a byte of the message still "
      "missing, or does it have all that it needs?",
      "Compare what has come with the message's lengths: 2 bytes, the header, "
      "the content. If some lies at the socket, what keeps your program from "
      "receiving? If all has come, which step is due, and which condition holds "
      "it back?",
      "After each receive take one step after the other, in a loop, as long as "
      "the next one has all of its bytes; 0 bytes of content are all of them. "
      "Then send what there is. Wait only when no step can be taken: to read, "
      "and to write while something is left to be sent."}},
    {NULL, {NULL}},
};
