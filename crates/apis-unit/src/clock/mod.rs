//! The unit's wall clock: uptime plus an offset, disciplined by four-timestamp exchanges.
//!
//! It never reads a clock. Uptime is given, nothing steps it, and it alone decides emissions;
//! the wall time is for records, signatures and the expiry of commands. What it tells is always
//! an estimate *with a bound*, and as long as crystals and servers keep their word (drift under
//! [`DRIFT_PPM`], a plausible server) the true time is within it.
//!
//! ```text
//!                  chip                     exchange, bound ≤ 1 s
//! unsynchronised ───────▶ coarse ─────────────────────▶ synchronised ⇄ held over
//!        └──── exchange, bound > 1 s ──▶ coarse              5 min without an exchange
//!        └──── exchange, bound ≤ 1 s ─────────────────▶ synchronised
//! ```
//!
//! - A difference is *slewed* at [`SLEW_PPM`]: time never runs backwards and never jumps.
//! - A difference above [`SLEW_US_MAX`] is *stepped*, only while the deterrent is disarmed; armed,
//!   it is slewed for as long as it takes, and the bound says how far it still is.
//! - A synchronised clock does not believe one exchange that contradicts it: it takes
//!   [`DISPUTE_COUNT`] in a row that agree with each other.
//! - Nothing before the build date or the last persisted time is believed at all.

use apis_protocol::command::CommandClock;
use apis_protocol::heartbeat::{ClockReport, ClockState};
use apis_protocol::records::{RecordTime, WallTime};
use apis_units::Uptime;

mod exchange;

#[cfg(test)]
mod tests;

pub use exchange::{BadExchange, DELAY_US_MAX, Exchange, SERVER_US};

/// How far a unit's crystal may be off, in parts per million. Boards are sold with 20 to 50 over
/// their temperature range; the sun on a black box is outside it.
pub const DRIFT_PPM: u64 = 100;

/// How fast a difference is slewed, in parts per million. NTP's figure: an hour-long record is
/// off by less than 2 s, and drift is still overtaken.
pub const SLEW_PPM: u64 = 500;

/// Largest difference that is slewed while a step would be allowed, in microseconds: 17 minutes
/// of slewing. More is a wrong clock, not a drifting one.
pub const SLEW_US_MAX: u64 = 500_000;

/// Largest bound of a synchronised clock, in microseconds. A wider one is `coarse`.
pub const SYNCHRONISED_US_MAX: u64 = 1_000_000;

/// A synchronised clock is held over after this long without an exchange, in milliseconds: five
/// heartbeats.
pub const HOLD_OVER_MS: u64 = 300_000;

/// Exchanges that must agree with each other before they overrule a synchronised clock.
pub const DISPUTE_COUNT: u32 = 3;

/// Whether the wall clock may jump now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepping {
    /// The deterrent is disarmed.
    Allowed,
    /// The deterrent is armed.
    Refused,
}

/// What an exchange did to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// The time was unknown and is known now.
    Set,
    /// The difference is being slewed.
    Slewing,
    /// The wall time jumped.
    Stepped,
    /// It contradicts the clock and is not believed yet.
    Disputed,
}

/// The wall clock.
#[derive(Debug, Clone)]
pub struct Clock {
    floor_us: i64,
    known: Option<Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    source: Source,
    /// The best knowledge.
    fix: Fix,
    /// What the clock tells; slews towards `fix`.
    told: Told,
    dispute: Option<Dispute>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Chip,
    Exchange,
}

/// The true offset of wall time from uptime was within `error_us` of `offset_us` at `at`.
#[derive(Debug, Clone, Copy)]
struct Fix {
    offset_us: i64,
    error_us: u64,
    at: Uptime,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    offset_us: i64,
    at: Uptime,
}

/// Exchanges that contradict the clock and agree with each other.
#[derive(Debug, Clone, Copy)]
struct Dispute {
    fix: Fix,
    count: u32,
}

impl Clock {
    /// A clock that knows only that it is not before `floor_ms` (milliseconds since 1970 UTC):
    /// the later of the build date and the last persisted time ([`Clock::persistable_ms`]).
    #[must_use]
    pub fn new(floor_ms: i64) -> Clock {
        Clock { floor_us: floor_ms.saturating_mul(1_000), known: None }
    }

