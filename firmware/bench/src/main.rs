//! The eyes on one board's processor: shows them the bench's frames and prints one line of figures.
//!
//! `cargo xtask bench --target …` builds it for each board, runs it in an emulator and counts what
//! happens between [`measure_begin`] and [`measure_end`]. It decides and compares nothing.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

mod arena;

#[cfg(target_os = "none")]
mod stack;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(all(target_os = "none", target_arch = "riscv32"))]
#[path = "riscv32.rs"]
mod platform;
#[cfg(all(target_os = "none", target_arch = "xtensa"))]
#[path = "xtensa.rs"]
mod platform;

#[cfg(target_arch = "xtensa")]
mod wide;

use alloc::vec;
use apis_bench::{FRAME_BYTES, FRAMES, Tally, config, draw, frame};
use apis_vision::{Frame, Seen, Vision};
use core::hint::black_box;

#[cfg(target_os = "linux")]
fn main() {
    run();
}

/// Shows all frames and prints what was seen and what it took.
pub(crate) fn run() {
    let mut luma = vec![0; FRAME_BYTES];
    let before = arena::used();
    let mut vision = Vision::new(config());
    let eyes = arena::used() - before;

    let (mut tally, mut counted) = (Tally::new(), 0);
    for number in 0..FRAMES {
        draw(&mut luma, number);
        let frame = frame(&luma, number).expect("the bytes are those of one frame");
        let start = platform::counter();
        measure_begin();
        let seen = look(&mut vision, &frame);
        measure_end();
        counted += platform::counter().wrapping_sub(start);
        tally.take(seen);
    }
    let grown = arena::used() - before - eyes;
    platform::print(format_args!(
        "sum={:016x} frames={} tracks={} verdicts={} ruled_out={} eyes={eyes} grown={grown} \
         frame={FRAME_BYTES} stack={} {}={}\n",
        tally.sum(),
        tally.frames(),
        tally.tracks(),
        tally.verdicts(),
        tally.ruled_out(),
        platform::stack_used(),
        platform::COUNTER,
        counted / u64::from(FRAMES),
    ));
}

/// What is counted. A function of its own, so that its name in the symbol table ends each stage.
#[inline(never)]
fn look<'a>(vision: &'a mut Vision, frame: &Frame<'_>) -> &'a Seen {
    black_box(vision).step(black_box(frame))
}

/// Counting begins when this is called. It differs from its twin, or the linker would make them one.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn measure_begin() {
    black_box(1_u8);
}

/// Counting ends when this is called.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn measure_end() {
    black_box(2_u16);
}
