//! How deep the stack went: it is filled with a mark at the start and searched for it at the end.

const MARK: u32 = 0x5ca1_ab1e;

/// Left untouched under the frame of the function that fills, in bytes.
const MARGIN: usize = 512;

unsafe extern "C" {
    static mut _stack_bottom: u32;
    static mut _stack_top: u32;
}

/// Fills what is not used yet.
#[inline(never)]
pub fn fill() {
    let here = 0_u8;
    let end = (&raw const here).addr() - MARGIN;
    let mut word = &raw mut _stack_bottom;
    while word.addr() < end {
        // SAFETY: the linker script keeps this memory for the stack, which is not as deep yet.
        unsafe { word.write_volatile(MARK) };
        word = word.wrapping_add(1);
    }
}

/// Bytes from the top to the deepest word that was written.
pub fn used() -> usize {
    let mut word = &raw const _stack_bottom;
    let top = &raw const _stack_top;
    // SAFETY: within the stack's own memory, which is readable.
    while word < top && unsafe { word.read_volatile() } == MARK {
        word = word.wrapping_add(1);
    }
    top.addr() - word.addr()
}
