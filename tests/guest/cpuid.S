/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tests' guest: firmware that writes what CPUID says to the debug console, and
 * that's all. One line for each leaf:
 *
 *	PASS LEAF SUBLEAF EAX EBX ECX EDX	hexadecimal, 8 digits each
 *
 * The leaves at the head of the list are those that change while a guest runs, so they
 * are read three times. The passes:
 *
 *	r  in real mode, just after reset; the changing leaves
 *	g  in long mode where the CPU has it, else in real mode; all leaves
 *	x  with CR4.OSXSAVE and CR4.PKE set and the APIC off; the changing leaves
 *
 * "end" is the last line. Nothing newer than a 486 with CPUID is used without asking. It
 * runs where the firmware shows below 1 MiB, at F000:0000, with its stack in low memory.
 */

#define CONSOLE 0xe9

#define CR0_PE_PG 0x80000001
#define CR4_PAE 0x20
#define CR4_OSXSAVE 0x40000
#define CR4_PKE 0x400000
#define MSR_APIC_BASE 0x1b
#define MSR_EFER 0xc0000080

/*
 * 16-bit segments with the bases of real mode, so that the same code runs in long mode.
 */
#define SEL_CODE 0x08
#define SEL_ROM 0x10
#define SEL_RAM 0x18

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

	movb	$'r', %al
	movw	$changing_end, %di
	call	dump
	call	long_mode
	movb	$'g', %al
	movw	$list_end, %di
	call	dump
	call	change
	movb	$'x', %al
	movw	$changing_end, %di
	call	dump

	movb	$'e', %al
	outb	%al, $CONSOLE
	movb	$'n', %al
	outb	%al, $CONSOLE
	movb	$'d', %al
	outb	%al, $CONSOLE
	movb	$'\n', %al
	outb	%al, $CONSOLE
stop:
	hlt
	jmp	stop

/* Pass %al, from the list's head to %di. */
dump:
	movzbw	%al, %bp
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
	movw	%bp, %ax
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
	cmpw	%di, %si
	jb	next
	ret

/*
 * Into long mode, in a 16-bit segment of it, if there is one. The first 2 MiB are
 * mapped 1:1.
 */
long_mode:
	movl	$1, %eax
	cpuid
	testl	$(1 << 6), %edx			/* PAE */
	jz	1f
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	1f
	movl	$0x80000001, %eax
	cpuid
	testl	$(1 << 29), %edx		/* LM */
	jz	1f

	movl	$0x2003, %es:0x1000
	movl	$0x3003, %es:0x2000
	movl	$0x0083, %es:0x3000
	movl	$0x1000, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(1 << 8), %eax			/* LME */
	wrmsr
	lgdtl	gdt_pointer
	movl	%cr0, %eax
	orl	$CR0_PE_PG, %eax
	movl	%eax, %cr0
	ljmpw	$SEL_CODE, $2f
2:
	movw	$SEL_ROM, %ax
	movw	%ax, %ds
	movw	$SEL_RAM, %ax
	movw	%ax, %ss
1:
	ret

/*
 * What an operating system does and CPUID shows. With XSAVE but nothing in leaf 0xd.1
 * (Opteron_G4), TCG never comes back from setting OSXSAVE (7.2, 10.0), so it's left
 * alone there.
 */
change:
	movl	$1, %eax
	cpuid
	movl	%ecx, %esi
	andl	$((1 << 9) | (1 << 5)), %edx	/* APIC, MSR */
	cmpl	$((1 << 9) | (1 << 5)), %edx
	jne	1f
	movl	$MSR_APIC_BASE, %ecx
	rdmsr
	andl	$~(1 << 11), %eax
	wrmsr
1:
	xorl	%eax, %eax
	cpuid
	movl	%eax, %edi			/* the highest leaf */
	cmpl	$0xd, %edi
	jb	2f
	testl	$(1 << 26), %esi		/* XSAVE */
	jz	2f
	movl	$0xd, %eax
	movl	$1, %ecx
	cpuid
	testl	%eax, %eax
	jz	2f
	movl	%cr4, %eax
	orl	$CR4_OSXSAVE, %eax
	movl	%eax, %cr4
2:
	cmpl	$7, %edi
	jb	3f
	movl	$7, %eax
	xorl	%ecx, %ecx
	cpuid
	testl	$(1 << 3), %ecx			/* PKU */
	jz	3f
	movl	%cr4, %eax
	orl	$CR4_PKE, %eax
	movl	%eax, %cr4
3:
	ret

	.balign	8
gdt:
	.quad	0
	.quad	0x00009b0f0000ffff
	.quad	0x0000930f0000ffff
	.quad	0x000093000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	gdt + 0xf0000

	.balign	8
list:
	.long	0x1, 0, 0x7, 0, 0x80000001, 0
changing_end:
	.irp	leaf, 0x0, 0x2, 0x5, 0x6, 0x9, 0xa
	.long	\leaf, 0
	.endr
	.irp	leaf, 0x4, 0xb, 0xd, 0x12, 0x14, 0x1d, 0x1e, 0x1f, 0x24
	.long	\leaf, 0, \leaf, 1
	.endr
	.long	0x7, 1, 0x7, 2, 0x1c, 0
	.irp	low, 0x00, 0x01
	.long	0x40000000 + \low, 0, 0xc0000000 + \low, 0
	.endr
	.irp	low, 0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0a, 0x19, 0x1a
	.long	0x80000000 + \low, 0
	.endr
	.irp	low, 0x1b, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22
	.long	0x80000000 + \low, 0
	.endr
list_end:

	.org	0xfff0
	ljmpw	$0xf000, $start
	.org	0x10000
