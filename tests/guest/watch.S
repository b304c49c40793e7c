/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that is moved while it runs: firmware that, again and again, uses the instructions
 * that CPUID promised when it began, and writes what CPUID says now to the debug console. One
 * line for each leaf, as in cpuid.S, with the pass "w"; "end" after each round. If an
 * instruction is gone, the last line is "ud". All of it in real mode.
 */

#define CONSOLE 0xe9

#define PROMISE_1 0x500		/* CPUID.01H:ECX as it was at the beginning */
#define PROMISE_7 0x504		/* CPUID.07H:EBX */

	.text
	.code16
	.globl	_start
_start:
start:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ss
	movw	%ax, %es
	movw	$0x7c00, %sp
	movw	$0xf000, %ax
	movw	%ax, %ds
	movw	$undefined, %es:(6 * 4)
	movw	$0xf000, %es:(6 * 4 + 2)

	movl	$1, %eax
	cpuid
	movl	%ecx, %es:PROMISE_1
	movl	$0, %es:PROMISE_7
	xorl	%eax, %eax
	cpuid
	cmpl	$7, %eax
	jb	round
	movl	$7, %eax
	xorl	%ecx, %ecx
	cpuid
	movl	%ebx, %es:PROMISE_7

round:
	call	use
	call	dump
	movw	$said_end, %si
	call	say
	movl	$20000000, %ecx
1:
	decl	%ecx
	jnz	1b
	jmp	round

/* What was promised works, or is undefined. */
use:
	movl	$0x12345678, %ecx
	testl	$(1 << 23), %es:PROMISE_1
	jz	1f
	popcntl	%ecx, %eax
1:
	testl	$(1 << 20), %es:PROMISE_1	/* SSE4.2 */
	jz	1f
	xorl	%eax, %eax
	crc32l	%ecx, %eax
1:
	testl	$(1 << 22), %es:PROMISE_1
	jz	1f
	movbel	%es:PROMISE_1, %eax
1:
	testl	$(1 << 30), %es:PROMISE_1
	jz	1f
	rdrand	%eax
1:
	testl	$(1 << 19), %es:PROMISE_7
	jz	1f
	adcx	%ecx, %eax
1:
	testl	$(1 << 18), %es:PROMISE_7
	jz	1f
	rdseed	%eax
1:
	ret

undefined:
	movw	$0xf000, %ax
	movw	%ax, %ds
	movw	$said_undefined, %si
	call	say
stop:
	hlt
	jmp	stop

/* The text at %si, up to a line's end. */
say:
	lodsb
	outb	%al, $CONSOLE
	cmpb	$'\n', %al
	jne	say
	ret

dump:
	movw	$list, %si
next:
	movl	(%si), %eax
	movl	4(%si), %ecx
	cpuid
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
	pushl	%eax
	pushl	4(%si)
	pushl	(%si)
	movb	$'w', %al
	outb	%al, $CONSOLE
	movw	$6, %cx
word:
	movb	$' ', %al
	outb	%al, $CONSOLE
	popl	%ebx
	movw	$8, %dx
digit:
	roll	$4, %ebx
	movb	%bl, %al
	andb	$15, %al
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	1f
	addb	$('a' - '0' - 10), %al
1:
	outb	%al, $CONSOLE
	decw	%dx
	jnz	digit
	decw	%cx
	jnz	word
	movb	$'\n', %al
	outb	%al, $CONSOLE
	addw	$8, %si
	cmpw	$list_end, %si
	jb	next
	ret

said_end:
	.ascii	"end\n"
said_undefined:
	.ascii	"ud\n"

	.balign	8
list:
	.irp	leaf, 0x0, 0x1, 0x2, 0x5, 0x6, 0x9, 0xa
	.long	\leaf, 0
	.endr
	.irp	leaf, 0x4, 0xb, 0xd, 0x14, 0x1f
	.long	\leaf, 0, \leaf, 1
	.endr
	.long	0x7, 0, 0x7, 1, 0x7, 2
	.irp	low, 0x00, 0x01
	.long	0x40000000 + \low, 0, 0xc0000000 + \low, 0
	.endr
	.irp	low, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0a
	.long	0x80000000 + \low, 0
	.endr
	.irp	low, 0x19, 0x1a, 0x1b, 0x1d, 0x1e, 0x1f, 0x21
	.long	0x80000000 + \low, 0
	.endr
list_end:

	.org	0xfff0
	ljmpw	$0xf000, $start
	.org	0x10000
