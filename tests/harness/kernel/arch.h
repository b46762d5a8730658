// arch: all that depends on the processor, for the tracer and the unwinder.
// x86-64 and aarch64; another one needs these ten functions and no more.

#ifndef ARCH_H
#define ARCH_H

#include <linux/audit.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#if defined(__x86_64__)
#define ARCH_AUDIT AUDIT_ARCH_X86_64
#define ARCH_DWARF_REGISTERS 17
#elif defined(__aarch64__)
#define ARCH_AUDIT AUDIT_ARCH_AARCH64
#define ARCH_DWARF_REGISTERS 32
#else
#error "the tracer knows x86-64 and aarch64; see tests/harness/arch.h"
#endif

// All of them act on a thread that is in a ptrace stop and return 0, or -1
// with ptrace's errno (ESRCH: the thread has just been killed).

int arch_get_registers(pid_t tid, struct user_regs_struct *registers);

// At a system call's entry: replaces argument INDEX (0 to 5).
int arch_set_argument(pid_t tid, int index, uint64_t value);

// At a system call's entry: the kernel shall not run it; the program gets
// RESULT (-errno for a failure).
int arch_skip_call(pid_t tid, int64_t result);

// At a system call's entry: the kernel shall not run it now. The program makes
// the call once more, as if it came to it only after what else was to happen,
// such as a signal.
int arch_rewind_call(pid_t tid);

// At a system call's exit: replaces its result (-errno for a failure).
int arch_set_result(pid_t tid, int64_t result);

// At a stop that came while a system call was interrupted: the call does not
// start again, but ends with RESULT. Does nothing if it has ended already.
int arch_end_interrupted(pid_t tid, int64_t result);

// Returns the stack pointer; 0 if it can't be read.
uint64_t arch_stack_pointer(pid_t tid);

// At the entry of a system call that a function made which has put nothing on
// the stack yet, STACK_POINTER: returns where that function returns to; 0 if
// that can't be read.
uint64_t arch_return_address(pid_t tid, uint64_t stack_pointer);

// Writes the registers in DWARF's numbering, as libdw's unwinder wants them,
// to words[ARCH_DWARF_REGISTERS]. Returns the program counter.
uint64_t arch_dwarf_registers(const struct user_regs_struct *registers,
                              uint64_t words[]);

// The bits of a return address on the stack that are no part of it, but sign it
// (aarch64's pointer authentication); 0 if there are none.
uint64_t arch_signature_bits(pid_t tid);

#endif
