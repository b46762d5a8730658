#include "kernel/arch.h"

#include "kernel/memory.h"

#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

int arch_get_registers(pid_t tid, struct user_regs_struct *registers)
{
    struct iovec area = {registers, sizeof *registers};
    return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &area) == -1 ? -1
                                                                           : 0;
}

static int set_registers(pid_t tid, struct user_regs_struct *registers)
{
    struct iovec area = {registers, sizeof *registers};
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &area) == -1 ? -1
                                                                           : 0;
}

#if defined(__x86_64__)

int arch_set_argument(pid_t tid, int index, uint64_t value)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    unsigned long long *const place[] = {&r.rdi, &r.rsi, &r.rdx,
                                         &r.r10, &r.r8,  &r.r9};
    *place[index] = value;
    return set_registers(tid, &r);
}

int arch_skip_call(pid_t tid, int64_t result)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    r.orig_rax = (unsigned long long)-1;
    r.rax = (unsigned long long)result;
    return set_registers(tid, &r);
}

int arch_rewind_call(pid_t tid)
{
    enum { SYSCALL_SIZE = 2 }; // bytes of the instruction "syscall"
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    r.rax = r.orig_rax;
    r.orig_rax = (unsigned long long)-1;
    r.rip -= SYSCALL_SIZE;
    return set_registers(tid, &r);
}

int arch_set_result(pid_t tid, int64_t result)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    r.rax = (unsigned long long)result;
    return set_registers(tid, &r);
}

// A call that is to start again has one of the kernel's own results until the
// program goes on: -ERESTARTSYS to -ERESTART_RESTARTBLOCK (linux/errno.h).
int arch_end_interrupted(pid_t tid, int64_t result)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    int64_t now = (int64_t)r.rax;
    if ((int64_t)r.orig_rax == -1 || now > -512 || now < -516)
        return 0;
    r.rax = (unsigned long long)result;
    return set_registers(tid, &r);
}

uint64_t arch_stack_pointer(pid_t tid)
{
    struct user_regs_struct r = {0};
    return arch_get_registers(tid, &r) == -1 ? 0 : r.rsp;
}

uint64_t arch_return_address(pid_t tid, uint64_t stack_pointer)
{
    uint64_t address;
    return memory_read(tid, stack_pointer, &address, sizeof address) ? address
                                                                     : 0;
}

uint64_t arch_dwarf_registers(const struct user_regs_struct *r,
                              uint64_t words[])
{
    // System V ABI, AMD64 supplement, figure 3.36; 16 is the return address.
    const uint64_t in_order[ARCH_DWARF_REGISTERS] = {
        r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
        r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
    memcpy(words, in_order, sizeof in_order);
    return r->rip;
}

uint64_t arch_signature_bits(pid_t tid)
{
    (void)tid;
    return 0;
}

#elif defined(__aarch64__)

int arch_set_argument(pid_t tid, int index, uint64_t value)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    r.regs[index] = value;
    return set_registers(tid, &r);
}

static int set_call(pid_t tid, int number)
{
    struct iovec area = {&number, sizeof number};
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_ARM_SYSTEM_CALL, &area) ==
                   -1
               ? -1
               : 0;
}

int arch_skip_call(pid_t tid, int64_t result)
{
    return set_call(tid, -1) == -1 ? -1 : arch_set_result(tid, result);
}

int arch_rewind_call(pid_t tid)
{
    struct user_regs_struct r = {0};
    if (arch_get_registers(tid, &r) == -1 || set_call(tid, -1) == -1)
        return -1;
    r.pc -= sizeof(uint32_t); // the instruction "svc #0"
    return set_registers(tid, &r);
}

int arch_set_result(pid_t tid, int64_t result)
{
    return arch_set_argument(tid, 0, (uint64_t)result);
}

// The kernel has moved the program counter back to the instruction that makes
// the call, "svc #0".
int arch_end_interrupted(pid_t tid, int64_t result)
{
    struct user_regs_struct r = {0};
    uint32_t instruction;
    if (arch_get_registers(tid, &r) == -1)
        return -1;
    if (!memory_read(tid, r.pc, &instruction, sizeof instruction) ||
        instruction != 0xd4000001)
        return 0;
    r.regs[0] = (uint64_t)result;
    r.pc += sizeof instruction;
    return set_registers(tid, &r);
}

uint64_t arch_stack_pointer(pid_t tid)
{
    struct user_regs_struct r = {0};
    return arch_get_registers(tid, &r) == -1 ? 0 : r.sp;
}

uint64_t arch_return_address(pid_t tid, uint64_t stack_pointer)
{
    struct user_regs_struct r = {0};
    (void)stack_pointer; // it is in x30, perhaps signed
    return arch_get_registers(tid, &r) == -1
               ? 0
               : r.regs[30] & ~arch_signature_bits(tid);
}

uint64_t arch_dwarf_registers(const struct user_regs_struct *r,
                              uint64_t words[])
{
    // DWARF for the Arm 64-bit Architecture: x0 to x30, then sp.
    for (int i = 0; i < 31; i++)
        words[i] = r->regs[i];
    words[31] = r->sp;
    return r->pc;
}

uint64_t arch_signature_bits(pid_t tid)
{
    uint64_t of[2] = {0, 0}; // pointers to data, and to code
    struct iovec area = {of, sizeof of};
    // Not every processor has such.
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_PAC_MASK, &area) == -1)
        return 0;
    return of[1];
}

#endif