    /// Takes a battery-backed clock chip's reading; ignored once anything better is known, or
    /// when it is before the floor (an empty battery reads 1970 or 2000).
    pub fn read_chip(&mut self, chip: WallTime, now: Uptime) {
        let wall_us = chip.ms.saturating_mul(1_000);
        if self.known.is_some() || wall_us < self.floor_us {
            return;
        }
        let offset_us = wall_us - signed(now.micros());
        let fix = Fix { offset_us, error_us: u64::from(chip.error_ms) * 1_000, at: now };
        self.known = Some(Known::from(Source::Chip, fix));
    }

    /// Takes an exchange.
    ///
    /// Errors: `BeforeFloor`; the clock is then as it was.
    pub fn discipline(
        &mut self,
        exchange: Exchange,
        stepping: Stepping,
    ) -> Result<Adjustment, BadExchange> {
        let fix = exchange.fix();
        let latest_us = fix.wall_us().saturating_add_unsigned(fix.error_us);
        if latest_us < self.floor_us {
            return Err(BadExchange::BeforeFloor);
        }
        let Some(known) = &mut self.known else {
            // Not a step: until now no time was told that could jump.
            self.known = Some(Known::from(Source::Exchange, fix));
            return Ok(Adjustment::Set);
        };
        if !known.take(fix) {
            return Ok(Adjustment::Disputed);
        }
        Ok(known.settle(stepping, exchange.arrived))
    }

    /// Lets a large difference jump, when the deterrent was disarmed since the last exchange.
    pub fn settle(&mut self, stepping: Stepping, now: Uptime) -> Option<Adjustment> {
        self.known.as_mut().map(|known| known.settle(stepping, now))
    }

    /// How good the clock is at `now`.
    #[must_use]
    pub fn state(&self, now: Uptime) -> ClockState {
        let Some(known) = &self.known else { return ClockState::Unsynchronised };
        let is_fresh = now.since(known.fix.at).as_millis() <= u128::from(HOLD_OVER_MS);
        match known.source {
            Source::Chip => ClockState::Coarse,
            Source::Exchange if known.error_us(now) > SYNCHRONISED_US_MAX && is_fresh => {
                ClockState::Coarse
            }
            Source::Exchange if is_fresh => ClockState::Synchronised,
            Source::Exchange => ClockState::HeldOver,
        }
    }

    /// Wall time at `at` with its bound, also for a moment before the newest exchange; `None`
    /// while unsynchronised.
    #[must_use]
    pub fn wall(&self, at: Uptime) -> Option<WallTime> {
        let known = self.known.as_ref()?;
        let error_ms = known.error_us(at).div_ceil(1_000).saturating_add(1);
        Some(WallTime {
            ms: known.told_us(at).div_euclid(1_000),
            error_ms: u32::try_from(error_ms).unwrap_or(u32::MAX),
        })
    }

    /// The moment `at` of boot `boot`, for a record.
    #[must_use]
    pub fn record_time(&self, boot: u32, at: Uptime) -> RecordTime {
        RecordTime { boot, uptime: at, wall: self.wall(at) }
    }

    /// The unit's half of an exchange that is sent at `now`.
    #[must_use]
    pub fn report(&self, now: Uptime) -> ClockReport {
        ClockReport { sent: now, state: self.state(now), wall: self.wall(now) }
    }

    /// What to sign as `created`, in milliseconds since 1970 UTC: the told time, or, while it is
    /// unknown, the earliest it can be. A server answers a wrong one with its own nonce.
    #[must_use]
    pub fn signing_ms(&self, now: Uptime) -> i64 {
        match &self.known {
            Some(known) => known.told_us(now).div_euclid(1_000),
            None => self.floor_us.saturating_add(signed(now.micros())).div_euclid(1_000),
        }
    }

    /// What an expiry can be held against at `now`.
    #[must_use]
    pub fn command_clock(&self, now: Uptime) -> CommandClock {
        match self.wall(now) {
            None => CommandClock::Unsynchronised,
            Some(WallTime { ms, error_ms }) => CommandClock::Known {
                earliest_ms: ms.saturating_sub(i64::from(error_ms)),
                latest_ms: ms.saturating_add(i64::from(error_ms)),
            },
        }
    }

    /// The time to persist as the next boot's floor: surely over by now. `None` unless
    /// synchronised, so that one wrong chip or one rough exchange is never carved in stone.
    #[must_use]
    pub fn persistable_ms(&self, now: Uptime) -> Option<i64> {
        if self.state(now) != ClockState::Synchronised {
            return None;
        }
        self.wall(now).map(|wall| wall.ms.saturating_sub(i64::from(wall.error_ms)))
    }
}

