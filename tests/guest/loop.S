/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tests' guest that goes on and on, to be moved while it does: firmware that executes CPUID
 * and what CPUID promises, round after round, and writes to the debug console
 *
 *	= LEAF EAX EBX ECX EDX	hexadecimal, 8 digits each: what it found first
 *	! LEAF EAX EBX ECX EDX	the same, whenever it isn't what it was
 *	.			every 256 rounds: it lives
 *	#			an instruction that was promised isn't there; the last word
 *
 * It dirties 64 KiB of memory in each round. It runs in real mode, at F000:0000.
 */

#define CONSOLE 0xe9
#define SEEN 0x600		/* 16 bytes for each leaf */
#define ROUNDS 0x7f0

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
	movw	%ax, %ds
	movw	$undefined, 6 * 4	/* #UD */
	movw	$0xf000, 6 * 4 + 2
	movl	$0, ROUNDS
	movw	$0xf000, %ax
	movw	%ax, %ds

	movb	$'=', %al
	call	leaves
round:
	movb	$'!', %al
	call	leaves

#ifndef PLAIN
	movl	$1, %eax
	cpuid
	testl	$(1 << 23), %ecx		/* POPCNT */
	jz	1f
	movl	$0x12345678, %eax
	popcntl	%eax, %ebx
1:
	testl	$(1 << 22), %ecx		/* MOVBE */
	jz	1f
	movbel	%es:SEEN, %ebx
1:
	testl	$(1 << 30), %ecx		/* RDRAND */
	jz	1f
	rdrand	%ebx
1:
	movl	$0, %eax
	cpuid
	cmpl	$7, %eax
	jb	1f
	movl	$7, %eax
	xorl	%ecx, %ecx
	cpuid
	testl	$(1 << 18), %ebx		/* RDSEED */
	jz	1f
	rdseed	%ebx
1:
#endif
	movw	$0x2000, %ax
	movw	%ax, %fs
	movl	%es:ROUNDS, %eax
	xorw	%di, %di
2:
	movl	%eax, %fs:(%di)
	addw	$0x1000, %di
	jnz	2b
	incl	%eax
	movl	%eax, %es:ROUNDS
	testb	%al, %al
	jnz	round
	movb	$'.', %al
	outb	%al, $CONSOLE
	jmp	round

undefined:
	movb	$'#', %al
	outb	%al, $CONSOLE
stop:
	hlt
	jmp	stop

/* Every leaf of the list; with '=' they are kept and told, with '!' told if they changed. */
leaves:
	movb	%al, %dl
	movw	%dx, %bp
	movw	$list, %si
	movw	$SEEN, %di
next:
	movl	(%si), %eax
	xorl	%ecx, %ecx
	cpuid
	cmpl	$1, (%si)
	jne	1f
	andl	$0x00ffffff, %ebx		/* not the APIC's number */
1:
	cmpl	$0x80000001, (%si)
	jne	1f
	andl	$~(1 << 11), %edx	/* SYSCALL: an Intel CPU has it in long mode */
1:
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
	pushl	%eax
	movw	%bp, %ax
	cmpb	$'=', %al
	je	change
	movw	%sp, %bx
	movl	%ss:(%bx), %eax
	cmpl	%eax, %es:(%di)
	jne	change
	movl	%ss:4(%bx), %eax
	cmpl	%eax, %es:4(%di)
	jne	change
	movl	%ss:8(%bx), %eax
	cmpl	%eax, %es:8(%di)
	jne	change
	movl	%ss:12(%bx), %eax
	cmpl	%eax, %es:12(%di)
	jne	change
	addw	$16, %sp
	jmp	known
change:
	movw	%bp, %ax
	outb	%al, $CONSOLE
	movl	(%si), %ebx
	call	word
	movw	$4, %cx
keep:
	popl	%ebx
	movl	%ebx, %es:(%di)
	addw	$4, %di
	call	word
	decw	%cx
	jnz	keep
	movb	$'\n', %al
	outb	%al, $CONSOLE
	subw	$16, %di
known:
	addw	$16, %di
	addw	$4, %si
	cmpw	$list_end, %si
	jb	next
	ret

/* " " and %ebx. */
word:
	movb	$' ', %al
	outb	%al, $CONSOLE
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
	ret

	.balign	8
list:
	.long	0x0, 0x1, 0x7, 0x80000001, 0x80000008
list_end:

	.org	0xfff0
	ljmpw	$0xf000, $start
	.org	0x10000
