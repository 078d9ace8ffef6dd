//! A 32-bit RISC-V core: machine `virt` of QEMU, in machine mode, with no firmware below.

use core::arch::{asm, global_asm};
use core::fmt::{Arguments, Write};
use core::panic::PanicInfo;

pub use crate::stack::used as stack_used;

/// What [`counter`] counts.
pub const COUNTER: &str = "retired";

/// Transmit register of the machine's serial port.
const SERIAL: *mut u8 = 0x1000_0000 as *mut u8;

/// The machine's test device: a word written to it ends the emulator.
const FINISH: *mut u32 = 0x0010_0000 as *mut u32;

/// Ends it with status 0.
const FINISH_WELL: u32 = 0x5555;

/// Ends it with status 1.
const FINISH_BADLY: u32 = 1 << 16 | 0x3333;

global_asm!(
    ".pushsection .start, \"ax\"",
    ".globl _start",
    "_start:",
    "  la   t0, {trap}",
    "  csrw mtvec, t0",
    "  la   sp, _stack_top",
    "  call {begin}",
    ".balign 4",
    ".popsection",
    trap = sym trap,
    begin = sym begin,
);

extern "C" fn begin() -> ! {
    crate::stack::fill();
    crate::run();
    finish(FINISH_WELL)
}

extern "C" fn trap() -> ! {
    let (cause, at): (usize, usize);
    // SAFETY: reads registers.
    unsafe { asm!("csrr {}, mcause", "csrr {}, mepc", out(reg) cause, out(reg) at) };
    print(format_args!("trap {cause} at {at:#x}\n"));
    finish(FINISH_BADLY)
}

fn finish(word: u32) -> ! {
    loop {
        // SAFETY: a register of this machine.
        unsafe { FINISH.write_volatile(word) };
    }
}

/// Instructions that the core itself says it retired.
pub fn counter() -> u64 {
    loop {
        let (high, low, high_again): (u32, u32, u32);
        // SAFETY: reads registers; the upper half is read twice because the lower may wrap between.
        unsafe {
            asm!(
                "csrr {}, minstreth",
                "csrr {}, minstret",
                "csrr {}, minstreth",
                out(reg) high,
                out(reg) low,
                out(reg) high_again,
            );
        }
        if high == high_again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            // SAFETY: a register of this machine, whose serial port is never busy.
            unsafe { SERIAL.write_volatile(byte) };
        }
        Ok(())
    }
}

/// Prints to the serial port, which the emulator passes on.
pub fn print(line: Arguments<'_>) {
    // Writing to a register does not fail.
    let _ = Serial.write_fmt(line);
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    print(format_args!("{info}\n"));
    finish(FINISH_BADLY)
}