impl Known {
    fn from(source: Source, fix: Fix) -> Known {
        let told = Told { offset_us: fix.offset_us, at: fix.at };
        Known { source, fix, told, dispute: None }
    }

    /// Folds a new fix into the best knowledge; `false` while it is only disputed.
    fn take(&mut self, new: Fix) -> bool {
        // What slewed so far is kept before the target moves.
        self.told = Told { offset_us: self.told_offset_us(new.at), at: new.at };
        if let Some(both) = self.fix.common(&new) {
            (self.fix, self.source, self.dispute) = (both, Source::Exchange, None);
            return true;
        }
        let dispute = match self.dispute.and_then(|old| Some((old.fix.common(&new)?, old.count))) {
            Some((fix, count)) => Dispute { fix, count: count + 1 },
            None => Dispute { fix: new, count: 1 },
        };
        let needed = match self.source {
            // A chip's word is no match for a server's.
            Source::Chip => 1,
            Source::Exchange => DISPUTE_COUNT,
        };
        if dispute.count < needed {
            self.dispute = Some(dispute);
            return false;
        }
        (self.fix, self.source, self.dispute) = (dispute.fix, Source::Exchange, None);
        true
    }

    fn settle(&mut self, stepping: Stepping, now: Uptime) -> Adjustment {
        let is_far = SLEW_US_MAX < self.remaining_us(now).unsigned_abs();
        match stepping {
            Stepping::Allowed if is_far => {
                self.told = Told { offset_us: self.fix.offset_us, at: now };
                Adjustment::Stepped
            }
            Stepping::Allowed | Stepping::Refused => Adjustment::Slewing,
        }
    }

    fn told_us(&self, at: Uptime) -> i64 {
        self.told_offset_us(at).saturating_add(signed(at.micros()))
    }

    fn told_offset_us(&self, at: Uptime) -> i64 {
        let slewed = ppm(at.micros().saturating_sub(self.told.at.micros()), SLEW_PPM);
        let slewed = signed(slewed);
        let wanted = self.fix.offset_us.saturating_sub(self.told.offset_us);
        self.told.offset_us.saturating_add(wanted.clamp(-slewed, slewed))
    }

    /// What is still to be slewed at `at`.
    fn remaining_us(&self, at: Uptime) -> i64 {
        self.fix.offset_us.saturating_sub(self.told_offset_us(at))
    }

    /// The bound of what is told at `at`: of the knowledge, and how far from it the telling is.
    fn error_us(&self, at: Uptime) -> u64 {
        self.fix.error_us_at(at).saturating_add(self.remaining_us(at).unsigned_abs())
    }
}

impl Fix {
    /// The wall time it was taken at.
    fn wall_us(&self) -> i64 {
        self.offset_us.saturating_add(signed(self.at.micros()))
    }

    /// The bound at another moment, before or after: it grows by the drift.
    fn error_us_at(&self, at: Uptime) -> u64 {
        let drift_us = ppm(at.micros().abs_diff(self.at.micros()), DRIFT_PPM) + 1;
        self.error_us.saturating_add(drift_us)
    }

    /// What both know, at the moment of `newer`: their intervals' common part.
    fn common(&self, newer: &Fix) -> Option<Fix> {
        let span = |offset_us: i64, error_us: u64| {
            (
                offset_us.saturating_sub_unsigned(error_us),
                offset_us.saturating_add_unsigned(error_us),
            )
        };
        let old = span(self.offset_us, self.error_us_at(newer.at));
        let new = span(newer.offset_us, newer.error_us);
        let (least, most) = (old.0.max(new.0), old.1.min(new.1));
        if most < least {
            return None;
        }
        let error_us = most.abs_diff(least).div_ceil(2);
        Some(Fix { offset_us: least.midpoint(most), error_us, at: newer.at })
    }
}

/// `share` millionths of `span_us`, rounded down.
fn ppm(span_us: u64, share: u64) -> u64 {
    let (whole, rest) = (span_us / 1_000_000, span_us % 1_000_000);
    whole.saturating_mul(share).saturating_add(rest * share / 1_000_000)
}

/// Microseconds as a signed number; uptimes end long before it does.
fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}
