//! What the unit knows of the time on the wall, shared by all threads and kept over a restart.
//!
//! Nothing but the server's exchanges says what time it is (`apis_unit::clock` decides how far one
//! is believed). Until the first, signatures carry the latest time that is sure to have passed,
//! the build date or the last one persisted, and the server then offers a nonce.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apis_protocol::VisitId;
use apis_protocol::command::CommandClock;
use apis_protocol::heartbeat::{ClockAnswer, ClockReport, ClockState};
use apis_protocol::records::{RecordTime, WallTime};
use apis_unit::clock::{Adjustment, Clock as WallClock, Exchange, Stepping};
use apis_units::Uptime;

use crate::clock::{Clock, random_bytes};
use crate::state::DataFolder;

/// The last time that was surely over, in milliseconds since 1970.
const FILE: &str = "wall.ms";

/// How often the time is persisted: what a start without a network may be behind, at the price of
/// a write to the card.
const SAVED_EVERY_MS: i64 = 3_600_000;

/// The wall clock.
#[derive(Debug, Clone)]
pub struct Wall {
    /// The clock of frames and facts. A film's says nothing of the time on the wall.
    clock: Clock,
    /// The clock that exchanges are timed with: always the real one.
    exchange_clock: Clock,
    /// The boot that records are numbered under; zero until the keeper knows it.
    boot: Arc<AtomicU32>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    wall: WallClock,
    saved_ms: i64,
}

impl Wall {
    /// Begins at the build date or at the last time that `folder` remembers.
    ///
    /// Errors: when the file is there and holds no number.
    pub fn load(folder: &DataFolder, clock: Clock) -> anyhow::Result<Wall> {
        let saved = folder.read_number(FILE)?.and_then(|ms| i64::try_from(ms).ok());
        let saved_ms = saved.unwrap_or(0).max(crate::BUILT_AT_MS);
        let inner = Inner { wall: WallClock::new(saved_ms), saved_ms };
        let exchange_clock =
            if clock.is_replay() { Clock::start(Duration::ZERO) } else { clock.clone() };
        let inner = Arc::new(Mutex::new(inner));
        Ok(Wall { clock, exchange_clock, boot: Arc::default(), inner })
    }

    /// The uptime, on the clock that exchanges are timed with.
    pub fn uptime(&self) -> Uptime {
        self.exchange_clock.now()
    }

    /// Which boot this is; `None` until the keeper knows.
    pub fn boot(&self) -> Option<u32> {
        Some(self.boot.load(Ordering::SeqCst)).filter(|boot| *boot != 0)
    }

    /// The keeper knows which boot this is, or took a higher one.
    pub fn set_boot(&self, boot: u32) {
        self.boot.store(boot, Ordering::SeqCst);
    }

    /// Remembers the time now and then, so that the next start begins no earlier.
    ///
    /// Errors: when it cannot be written.
    pub fn save_when_due(&self, folder: &DataFolder) -> anyhow::Result<()> {
        let mut inner = self.inner();
        let Some(ms) = inner.wall.persistable_ms(self.uptime()) else { return Ok(()) };
        if ms < inner.saved_ms.saturating_add(SAVED_EVERY_MS) {
            return Ok(());
        }
        inner.saved_ms = ms;
        drop(inner);
        folder.write_number(FILE, ms.max(0).cast_unsigned())
    }

    /// What to sign as the time, in milliseconds since 1970.
    pub fn signing_ms(&self) -> i64 {
        self.inner().wall.signing_ms(self.uptime())
    }

    /// The unit's half of an exchange that is sent now.
    pub fn report(&self) -> ClockReport {
        self.inner().wall.report(self.uptime())
    }

    /// Takes the server's half of the exchange sent at `sent`, which came at `received`; `None`
    /// when it says nothing of the time.
    pub fn exchanged(
        &self,
        sent: Uptime,
        answer: &ClockAnswer,
        received: Uptime,
        stepping: Stepping,
    ) -> Option<Adjustment> {
        let exchange = Exchange::of(sent, answer, received);
        let adjusted = exchange.and_then(|it| self.inner().wall.discipline(it, stepping));
        adjusted.inspect_err(|e| tracing::warn!("clock exchange not used: {e}")).ok()
    }

