//! All memory that is ever taken: a piece of fixed size that is handed out from its beginning and
//! never taken back, so that what is used is known to the byte.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Bytes to hand out. Eyes that look at QVGA and the frame they look at must fit, whatever a board
/// has: what they really take is printed, and compared with the board's memory afterwards.
const ARENA_BYTES: usize = 2 << 20;

#[global_allocator]
static ARENA: Arena = Arena { state: UnsafeCell::new(State { used: 0, bytes: [0; ARENA_BYTES] }) };

struct Arena {
    state: UnsafeCell<State>,
}

#[repr(C, align(64))]
struct State {
    bytes: [u8; ARENA_BYTES],
    used: usize,
}

// SAFETY: the program has one thread and takes no interrupts.
unsafe impl Sync for Arena {}

// SAFETY: pieces lie in `bytes`, one behind the other, aligned as asked, and are never given twice.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = self.state.get();
        // SAFETY: one thread, and no reference into the state outlives this function.
        let (base, used) = unsafe { (&raw mut (*state).bytes, &mut (*state).used) };
        let start = used.next_multiple_of(layout.align().max(8));
        // The arena is aligned to 64 bytes, so an offset that is aligned makes an aligned address.
        if layout.align() > 64 || ARENA_BYTES - layout.size().min(ARENA_BYTES) < start {
            return null_mut();
        }
        *used = start + layout.size();
        base.cast::<u8>().wrapping_add(start)
    }

    unsafe fn dealloc(&self, _piece: *mut u8, _layout: Layout) {}
}

/// Bytes handed out so far.
pub fn used() -> usize {
    // SAFETY: as in `alloc`.
    unsafe { (*ARENA.state.get()).used }
}
