// The hints for what ended the program, or what it said of itself; and for what
// a socket is made of, before any byte.

#include "explain/hints.h"

#include <stddef.h>

const struct ladder hints_certain[] = {
    // Certain: what ended the program, or what it said of itself.
    {"sanitizer",
     {"What does the first line of the report say that happened, and which is "
      "the highest line in it that names a file of yours? What did you take for "
      "granted there?",
      "Read the report from the top: first what kind of mistake it is, then the "
      "calls, from the inner one to the outer ones. The highest with your "
      "file's name is the place; the one below it has called it. Where memory "
      "was lost, the place is where your program got it.",
      "Go to that line, and print on stderr what it uses, right before: each "
      "index and length beside the size that it must not reach, each pointer, "
      "whether it is NULL or was freed. What should not be there mostly comes "
      "from an earlier line: mend it there. What was got is freed once, on "
      "every way out."}},
    {"open_todo",
     {"Which function has been called that is not written yet, and what does "
      "the comment above it promise?",
      "Look in your program's files for TODO and for ENOSYS. The comment there "
      "names the calls, a trap and the proof; the lesson's part \"Your task\" "
      "has a paragraph on each TODO.",
      "Put the function's body where the skeleton sets errno to ENOSYS and "
      "gives up, and take that out. Return what the comment above the function "
      "promises, for a failure too. The numbers of the TODOs are a good order: "
      "begin with the lowest that is left."}},
    {"time_limit",
     {"Who has said how long your program may wait, and what does it make of it "
      "when that time is over?",
      "A limit mostly has one of three homes: an argument of the call that "
      "waits, an option of the socket (man 7 socket, SO_RCVTIMEO and "
      "SO_SNDTIMEO), an alarm (man 2 alarm). Which is it here, and does the "
      "lesson ask for one?",
      "Silence alone is no failure. If the task has no limit, take yours out; "
      "if it has one, make it as long as that. Or, when the time is over, give "
      "nothing up: close nothing, set the limit anew, and go back to the same "
      "call."}},
    {"signal",
     {"Who sends this signal: the kernel because of a call of yours, somebody "
      "from outside, or your own code? Has your program said what should become "
      "of it?",
      "man 7 signal has a table of the standard signals: what each is for, and "
      "what it does to a program that has said nothing. Then look at the last "
      "thing that your program did before it. SIGPIPE belongs to a call that "
      "sends, SIGTERM and SIGINT to none of your calls.",
      "SIGPIPE: let each send fail with EPIPE instead, and treat that as the "
      "end of this connection. SIGTERM and SIGINT: let the loop learn of them, "
      "and end in good order with status 0. Any other: don't hide it behind a "
      "handler, but find the line that ran last, by prints on stderr, and what "
      "it relied on."}},
    {"signal_missed",
     {"When does the kernel let in a signal that is blocked, in a turn in which "
      "something is ready at once?",
      "man 2 pselect says for how long its mask is valid; man 2 sigpending says "
      "what is known of a signal meanwhile. In the timeline, count the turns "
      "behind the row of the signal.",
      "At the head of each turn ask two things: is the flag set, and is SIGINT "
      "or SIGTERM among the pending ones (sigismember() tells)? Either of them "
      "ends the loop, however busy it is."}},
    {"closed_descriptor",
     {"Which variable of yours still holds that number after it was closed, and "
      "which way through your code leads to it?",
      "Go in the timeline from the close() to the call that failed, and from "
      "there to their lines. Is it the same function, its caller, or what "
      "tidies up at the end? man 2 close, ERRORS.",
      "Let one function close a connection, and let all ways out pass through "
      "it once. In the same place put -1 where the number stood, or take the "
      "record out of its table, so that whoever comes later sees that there is "
      "nothing left to use or to close."}},
    {"option_missed",
     {"Five things make a setsockopt(): the socket, the level, the option, the "
      "value and its size. And it is made at some time. Which of these six is "
      "it here?",
      "Look in the timeline for the rows of setsockopt(): an option that has "
      "not its name there was asked for at another level. Or run your program "
      "under strace -e setsockopt, and ask getsockopt() right behind each of "
      "them.",
      "One call for each option, with &value and sizeof value of an int, at "
      "the level whose page of the manual has the option (socket, tcp, ip). "
      "Look at what it returns. What a listening socket has before listen(), "
      "its connections have, too; else set it on each of them, before anything "
      "is sent or waited for."}},
    {"arguments_refused",
     {"Which comparison in your program said no, which argument was it about, "
      "and what did it see there?",
      "Start your program by hand with the arguments that the explanation "
      "shows. Which of your questions does it meet on the way to status 2: how "
      "many arguments there are, whether one is a number, an address, a name? "
      "Print what each of them sees.",
      "Compare with what the function promises for success: inet_pton() returns "
      "1, strcmp() 0, net_parse_port() and net_parse_address() 0. Refuse only "
      "what the task calls wrong: something empty, a dash or a zero may be "
      "right. If what failed is no argument, then 2 is not its status."}},

    // Set-up: what a socket is made of, before any byte.
    {"address_length",
     {"accept() reads what its third argument points to, and then writes there. "
      "What does it read in your program?",
      "man 2 accept, the paragraph on addrlen: who has to initialize it, and to "
      "what? Look at the line that declares your variable: has it a value when "
      "accept() is called the first time? And the next time?",
      "Right before each accept() the variable has to hold sizeof the address "
      "structure; within a loop that means in each round. If you don't need the "
      "client's address, you don't need the variable either."}},
    {"wrong_socket_type",
     {"What do you want: one stream of bytes for each connection, or packets "
      "that each go their own way? Which argument of socket() says so?",
      "man 2 socket lists the types, in the second argument; man 7 ip says "
      "which of them makes TCP of it, and which UDP. Look at the line of your "
      "socket() call.",
      "The second argument of socket() names the type for streams; with it, the "
      "third may be 0. Only that kind has listen(), accept() and a connection, "
      "so nothing else has to change."}},
    {"bad_address",
     {"The kernel gets a pointer and a length. What does it find at the one, "
      "and how far does it read by the other?",
      "man 7 ip, \"Address format\", has the members of struct sockaddr_in. "
      "Look at two places: where yours is filled in, and the length that you "
      "hand over with it.",
      "Begin with a structure that is all zero, and set its three members: "
      "family, port, address. Hand over the size of the structure; where you "
      "only have a pointer to it, that is sizeof of what it points to."}},
    {"listened_first",
     {"Which of your calls is the first that gives the socket an address? And "
      "who chose that one?",
      "Look at the rows of bind() and listen() in the timeline, and at their "
      "lines. man 2 bind, ERRORS.",
      "Exchange the two calls, and look at what each of them returns. Nothing "
      "is lost by that: nobody can connect before listen()."}},
    {"odd_announcement",
     {"A script reads your program's standard output to learn where to connect. "
      "Would it find a whole line there, with a host and a port that are true?",
      "Try it by hand, with port 0: 2>/dev/null | cat -A behind your server's "
      "command. What is left there, where does the line end (cat shows a $), "
      "and which port does it name? The lesson's part \"The goal\" shows the "
      "form.",
      "To stdout, at the beginning of a line: \"listening on \", the host, a "
      "colon, the port, a newline, and then fflush(stdout). Host and port are "
      "those that getsockname() tells once bind() has succeeded; "
      "net_local_address() and net_address_text() help with it."}},
    {"own_port",
     {"How many sockets does your server bind to its port, and how many does it "
      "need?",
      "Follow the sockets in the timeline from the first bind() on. Which of "
      "them listens already when the next one is bound?",
      "A socket for :: with IPV6_V6ONLY off has the port for IPv4, too, so "
      "0.0.0.0 can't have it any more. Let the loop over the addresses ask "
      "whether one of them listens, and end then; or close the first before "
      "you bind the next."}},
    {"port_in_use",
     {"The server before this one has ended. For whom is its port still kept, "
      "and how does a server say that it does not mind?",
      "Look in the timeline of both servers for setsockopt(): is it there, with "
      "which value, and on which side of bind()? man 7 socket has the option. "
      "Right after your server has ended, ss -tan shows what is left of it.",
      "Between socket() and bind(), in every run: setsockopt() at the level "
      "SOL_SOCKET, with an int that is 1, its address and its size. Look at its "
      "result, too: a call that fails sets nothing."}},
    {"shared_port",
     {"Two servers have the same port now. Which of them gets the next client, "
      "and who has allowed it?",
      "man 7 socket has both options whose names begin with SO_REUSE. Which is "
      "about a connection that is over, and which about a second server? Their "
      "names are numbers: joined by |, they are another option.",
      "One option in one call of setsockopt(), and only the one that is for "
      "starting again; take the other out. Then bind() of the second server "
      "fails, as it should: report that, with the reason."}},
    {"early_announcement",
     {"What can a client do at the moment when that line appears? Has the "
      "kernel been told yet to take connections?",
      "Compare two rows of the timeline, the write() of that line and listen(), "
      "and look which lines of yours make them.",
      "Move the printing behind listen(), to where it has returned 0. It need "
      "not wait for accept(): from listen() on the kernel takes connections by "
      "itself, and keeps them for you."}},
    {"resolver_refused",
     {"What exactly do you ask getaddrinfo() for? Name the value that each "
      "member of hints has when you call it.",
      "Print ai_family, ai_socktype, ai_protocol and ai_flags of your hints "
      "right before the call, and compare with man 3 getaddrinfo, what each of "
      "them leaves out.",
      "struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = ...}; "
      "sets two of them, and clears the rest. The type is SOCK_STREAM for TCP, "
      "SOCK_DGRAM for UDP. A server adds AI_PASSIVE, which counts if the first "
      "argument of getaddrinfo() is NULL."}},
    {"any_socket_type",
     {"How many entries has the list for one address, and what is different "
      "between them?",
      "Print ai_socktype and ai_protocol of each entry, and look at what man 3 "
      "getaddrinfo says of an ai_socktype of 0 in hints.",
      "Set it in hints, and only one entry for each address is left. A connect() for "
      "UDP always succeeds, as it asks nobody."}},
    {"socket_reused",
     {"In your loop over the addresses: which of the calls are made once for "
      "each of them, and which only once?",
      "Follow a descriptor in the timeline from socket() to close(). How many "
      "connect() lie between, and which of them have failed?",
      "socket(), connect() and, if that has failed, close() stand together in "
      "the loop: each turn begins with a new socket, made of that address's "
      "ai_family, ai_socktype and ai_protocol."}},
    {"other_family",
     {"Of which family is the address, and of which the socket? Where does your "
      "program decide on either?",
      "Look at the first argument of your socket(): is it a constant? man 3 "
      "getaddrinfo has an example in which it is not.",
      "socket(one->ai_family, one->ai_socktype, one->ai_protocol), for each "
      "address of the list. What only IPv6 knows, such as IPV6_V6ONLY, is set "
      "only if that family is AF_INET6."}},
    {"option_refused",
     {"An option belongs to one level, and to one part of a socket's life. "
      "Which are these for the one that was refused? And is it one?",
      "man 7 ipv6 says at which level its options are set. In the timeline, "
      "look at what that socket had been given before setsockopt() was called.",
      "socket(), setsockopt(fd, IPPROTO_IPV6, ...) with IPV6_V6ONLY, or what "
      "else man 7 ipv6 calls an option, then bind(), and for TCP listen(), in "
      "this order; and look at the result of each."}},
    {"address_cut",
     {"How many bytes does an IPv6 address with its port take, and how many did "
      "the call get?",
      "Print the last argument of that call, and sizeof(struct sockaddr_in6) "
      "beside it.",
      "Pass one->ai_addr and one->ai_addrlen together, as they stand in the "
      "list: struct sockaddr and struct sockaddr_in are 16 bytes long, and "
      "struct sockaddr_in6 is 28."}},
    {"success_left",
     {"One of your attempts to connect has succeeded. What does your program "
      "know of that, and who has it from whom?",
      "Follow that descriptor in the timeline from the call that succeeded on. "
      "Then follow its result through your functions: which line does not take "
      "it, or goes on in spite of it?",
      "What waits for the end of an attempt returns 0 or -1: store that in the "
      "variable which is looked at. And the loop over the addresses ends as "
      "soon as one has given a socket; its condition has to ask for that."}},
    {"address_repeated",
     {"What does your loop change at the end of each turn, and from what does "
      "it compute the new value?",
      "Print the pointer of your loop with %p in each turn. It has to be "
      "another one each time, and NULL in the end.",
      "Each entry has an ai_next of its own: one = one->ai_next. The ai_next "
      "of the first entry is always the second one."}},
    {"address_passed_over",
     {"What do you do when one of the addresses can't be had: end, or go on? "
      "With which?",
      "Look at where your loop over the list ends. Is there a way out of it "
      "that is taken when a call has failed?",
      "On a failure close the socket, and let the loop go on with "
      "one->ai_next. Only when that is NULL is it a failure of the whole, and "
      "the reason is that of the last address."}},
    {"listener_closed",
     {"What becomes of those who have connected, and whom nobody has accepted "
      "yet, when that socket goes?",
      "Look at ss -tln in another terminal at the moment when no descriptor is "
      "left: is your port there? Which of your lines takes it away, and for "
      "what sake?",
      "One socket listens from the first to the last moment of the server. To "
      "have a pause, leave its descriptor out of the set until a client has "
      "gone, or for a second: the queue holds those that come."}},
    {"no_listener",
     {"Which calls lead from a new socket to one that clients find at HOST and "
      "PORT, and what do they get of these two arguments?",
      "Start your server by hand, and ask ss -tlnp in another terminal where it "
      "listens, if at all. Compare that with what you gave it and with what it "
      "printed. man 2 bind, man 2 listen, man 7 ip.",
      "Check three things. The structure that bind() gets holds HOST "
      "(INADDR_ANY if that is empty) and htons() of PORT. listen() comes behind "
      "bind(), and both have returned 0. What is announced was asked of "
      "getsockname(), and its port went through ntohs()."}},
    {"no_flush",
     {"Has your program printed its line? If it has: where are these bytes now, "
      "with the reader, or still in a buffer of your program?",
      "man 3 setbuf says when a stream gives away what it holds: to a terminal, "
      "and to a pipe. See the difference: start your server by hand, and then "
      "once more with | cat behind it.",
      "Between the printf() of the line and the first call that waits stands "
      "fflush(stdout). It returns 0 if the line is out; anything else is a "
      "failure to report."}},
    {"wrong_target",
     {"Whom does connect() call? Which part is not as in the arguments: the "
      "address, the port, or the order of its bytes?",
      "The row of connect() in the timeline shows where it went. Follow its "
      "second argument back to where it is filled in: from which argv[], and by "
      "which functions? man 3 inet_pton, man 3 htons.",
      "Host and port of the structure come from HOST and PORT alone: "
      "inet_pton() writes the address where it belongs, the port becomes a "
      "number and then goes through htons(), once. net_parse_address() does "
      "both."}},
    {NULL, {NULL}},
};