    /// How good the clock is now, and the time; no time while a film is replayed, whose moments
    /// have none.
    pub fn state(&self) -> (ClockState, Option<WallTime>) {
        let (now, inner) = (self.uptime(), self.inner());
        let wall = inner.wall.wall(now).filter(|_| !self.clock.is_replay());
        (inner.wall.state(now), wall)
    }

    /// Now, as a record states it.
    pub fn record_time(&self) -> RecordTime {
        let boot = self.boot.load(Ordering::SeqCst);
        if self.clock.is_replay() {
            return RecordTime { boot, uptime: self.clock.now(), wall: None };
        }
        self.inner().wall.record_time(boot, self.uptime())
    }

    /// Now, as a command is judged by.
    pub fn command_clock(&self) -> CommandClock {
        if self.clock.is_replay() {
            return CommandClock::Unsynchronised;
        }
        self.inner().wall.command_clock(self.uptime())
    }

    /// The least time it can be, if any is known.
    pub fn earliest_ms(&self) -> Option<i64> {
        match self.command_clock() {
            CommandClock::Unsynchronised => None,
            CommandClock::Known { earliest_ms, .. } => Some(earliest_ms),
        }
    }

    /// The uptime at which the time `ms` is reached at the earliest; `None` while no time is
    /// known.
    pub fn uptime_of(&self, ms: i64) -> Option<Uptime> {
        let CommandClock::Known { latest_ms, .. } = self.command_clock() else { return None };
        let left = u64::try_from(ms.saturating_sub(latest_ms)).unwrap_or(0);
        Some(self.uptime() + Duration::from_millis(left))
    }

    /// A new id for a visit: UUID version 7 (RFC 9562 §5.7).
    pub fn new_visit_id(&self) -> VisitId {
        let [_, _, time @ ..] = self.signing_ms().to_be_bytes();
        let mut bytes: [u8; 16] = random_bytes();
        for (byte, time) in bytes.iter_mut().zip(time) {
            *byte = time;
        }
        // The version in the high half of byte 6, the variant in the high bits of byte 8.
        for (place, kept, mark) in [(6, 0x0f, 0x70), (8, 0x3f, 0x80)] {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = *byte & kept | mark;
            }
        }
        VisitId::from_bytes(bytes)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Each change is whole in itself; a panic elsewhere spoils nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use apis_protocol::heartbeat::ServerClock;

    use super::*;

    #[test]
    fn a_start_without_a_network_begins_no_earlier_than_the_last_known_time() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let wall = Wall::load(&data, Clock::start(Duration::ZERO)).unwrap();
        assert!(crate::BUILT_AT_MS <= wall.signing_ms());
        data.write_number(FILE, 9_000_000_000_000).unwrap();
        let wall = Wall::load(&data, Clock::start(Duration::ZERO)).unwrap();
        assert!(9_000_000_000_000 <= wall.signing_ms());
        assert_eq!(wall.command_clock(), CommandClock::Unsynchronised);
    }

    #[test]
    fn a_film_signs_with_the_real_time_and_its_records_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let film = Clock::replay();
        let wall = Wall::load(&data, film.clone()).unwrap();
        let sent = wall.uptime();
        let now_us = 4_000_000_000_000_000;
        let server = ServerClock::Plausible { received_us: now_us, answered_us: now_us };
        let answer = ClockAnswer { sent, server };
        let set = wall.exchanged(sent, &answer, wall.uptime(), Stepping::Allowed);
        assert_eq!(set, Some(Adjustment::Set));
        film.replayed_to(Uptime::from_millis(3_600_000));
        assert!(wall.signing_ms() - now_us / 1_000 < 60_000, "an hour of film is no hour");
        assert_eq!(wall.record_time().wall, None);
        assert_eq!(wall.record_time().uptime, Uptime::from_millis(3_600_000));
        assert_eq!(wall.command_clock(), CommandClock::Unsynchronised);
    }

    #[test]
    fn visits_are_named_by_version_7_in_the_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let wall = Wall::load(&data, Clock::start(Duration::ZERO)).unwrap();
        let id = wall.new_visit_id();
        let text = id.to_string();
        assert_eq!(text.get(14..15), Some("7"));
        assert!(["8", "9", "a", "b"].contains(&text.get(19..20).unwrap()));
        let ms = u64::from_str_radix(&text.replace('-', "")[..12], 16).unwrap();
        assert!(wall.signing_ms().cast_unsigned().abs_diff(ms) < 60_000);
    }
}
