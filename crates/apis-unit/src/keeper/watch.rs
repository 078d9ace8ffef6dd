//! An hour of watching, added up: counts without the time watched mean nothing.

use super::input::{BlindReason, Watched};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use apis_protocol::bounded::Token;
use apis_protocol::records::{Blindness, RecordTime, Watch};
use apis_units::Uptime;
use core::time::Duration;

/// Time one `watch` record covers.
pub const SPAN: Duration = Duration::from_secs(3_600);

/// What the eyes did since the last record.
#[derive(Debug, Default)]
pub struct WatchSum {
    from: Uptime,
    watched_ms: u32,
    blind_ms: BTreeMap<BlindReason, u32>,
    frame_count: u32,
    insect_count: u32,
}

impl WatchSum {
    /// Adds a while.
    pub fn add(&mut self, watched: Watched) {
        self.watched_ms = self.watched_ms.saturating_add(watched.watched_ms);
        self.frame_count = self.frame_count.saturating_add(watched.frame_count);
        self.insect_count = self.insect_count.saturating_add(watched.insect_count);
        if let Some((reason, blind_ms)) = watched.blind {
            let sum = self.blind_ms.entry(reason).or_default();
            *sum = sum.saturating_add(blind_ms);
        }
    }

    /// When the span is over.
    pub fn ends_at(&self) -> Uptime {
        self.from + SPAN
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.watched_ms == 0 && self.blind_ms.is_empty()
    }

    /// The record of the span that ends now, and the beginning of the next.
    ///
    /// `time` places a moment of this boot on the wall.
    pub fn take(&mut self, now: Uptime, time: impl Fn(Uptime) -> RecordTime) -> Watch {
        let sum = core::mem::replace(self, WatchSum { from: now, ..WatchSum::default() });
        let blind: Vec<Blindness> = sum
            .blind_ms
            .iter()
            .map(|(reason, blind_ms)| Blindness {
                reason: Token::new(reason.code()).expect("every reason is a token"),
                blind_ms: *blind_ms,
            })
            .collect();
        let frames_per_ks =
            u64::from(sum.frame_count) * 1_000_000 / u64::from(sum.watched_ms.max(1));
        Watch {
            from: time(sum.from),
            to: time(now),
            watched_ms: sum.watched_ms,
            blind,
            frames_per_ks: u32::try_from(frames_per_ks).unwrap_or(u32::MAX),
            um_per_px: None,
            insect_count: sum.insect_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_added_up_and_begins_anew() {
        let mut sum = WatchSum::default();
        for (watched_ms, blind) in [
            (60_000, None),
            (0, Some((BlindReason::Light, 5_000))),
            (0, Some((BlindReason::Light, 7))),
        ] {
            let frame_count = watched_ms / 100;
            sum.add(Watched { watched_ms, blind, frame_count, insect_count: 2 });
        }
        let time = |uptime| RecordTime { boot: 1, uptime, wall: None };
        let watch = sum.take(sum.ends_at(), time);
        assert_eq!(
            (watch.watched_ms, watch.frames_per_ks, watch.insect_count),
            (60_000, 10_000, 6)
        );
        assert_eq!(watch.blind.len(), 1);
        assert_eq!(watch.blind[0].blind_ms, 5_007);
        assert_eq!(watch.to.uptime.millis(), 3_600_000);
        assert!(sum.is_empty());
        assert_eq!(sum.ends_at().millis(), 7_200_000);
    }
}
