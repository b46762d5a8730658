// The hints for calls on the wrong thing, or with arguments that mislead; and
// for answers that are taken for what they are not.

#include "explain/hints.h"

#include <stddef.h>

const struct ladder hints_calls[] = {
    // Calls on the wrong thing, or with arguments that mislead.
    {"wrong_descriptor",
     {"Which socket, or which file, was that call meant for, and which number "
      "did it get instead? Where does that number come from?",
      "Find in the timeline the call that returned the number that you wanted, "
      "and go from there to the call that failed. Which line between them lost "
      "it, mixed it up with another, or closed it?",
      "Give each descriptor a variable of its own, named for what it is, and "
      "look whether it is -1 before you use it. A listening socket is only for "
      "accept(); a socket is for bytes once accept() has returned it, or "
      "connect() has succeeded on it. What is closed goes out of every variable "
      "and set."}},
    {"peek",
     {"What is the difference between looking at what has come and taking it? "
      "Which of the two does your program do?",
      "man 2 recv, \"The flags argument\". Look at the last argument of your "
      "recv(), and in the timeline at whether the same bytes come again.",
      "With 0 in place of the flag, recv() takes the bytes away, and the next "
      "one brings what stands behind them. If you need a look first, a second "
      "recv() without the flag has to follow, for as many bytes as you have "
      "used."}},
    {"bad_buffer",
     {"Where does the second argument of that call point, and who made the "
      "memory there?",
      "Print the pointer with %p right before the call, and look where it was "
      "set: to an array, to what malloc() returned, to a text between quotes, "
      "or nowhere?",
      "Declare an array of your own, as large as a piece, and give that to the "
      "call. What a text between quotes or an argument of the program holds "
      "can be sent, but is no place to receive into."}},
    {"no_room",
     {"How large is your buffer, how much of it is in use at that call, and who "
      "has counted?",
      "man 2 recv, RETURN VALUE, has three reasons for a 0. In the timeline, "
      "the number behind the comma in recv(4, 100) is what a call may bring: in "
      "which row does it become 0, and why is your program not done then?",
      "Before each recv() compute the room: the size without what is in use. If "
      "none is left, don't call it: either all is there that you want, or bytes "
      "have to go first (sent, printed, counted off), or the buffer has to "
      "grow."}},
    {"low_water",
     {"How many bytes does a blocking receive wait for by itself, and who has "
      "told yours to wait for more?",
      "In the timeline, the row of that setsockopt() shows which option it is "
      "in truth. Compare its level with the one of the page of the manual that "
      "you have the option from.",
      "recv() returns what there is, from one byte on, unless it is told "
      "otherwise. Leave this option out, or, if it was another one that you "
      "meant, give that its own level as the second argument."}},
    {"shut_early",
     {"A connection has two halves, one for each direction. Which of them did "
      "you end there, and which one did you still need?",
      "man 2 shutdown has three values for its second argument. Look in the "
      "timeline at all that is called behind it on this descriptor, and at what "
      "the other side still sends.",
      "End the sending half only, and only when the last byte has been handed "
      "over; the receiving half ends by itself, when the other side has "
      "finished. If nobody waits for that sign, do without: close() ends both, "
      "once both are through."}},
    {"linger",
     {"What may still be on its way when your program closes, and who is to "
      "deliver that?",
      "Look at the line of that setsockopt(): why is it there? If it is so that "
      "the port is free again, another option of man 7 socket is for that; if "
      "it is for speed: a plain close() does not wait either.",
      "Remove that setsockopt(), and put nothing in its place. What send() has "
      "taken is delivered after close() as well, and even after the end of your "
      "program, if all that came from the other side was received before."}},

    // What was noticed, and does not show in the status.
    {"not_counted",
     {"Your program knew that something was wrong when it wrote that line. Who "
      "still knows it at the end of main()?",
      "Follow the way from the line that reports to the return of main(): which "
      "function hands on what, and which line looks at it?",
      "Hand it up: the function that reports returns -1, and so does each above "
      "it; or it sets a variable that lasts until the end. The last thing in "
      "main() is to choose the status by that."}},

    // Answers taken for what they are not, by programs that serve several.
    {"connect_given_up",
     {"What does your program have to know before it may give this socket up, "
      "and can connect() know that yet?",
      "man 2 connect, ERRORS, the paragraph on EINPROGRESS: what is there to "
      "wait for, and whom to ask then? In the timeline, look at what your "
      "program does behind connect() on the same descriptor.",
      "In the if behind connect(), leave that errno out of the failures. Keep "
      "the socket, note that it is not connected yet, and put it among those "
      "that you wait for. When it is ready for the first time, getsockopt() "
      "tells the outcome (by net_connect_result(), in lessons that have it)."}},
    {"outcome_missed",
     {"An attempt to connect begins at one moment, and ends at another. At "
      "which of them does your program ask how it went, whom does it ask, and "
      "what does it do with the answer?",
      "man 2 connect, the paragraph on EINPROGRESS, and man 7 socket, SO_ERROR. "
      "Look in the timeline for getsockopt(): is it there, when does it come, "
      "and what is called on that descriptor next?",
      "When the socket becomes writable for the first time, ask once and keep "
      "the answer. 0: it is connected, and from then on you send. Any other "
      "number is the reason, in place of what errno holds: give that to "
      "strerror(), close this socket, and send nothing over it."}},
    {"fatal_answer",
     {"Whose end is that answer: your whole program's, one connection's, or "
      "nobody's?",
      "Take the manual page that the explanation names, and sort what this call "
      "may say into three: not now, this connection is lost, nothing works any "
      "more. Into which of them does your code put this answer?",
      "Ask for such answers first, in front of what treats all other failures: "
      "nothing is closed, nothing that is known of a connection is lost, and "
      "the loop goes round. Only where a server has no descriptor left, let its "
      "listening socket rest until a client has left, or for a while."}},
    {"stale_sets",
     {"That call returned -1. What did your program believe all the same, or "
      "whom did it give up for it?",
      "Look in the timeline at that call, and at what your program did next. "
      "The call's manual page, ERRORS: whom does this errno concern, and what "
      "does it say about everybody else?",
      "Behind -1 comes a look at errno, and nothing else. The wait was "
      "interrupted: nothing of what it fills in counts, so wait again. A "
      "connection is lost: close this one, take it out of what you wait for, "
      "and let the loop go on for all others."}},
    {"closed_early",
     {"How much has come from this client, and how much has gone back to it, "
      "when your program closes?",
      "Add up the rows of recv() on that descriptor in the timeline, and the "
      "rows of send(). Behind which row do the two sums differ for good, and "
      "where are the bytes between them kept?",
      "A client is done when two things are true: it has finished sending, and "
      "nothing of what it sent is left. So a 0 from recv() is only noted, what "
      "send() did not take stays in the client's buffer, and the question for "
      "the end asks for both."}},
    {"backlog",
     {"Where are the bytes that this client has sent and not taken back, and "
      "what keeps them from becoming more and more?",
      "Look at the condition on which your program receives from a client. Does "
      "it ask how much waits for that client already? Who does not receive "
      "leaves the bytes with the kernel, which has a limit of its own (man 7 "
      "tcp, tcp_rmem).",
      "Give each client a buffer of a certain size, and let recv() bring at "
      "most what still fits in. When it is full, receive nothing more from this "
      "client until it has taken something."}},
    {"nothing_yet",
     {"Who has told this socket not to wait? And how would your program hear of "
      "it when there is something to do?",
      "man 2 recv, MSG_DONTWAIT; man 2 fcntl, O_NONBLOCK; man 7 socket, "
      "SO_RCVTIMEO. Look which of these your program uses, and what it does "
      "with -1 behind the call.",
      "Either take that out: then the call itself waits, and returns when there "
      "is something. Or keep it, and treat this errno as \"not now\": wait for "
      "the socket with poll() or one of its kin, and then call again."}},
    {"left_open",
     {"Which call gave your program that descriptor, and which call would take "
      "it back?",
      "Follow that one descriptor through the timeline, from the call that "
      "returned it to its last row: which way did your program go from there, "
      "and where does that way end?",
      "On each way on which nothing more is done with it there is one close(), "
      "also where a call on it has failed, and for each copy (dup(), fork()) "
      "one more. The fewest places are best: one function that gives it up, "
      "and all ways lead there."}},
    {"closed_unread",
     {"What had come on that connection when it was closed, and how does your "
      "program learn that nothing more will?",
      "Look at the rows of that connection: which call told your program "
      "something right before the close(), and what does that mean? An event "
      "with an end in it may have bytes before the end; and silence has no "
      "meaning at all.",
      "Receive until recv() returns 0, which is the end, or -1 with an errno "
      "that means a failure, and close then. Leave EPOLLRDHUP out, or take it "
      "as one more reason to receive."}},
    {"edge_missed",
     {"How often does an edge tell of what arrives together, bytes or clients, "
      "and how many of them has your program taken?",
      "man 7 epoll, \"Level-triggered and edge-triggered\": what has to be "
      "seen before epoll_wait() is called again?",
      "With EPOLLET, receive in a loop until recv() returns 0, or -1 with "
      "EAGAIN (the socket does not wait, O_NONBLOCK), and likewise accept "
      "until accept() returns -1 with EAGAIN. Or register without "
      "EPOLLET: then what is left is told of again, each time."}},
    {"threads_share",
     {"Through which variable does a thread learn which connection is its own, "
      "and who else writes to that?",
      "Between pthread_create() and the new thread's first line any time may "
      "pass. What has become of the variable by then, if another client has "
      "come?",
      "Give each thread memory of its own (malloc() before pthread_create(), "
      "free() in the thread), or the descriptor itself as the argument: (void "
      "*)(intptr_t)fd."}},
    {NULL, {NULL}},
};
