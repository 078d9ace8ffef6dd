//! How long a body is while it flies, alone and seen whole: what it goes by once it is among others.

use apis_units::Uptime;

use crate::body::millis;

/// Lengths after which the length in flight is known.
const LENGTHS_MIN: usize = 2;

/// Lengths after which it can be told whether they are the same.
const STEADY_LENGTHS_MIN: usize = 3;

/// Newest lengths that are kept.
const LENGTHS_MAX: usize = 9;

/// Time between two of them, in milliseconds: whatever the frame rate, a length is known after a
/// fifth of a second and rests on the newest second.
const LOOK_MS: u64 = 90;

/// Lengths of one body while it flew.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    /// 1/16 pixel; the oldest gives way.
    lengths16: [i32; LENGTHS_MAX],
    count: usize,
    /// When the newest was kept.
    kept_at: Option<Uptime>,
    /// Whether they are those of a hornet that was lost where the body is.
    pub is_others: bool,
}

impl Flight {
    /// Of a body that was not seen to fly.
    pub fn new() -> Flight {
        Flight { lengths16: [0; LENGTHS_MAX], count: 0, kept_at: None, is_others: false }
    }

    /// Of a body that takes over what was measured of a hornet on its way when that came.
    pub fn of_other(length16: i32) -> Flight {
        Flight {
            lengths16: [length16; LENGTHS_MAX],
            count: LENGTHS_MIN,
            is_others: true,
            ..Flight::new()
        }
    }

    /// Keeps a length, when the last was kept long enough ago.
    pub fn keep(&mut self, length16: i32, now: Uptime) {
        if self.kept_at.is_some_and(|at| millis(now.since(at)) < LOOK_MS) {
            return;
        }
        self.lengths16[self.count % LENGTHS_MAX] = length16;
        self.count += 1;
        self.kept_at = Some(now);
    }

    /// Its median, 1/16 pixel, once it flew for long enough.
    ///
    /// Another that it passes on its way makes it longer for a frame or two.
    pub fn length16(&self) -> Option<i32> {
        if self.count < LENGTHS_MIN {
            return None;
        }
        self.part(|known| known / 2)
    }

    /// Whether the length is the same in most frames.
    ///
    /// A body that is hard to tell from what lies behind it is seen in pieces, which are not.
    pub fn is_steady(&self) -> bool {
        let (low16, high16) =
            (self.part(|known| known / 4), self.part(|known| known - known / 4 - 1));
        STEADY_LENGTHS_MIN <= self.count
            && low16.zip(high16).is_some_and(|(low16, high16)| high16 * 4 <= low16 * 5)
    }

    /// The length at one place among those kept, the shortest first.
    fn part(&self, place: impl Fn(usize) -> usize) -> Option<i32> {
        let mut lengths16 = self.lengths16;
        let known = &mut lengths16[..self.count.min(LENGTHS_MAX)];
        known.sort_unstable();
        known.get(place(known.len().max(1))).copied()
    }
}
