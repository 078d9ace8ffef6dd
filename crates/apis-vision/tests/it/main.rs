//! Nothing is allocated after construction, whatever the frames show.
#![expect(unsafe_code, reason = "an allocator that counts is an unsafe trait")]

use apis_units::{PictureBox, Uptime};
use apis_vision::{Config, Frame, Vision};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted.
struct Counting;

thread_local! {
    /// Of this thread alone: the harness allocates on its own threads meanwhile.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above with this `layout`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A frame of mottled ground with more dark and bright spots than any table holds.
fn picture(number: usize, luma: &mut [u8]) {
    for (index, pixel) in luma.iter_mut().enumerate() {
        let (x, y) = (index % 640, index / 640);
        let spot = ((x + number * 3) / 12 + (y + number) / 12) % 3;
        let is_spotted = number > 5 && spot == 0 && x % 640 > (number * 7) % 500;
        *pixel = if is_spotted { 20 } else { 100 + (x * 7 + y * 13) as u8 % 40 };
    }
}

#[test]
fn nothing_is_allocated_after_construction() {
    let mut luma = vec![0; 640 * 480];
    let mut vision = Vision::new(Config::default());
    let before = ALLOCATIONS.get();
    let mut track_count = 0;
    for number in 0..60 {
        picture(number, &mut luma);
        let size = if number % 20 == 19 { (320, 240) } else { (640, 480) };
        let at = Uptime::from_millis(50 * (number as u64 + 1));
        let frame = Frame::new(&luma, size, 640, at, PictureBox::FULL).unwrap();
        track_count = vision.step(&frame).tracks().count().max(track_count);
    }
    assert_eq!(ALLOCATIONS.get(), before);
    assert!(track_count > 0, "the frames have to show something");
}
