//! An Xtensa core with windowed registers: machine `sim` of QEMU with the core de233_fpu.
//!
//! The pinned compiler has no assembler for Xtensa. The few instructions that no Rust makes (vectors,
//! start, the emulator's call) are put together here by number, as the Xtensa Instruction Set
//! Architecture Reference Manual writes them.

use core::fmt::{Arguments, Write};
use core::mem::transmute;
use core::panic::PanicInfo;

pub use crate::stack::used as stack_used;

/// What [`counter`] counts: nothing, the emulator counts alone.
pub const COUNTER: &str = "uncounted";

/// Machine code, put together front to back.
#[repr(C, align(16))]
struct Code<const N: usize> {
    bytes: [u8; N],
}

/// Where the next instruction goes.
struct Assembler<const N: usize> {
    code: Code<N>,
    at: usize,
}

impl<const N: usize> Assembler<N> {
    const fn new() -> Assembler<N> {
        Assembler { code: Code { bytes: [0; N] }, at: 0 }
    }

    /// Goes on at `offset`.
    const fn at(mut self, offset: usize) -> Assembler<N> {
        self.at = offset;
        self
    }

    /// An instruction of 24 bits.
    const fn put(mut self, instruction: u32) -> Assembler<N> {
        let [low, middle, high, _] = instruction.to_le_bytes();
        self.code.bytes[self.at] = low;
        self.code.bytes[self.at + 1] = middle;
        self.code.bytes[self.at + 2] = high;
        self.at += 3;
        self
    }

    /// Stores address registers `registers` of a caller's window below its stack pointer, the first
    /// of them `below` bytes under register `base`.
    const fn spill(mut self, base: u32, registers: (u32, u32), below: u32) -> Assembler<N> {
        let mut register = registers.0;
        while register <= registers.1 {
            let slot = (64 - below) / 4 + register - registers.0;
            self = self.put(0x49_0000 | slot << 12 | base << 8 | register << 4);
            register += 1;
        }
        self
    }

    /// Loads them again; where the base is among them it comes last.
    const fn fill(mut self, base: u32, registers: (u32, u32), below: u32) -> Assembler<N> {
        let mut register = registers.0;
        while register <= registers.1 {
            if register != base {
                self = self.load_below(register, base, below - 4 * (register - registers.0));
            }
            register += 1;
        }
        if registers.0 <= base && base <= registers.1 {
            self = self.load_below(base, base, below - 4 * (base - registers.0));
        }
        self
    }

    const fn load_below(self, register: u32, base: u32, below: u32) -> Assembler<N> {
        self.put(0x09_0000 | ((64 - below) / 4) << 12 | base << 8 | register << 4)
    }

    const fn move_in(self, register: u32, value: u32) -> Assembler<N> {
        self.put(0x00_a002 | register << 4 | (value & 0xff) << 16 | (value >> 8 & 0xf) << 8)
    }

    const fn read_special(self, register: u32, special: u32) -> Assembler<N> {
        self.put(0x03_0000 | special << 8 | register << 4)
    }

    const fn write_special(self, register: u32, special: u32) -> Assembler<N> {
        self.put(0x13_0000 | special << 8 | register << 4)
    }

    /// Loads the word at `offset` of this code, which lies before.
    const fn load_word(self, register: u32, offset: usize) -> Assembler<N> {
        let back = (offset as u32).wrapping_sub((self.at as u32 + 3) & !3) >> 2;
        self.put(0x00_0001 | register << 4 | (back & 0xffff) << 8)
    }
}

// Instructions without an operand that changes.
const RETURN_FROM_OVERFLOW: u32 = 0x00_3400;
const RETURN_FROM_UNDERFLOW: u32 = 0x00_3500;
const WAIT_FOR_REGISTERS: u32 = 0x00_2010;
const EMULATOR_CALL: u32 = 0x00_5100;
const RETURN: u32 = 0x00_0090;
/// Begins a function with a frame of 32 bytes.
const ENTRY_32: u32 = 0x00_4136;
/// `callx8 a2`.
const CALL_A2: u32 = 0x00_02e0;
/// `j` to offset 16, over the words that lie before it.
const JUMP_TO_16: u32 = 0x00_0306;

// Special registers.
const WINDOW_BASE: u32 = 72;
const WINDOW_START: u32 = 73;
const ATOMIC_CONTROL: u32 = 99;
const COPROCESSORS: u32 = 224;
const PROCESSOR_STATE: u32 = 230;
const EXCEPTION_CAUSE: u32 = 232;

/// The emulator's calls.
const CALL_EXIT: u32 = 1;
const CALL_WRITE: u32 = 4;

