//! Where before this hive things stay: the board that bees walk on, the entrance that they gather at.
//!
//! Bees that meet have the outline of a hornet, and they meet where they are anyway. How often a
//! place is taken by something that stays says how likely such a meeting is there; a hornet stands
//! in the air, wherever it likes.

use alloc::boxed::Box;
use alloc::vec;

/// Places across and down the picture: about a bee's length each.
const ACROSS: usize = 40;
const DOWN: usize = 30;

/// Time of watching that is taken to have been without anything, in milliseconds: the first bee of
/// all says little.
const EMPTY_MS: u64 = 30_000;

/// Time after which what was seen fades by half: the sun moves, and so do bees.
const FADE_MS: u64 = 600_000;

/// How long one body counts for, in milliseconds: a place that one hornet keeps for long is not one
/// that many go to.
pub(crate) const ONE_BODY_MS: u32 = 2_000;

/// How long each place was taken.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    taken_ms: Box<[u32]>,
    watched_ms: u64,
}

impl Places {
    pub fn new() -> Places {
        Places { taken_ms: vec![0; ACROSS * DOWN].into_boxed_slice(), watched_ms: 0 }
    }

    /// Forgets everything: the picture is another one.
    pub fn clear(&mut self) {
        self.taken_ms.fill(0);
        self.watched_ms = 0;
    }

    /// Time went by.
    pub fn watch(&mut self, elapsed_ms: u32) {
        self.watched_ms += u64::from(elapsed_ms);
        if self.watched_ms >= 2 * FADE_MS {
            self.watched_ms /= 2;
            self.taken_ms.iter_mut().for_each(|taken_ms| *taken_ms /= 2);
        }
    }

    /// Something stayed at a place, in shares of 1/65,536 of the picture.
    pub fn take(&mut self, (x, y): (u32, u32), ms: u32) {
        let (column, row) = cell(x, y);
        self.taken_ms[row * ACROSS + column] += ms;
    }

    /// How many things stay at a place and beside it at any moment, 1/256.
    pub fn share(&self, (x, y): (u32, u32)) -> i32 {
        let (column, row) = cell(x, y);
        let mut taken_ms = 0_u64;
        for row in row.saturating_sub(1)..=(row + 1).min(DOWN - 1) {
            for column in column.saturating_sub(1)..=(column + 1).min(ACROSS - 1) {
                taken_ms += u64::from(self.taken_ms[row * ACROSS + column]);
            }
        }
        (taken_ms * 256 / (self.watched_ms + EMPTY_MS)).min(65_535) as i32
    }
}

fn cell(x: u32, y: u32) -> (usize, usize) {
    let along = |at: u32, count: usize| ((at as usize * count) >> 16).min(count - 1);
    (along(x, ACROSS), along(y, DOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: (u32, u32) = (32_768, 24_000);
    const AIR: (u32, u32) = (32_768, 48_000);

    #[test]
    fn a_place_is_taken_as_often_as_things_stay_there() {
        let mut places = Places::new();
        for _ in 0..600 {
            places.watch(100);
            places.take(BOARD, 50);
        }
        // Half of a minute, and half a minute more that is taken to have been empty.
        assert_eq!(places.share(BOARD), 256 / 3);
        assert_eq!(places.share(AIR), 0);
        places.clear();
        assert_eq!(places.share(BOARD), 0);
    }

    #[test]
    fn what_was_fades() {
        let mut places = Places::new();
        for at in 0..40_000 {
            places.watch(100);
            if at < 10_000 {
                places.take(BOARD, 100);
            }
        }
        assert!(places.share(BOARD) < 64, "{}", places.share(BOARD));
    }
}
