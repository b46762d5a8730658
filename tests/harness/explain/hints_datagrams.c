// The hints for programs that speak datagrams.

#include "explain/hints.h"

#include <stddef.h>

const struct ladder hints_datagrams[] = {
    // Set-up.
    {"no_datagrams",
     {"A stream or datagrams: which of the two does the lesson speak of, and "
      "which call decides it?",
      "man 2 socket, SOCK_STREAM and SOCK_DGRAM. Look in the timeline at the "
      "calls on that socket, from the first on: which of them are for "
      "connections?",
      "For UDP: SOCK_DGRAM, bind() in a server, and then the socket sends and "
      "receives. Nobody listens there, and nobody accepts."}},
    {"bound_elsewhere",
     {"At which address does your program wait, and to which one was it sent?",
      "Compare what stands in the timeline behind bind() with HOST and PORT. "
      "ss -uln shows the same while the server runs.",
      "Give socket() the family of the address that you bind, bind ai_addr "
      "with ai_addrlen, and say of an IPv6 socket with IPV6_V6ONLY whether it "
      "serves IPv4."}},

    {"sender_length",
     {"Who sets that length before the call, and to what?",
      "man 2 recv, \"recvfrom()\": its last two arguments. What do they point "
      "to, and what stands there before the first call?",
      "struct sockaddr_storage from; socklen_t size = sizeof from; right "
      "before each call, within the loop. If you don't want to know who it "
      "was, pass NULL for both."}},

    // A server's datagrams.
    {"datagram_cut",
     {"How long is the longest datagram that may come, and how large is your "
      "buffer?",
      "Compare in the timeline what a peer has sent with what your program got "
      "of it. Where in your program does that number stand?",
      "The length in a UDP header has 16 bits, and counts the header's own 8 "
      "bytes: an array of 65,536 has room for whatever may come."}},
    {"connected_to_one",
     {"How many clients has a server, and how many peers has a connected "
      "socket?",
      "Look in the timeline at which clients are heard behind that call, and "
      "at which are not.",
      "Leave connect() out of the server: recvfrom() or recvmsg() fills in who "
      "has asked, and sendto() or sendmsg() takes just that."}},
    {"answered_another",
     {"For which datagram is the address that you send to?",
      "Follow the address in your program: where is it filled in, how often, "
      "and is it still the same when you send?",
      "Fill it in with each datagram, and use it for that one's answer. A "
      "variable that is set once, before the loop or by an if, is one too "
      "few."}},
    {"answered_twice",
     {"How often does your loop send in a turn?",
      "Look at both lines that the explanation names: is one of them meant for "
      "when the other has failed?",
      "Repeat a send only where it has returned -1 with EINTR. Whether an "
      "answer has arrived is not yours to know: the client asks again."}},
    {"datagram_amount",
     {"How does your program know how many bytes to send?",
      "In the timeline stand both numbers. From which variable is the second "
      "one, and what was it set to when the first one came?",
      "Keep what the receiving call returned, in a size_t, and give just that "
      "to the sending one."}},
    {"one_is_fatal",
     {"How many clients does the server have, and which of them had to do with "
      "that failure?",
      "Of the ERRORS in the two manual pages: which are about your socket, and "
      "which about one datagram?",
      "Let the loop go on: after EINTR and EAGAIN without a word, else say on "
      "stderr what went wrong, with whose datagram. Give up only what is wrong "
      "for good, such as EBADF."}},
    {"nothing_left",
     {"What has become of the datagram, if the call has returned -1?",
      "errno says why. Print, right before the call, each length that you give "
      "it, of the bytes, the address and the control message, beside what the "
      "receiving call has returned or filled in.",
      "After EINTR the same call again: do sent = sendto(...); while (sent == "
      "-1 && errno == EINTR); any other -1 is to be said, with the reason. And "
      "what goes back has the lengths that came: no sizeof, no strlen()."}},
    {"unanswered",
     {"Which way does your loop take when a datagram like that one comes?",
      "Follow what the call returned through the conditions behind it: what "
      "does each of them make of it?",
      "Only -1 is a failure. All else is the size of a datagram, even if that "
      "is 0, or the same as before: a server sends just as many bytes back, a "
      "client compares them with what it has asked."}},
    {"ended_unasked",
     {"What is it that ends your loop, and when does that come?",
      "Follow the way from the line that the explanation names to the end of "
      "main(): which return, break or condition is on it?",
      "A server's loop is for (;;): nothing that a client sends, or does not "
      "send, leads out of it."}},

    // A client that asks.
    {"gave_up_asking",
     {"How often does your program ask in all, and how often may it?",
      "Count the sends in the timeline. What is the value of the loop's "
      "variable at the first and at the last of them?",
      "for (i = 0; i < tries; i++) { send; wait; } asks as often as tries "
      "says, and waits after each of them."}},
    {"answer_to_old_socket",
     {"From which port has the first question left, and who listens there when "
      "its answer comes?",
      "Look in the timeline at the numbers of the descriptors that your tries "
      "use, and at what was closed between them.",
      "Make the socket before the loop, and close it behind."}},
    {"waits_for_the_lost",
     {"What would end that call, if nothing more comes?",
      "man 2 poll, \"timeout\"; man 7 socket, SO_RCVTIMEO. Which limit has "
      "the call that the explanation names?",
      "Before each receive compute what is left of this try, and poll() for no "
      "longer. When nothing is left, send again."}},
    {NULL, {NULL}},
};