/// Where the core goes when the register windows run over or under, for windows of 4, 8 and 12, and
/// for any exception, which ends the emulator with status 64 and its cause.
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: Code<0x400> = {
    let code = Assembler::new();
    let code = code.at(0x000).spill(5, (0, 3), 16).put(RETURN_FROM_OVERFLOW);
    let code = code.at(0x040).fill(5, (0, 3), 16).put(RETURN_FROM_UNDERFLOW);

    // The frame's own caller is found through the word 12 bytes under its stack pointer.
    let code = code.at(0x080).spill(9, (0, 0), 16).load_below(0, 1, 12).spill(9, (1, 3), 12);
    let code = code.spill(0, (4, 7), 32).put(RETURN_FROM_OVERFLOW);
    let code = code.at(0x0c0).fill(9, (0, 2), 16).load_below(7, 1, 12).fill(9, (3, 3), 4);
    let code = code.fill(7, (4, 7), 32).put(RETURN_FROM_UNDERFLOW);

    let code = code.at(0x100).spill(13, (0, 0), 16).load_below(0, 1, 12).spill(13, (1, 3), 12);
    let code = code.spill(0, (4, 11), 48).put(RETURN_FROM_OVERFLOW);
    let code = code.at(0x140).fill(13, (0, 2), 16).load_below(11, 1, 12).fill(13, (3, 3), 4);
    let code = code.fill(11, (4, 11), 48).put(RETURN_FROM_UNDERFLOW);

    let code = end_with_cause(code.at(0x300));
    let code = end_with_cause(code.at(0x340));
    end_with_cause(code.at(0x3c0)).code
};

const fn end_with_cause<const N: usize>(code: Assembler<N>) -> Assembler<N> {
    // `addi a3, a3, 64`.
    let code = code.read_special(3, EXCEPTION_CAUSE).put(0x40_c332);
    code.move_in(2, CALL_EXIT).put(EMULATOR_CALL)
}

/// Where the core starts. The words it needs lie before the code that loads them.
#[repr(C, align(16))]
struct Reset {
    jump: [u8; 4],
    stack_top: *const u32,
    processor_state: u32,
    begin: extern "C" fn() -> !,
    start: [u8; 64],
}

// SAFETY: it is read by the core alone and never changes.
unsafe impl Sync for Reset {}

unsafe extern "C" {
    static _stack_top: u32;
}

#[unsafe(link_section = ".reset")]
#[used]
static RESET: Reset = Reset {
    jump: Assembler::new().put(JUMP_TO_16).code.bytes,
    stack_top: &raw const _stack_top,
    // Windows on, vectors of programs, interrupts off.
    processor_state: 0x4_000f,
    begin,
    start: {
        // As long as what comes before it, so that offsets are those within `Reset`.
        let code: Assembler<80> = Assembler::new().at(16);
        let code = code.move_in(2, 1).write_special(2, WINDOW_START);
        let code = code.move_in(2, 0).write_special(2, WINDOW_BASE);
        let code = code.load_word(1, 4).load_word(2, 8).write_special(2, PROCESSOR_STATE);
        let code = code.put(WAIT_FOR_REGISTERS);
        let code = code.move_in(2, 0xff).write_special(2, COPROCESSORS);
        let code = code.move_in(2, 0x15).write_special(2, ATOMIC_CONTROL);
        let code = code.put(WAIT_FOR_REGISTERS).move_in(0, 0).load_word(2, 12).put(CALL_A2);
        tail(code.code.bytes)
    },
};

/// All but the first 16 bytes.
const fn tail(bytes: [u8; 80]) -> [u8; 64] {
    let (mut tail, mut at) = ([0; 64], 0);
    while at < 64 {
        tail[at] = bytes[at + 16];
        at += 1;
    }
    tail
}

/// The emulator's call as a function: number and three arguments are where a caller puts them.
#[unsafe(link_section = ".text.emulator_call")]
static CALL: Code<16> = Assembler::new().put(ENTRY_32).put(EMULATOR_CALL).put(RETURN).code;

fn call(number: u32, arguments: [u32; 3]) -> u32 {
    let [first, second, third] = arguments;
    // SAFETY: the bytes are the code of a function of this type, which touches no memory.
    let call: extern "C" fn(u32, u32, u32, u32) -> u32 = unsafe { transmute(&raw const CALL) };
    call(number, first, second, third)
}

extern "C" fn begin() -> ! {
    crate::stack::fill();
    crate::run();
    finish(0)
}

fn finish(status: u32) -> ! {
    loop {
        call(CALL_EXIT, [status, 0, 0]);
    }
}

/// Not counted here.
pub fn counter() -> u64 {
    0
}

struct Output;

impl Write for Output {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let standard_output = 1;
        call(CALL_WRITE, [standard_output, text.as_ptr().addr() as u32, text.len() as u32]);
        Ok(())
    }
}

/// Prints through the emulator.
pub fn print(line: Arguments<'_>) {
    // The emulator takes every byte.
    let _ = Output.write_fmt(line);
}

/// What the code generator makes of a trap.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    finish(102)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    print(format_args!("{info}\n"));
    finish(101)
}
