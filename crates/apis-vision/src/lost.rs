//! Hornets that are out of sight, and who may be one of them.

use apis_units::Uptime;

use crate::blobs::Blob;
use crate::body::{Body, millis};

/// How long a lost hornet is remembered, in milliseconds: the gap that ends a visit.
const LOST_MS_MAX: u64 = 5_000;

/// How far from where it was lost a hornet is taken for the same, in its lengths.
const LOST_LENGTHS: i64 = 4;

/// The same for one that goes by a bee's name since the two met.
const EXCHANGED_LENGTHS: i64 = 2;

/// Where a hornet was last seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost {
    pub seen_at: Uptime,
    /// 1/16 pixel.
    pub x16: i32,
    /// 1/16 pixel.
    pub y16: i32,
    /// On its way, or while it hovered, 1/16 pixel.
    pub length16: i32,
}

impl Lost {
    /// Whether a blob may be this hornet, found again.
    pub fn is(&self, blob: &Blob, now: Uptime) -> bool {
        // Cut or covered it may look shorter by a third, among others longer by a half.
        let is_alike = (self.length16 * 2 / 3..=self.length16 * 3 / 2).contains(&blob.length16);
        is_alike && self.is_near((blob.x16, blob.y16), LOST_LENGTHS, now)
    }

    /// Whether a body that was followed as a bee may be this hornet: they met, and exchanged names.
    pub fn is_under_another_name(&self, body: &Body, now: Uptime) -> bool {
        let is_alike = (self.length16 * 5 / 6..=self.length16 * 6 / 5).contains(&body.length16);
        let is_known =
            body.flight.length16().is_some_and(|flight16| flight16 * 4 >= self.length16 * 3);
        is_alike && !is_known && self.is_near((body.x16, body.y16), EXCHANGED_LENGTHS, now)
    }

    fn is_near(&self, (x16, y16): (i32, i32), lengths: i64, now: Uptime) -> bool {
        let (x, y) = (i64::from(x16 - self.x16), i64::from(y16 - self.y16));
        let reach = lengths * i64::from(self.length16);
        millis(now.since(self.seen_at)) <= LOST_MS_MAX && x * x + y * y <= reach * reach
    }
}
