//! The clock against servers that are far, slow, wrong or lying, and crystals that drift.

use super::*;
use apis_protocol::heartbeat::{ClockAnswer, ServerClock};

const SECOND_US: i64 = 1_000_000;
const YEAR_US: i64 = 365 * 86_400 * SECOND_US;

/// 2026-08-14 09:41:07 UTC.
const NOW_US: i64 = 1_786_700_467 * SECOND_US;

/// The build date of the examples: some weeks before.
const FLOOR_MS: i64 = NOW_US / 1_000 - 40 * 86_400_000;

fn uptime(us: i64) -> Uptime {
    Uptime::from_micros(us.try_into().unwrap())
}

/// A unit's crystal against true time, and the network between.
struct World {
    boot_us: i64,
    drift_ppm: i64,
}

const STRAIGHT: World = World { boot_us: NOW_US, drift_ppm: 0 };

impl World {
    /// The unit's uptime at a true time.
    fn uptime(&self, true_us: i64) -> Uptime {
        let since_us = true_us - self.boot_us;
        uptime(since_us + since_us / 1_000_000 * self.drift_ppm)
    }

    /// An exchange begun at `true_us` with a server that is `wrong_us` off.
    fn exchange(&self, true_us: i64, there_us: i64, back_us: i64, wrong_us: i64) -> Exchange {
        let kept_us = 800;
        let sent = self.uptime(true_us);
        let received_us = true_us + there_us + wrong_us;
        let server = ServerClock::Plausible { received_us, answered_us: received_us + kept_us };
        let arrived = self.uptime(true_us + there_us + kept_us + back_us);
        Exchange::of(sent, &ClockAnswer { sent, server }, arrived).unwrap()
    }
}

fn error_us(clock: &Clock, world: &World, true_us: i64) -> (i64, i64) {
    let wall = clock.wall(world.uptime(true_us)).unwrap();
    (wall.ms * 1_000 - true_us, i64::from(wall.error_ms) * 1_000)
}

fn synchronised() -> Clock {
    let mut clock = Clock::new(FLOOR_MS);
    let set = clock.discipline(STRAIGHT.exchange(NOW_US, 10_000, 10_000, 0), Stepping::Refused);
    assert_eq!(set, Ok(Adjustment::Set));
    clock
}

#[test]
fn a_boot_in_1970_knows_no_time_but_the_build_date() {
    let clock = Clock::new(FLOOR_MS);
    let now = Uptime::from_millis(4_200);
    assert_eq!(clock.state(now), ClockState::Unsynchronised);
    assert_eq!(clock.wall(now), None);
    assert_eq!(clock.record_time(3, now), RecordTime { boot: 3, uptime: now, wall: None });
    assert_eq!(clock.command_clock(now), CommandClock::Unsynchronised);
    assert_eq!(clock.signing_ms(now), FLOOR_MS + 4_200);
    assert_eq!(clock.persistable_ms(now), None);
}

#[test]
fn one_good_exchange_synchronises() {
    let clock = synchronised();
    let true_us = NOW_US + 30 * SECOND_US;
    let now = STRAIGHT.uptime(true_us);
    assert_eq!(clock.state(now), ClockState::Synchronised);
    // Equal ways: exact but for whole milliseconds; the bound is half the way, and the server's.
    let (error, bound) = error_us(&clock, &STRAIGHT, true_us);
    assert!(error.abs() <= 1_000, "{error}");
    assert!((15_000..=21_000).contains(&bound), "{bound}");
    assert_eq!(clock.signing_ms(now), true_us / 1_000);
    assert!(clock.persistable_ms(now).unwrap() <= true_us / 1_000);
}

#[test]
fn unequal_ways_stay_within_the_bound() {
    for (there_us, back_us) in [(0, 900_000), (900_000, 0), (1_000, 19_000_000), (5_000_000, 0)] {
        let mut clock = Clock::new(FLOOR_MS);
        let exchange = STRAIGHT.exchange(NOW_US, there_us, back_us, 0);
        clock.discipline(exchange, Stepping::Allowed).unwrap();
        let after_us = NOW_US + 20 * SECOND_US;
        let (error, bound) = error_us(&clock, &STRAIGHT, after_us);
        assert!(error.abs() <= bound, "{there_us} {back_us}: {error} ± {bound}");
        assert!(error.abs() * 2 + 4_000 >= (there_us - back_us).abs(), "as wrong as it can be");
        let is_good = bound <= 1_010_000;
        let state = clock.state(STRAIGHT.uptime(after_us));
        assert_eq!(state == ClockState::Synchronised, is_good);
        assert_eq!(state == ClockState::Coarse, !is_good);
    }
}

#[test]
fn the_bound_grows_while_nobody_is_heard_and_the_state_says_so() {
    let clock = synchronised();
    let at = |seconds: i64| STRAIGHT.uptime(NOW_US + 20_800 + seconds * SECOND_US);
    assert_eq!(clock.state(at(300)), ClockState::Synchronised);
    assert_eq!(clock.state(at(301)), ClockState::HeldOver);
    assert_eq!(clock.persistable_ms(at(301)), None);
    let fresh = clock.wall(at(0)).unwrap().error_ms;
    let day = clock.wall(at(86_400)).unwrap().error_ms;
    // 100 parts per million of a day.
    assert!((8_640..=8_642).contains(&(day - fresh)), "{fresh} {day}");
    // A moment before the exchange is known as well, and worse the longer before.
    assert!(clock.wall(Uptime::ZERO).unwrap().error_ms <= fresh + 1);
}

#[test]
fn ten_hours_of_drift_and_jitter_stay_within_the_bound_and_never_run_backwards() {
    for (seed, drift_ppm) in [(1, -95), (2, 0), (3, 95), (4, 40)] {
        let world = World { boot_us: NOW_US, drift_ppm };
        let mut clock = Clock::new(FLOOR_MS);
        let mut last_ms = 0;
        let mut dice = seed;
        for minute in 0..600 {
            let begun_us = NOW_US + minute * 60 * SECOND_US;
            dice = (dice * 1_103_515_245 + 12_345) % (1 << 31);
            let (there_us, back_us) = (dice % 300_000, dice / 7 % 300_000);
            // One in five is lost.
            if dice % 5 != 0 {
                let exchange = world.exchange(begun_us, there_us, back_us, 0);
                clock.discipline(exchange, Stepping::Refused).unwrap();
            }
            for second in (1..60).filter(|_| clock.known.is_some()) {
                let true_us = begun_us + second * SECOND_US;
                let (error, bound) = error_us(&clock, &world, true_us);
                assert!(error.abs() <= bound, "{seed} {minute}:{second}: {error} ± {bound}");
                let ms = clock.wall(world.uptime(true_us)).unwrap().ms;
                assert!(last_ms < ms, "{seed} {minute}:{second}");
                last_ms = ms;
            }
        }
        let (error, bound) = error_us(&clock, &world, NOW_US + 36_000 * SECOND_US);
        assert!(bound < 100_000, "{seed}: {error} ± {bound} after a day of exchanges");
    }
}

#[test]
fn one_lie_of_ten_years_is_not_believed_and_three_are() {
    for wrong_us in [-10 * YEAR_US, 10 * YEAR_US] {
        // A unit whose floor lies further back: its time was never persisted.
        let mut clock = Clock::new(FLOOR_MS - 11 * YEAR_US / 1_000);
        clock.discipline(STRAIGHT.exchange(NOW_US, 9_000, 9_000, 0), Stepping::Allowed).unwrap();
        let mut take = |minute: i64, wrong_us| {
            let at_us = NOW_US + minute * 60 * SECOND_US;
            let exchange = STRAIGHT.exchange(at_us, 9_000, 9_000, wrong_us);
            let adjustment = clock.discipline(exchange, Stepping::Allowed).unwrap();
            (adjustment, error_us(&clock, &STRAIGHT, at_us + SECOND_US).0)
        };
        let is_right = |error: i64| error.abs() <= 21_000;
        for minute in [1, 2] {
            let (adjustment, error) = take(minute, wrong_us);
            assert_eq!(adjustment, Adjustment::Disputed);
            assert!(is_right(error));
        }
        // A true answer between ends the dispute, and two different lies are not a third.
        assert!(is_right(take(3, 0).1));
        assert_eq!(take(4, wrong_us).0, Adjustment::Disputed);
        assert_eq!(take(5, wrong_us / 2).0, Adjustment::Disputed);
        assert_eq!(take(6, wrong_us).0, Adjustment::Disputed);
        assert_eq!(take(7, wrong_us).0, Adjustment::Disputed);
        let (adjustment, error) = take(8, wrong_us);
        assert_eq!(adjustment, Adjustment::Stepped);
        assert!(is_right(error - wrong_us), "three in a row are the server's word");
    }
}

#[test]
fn an_armed_clock_never_jumps_and_its_bound_tells_the_truth() {
    let mut clock = synchronised();
    let wrong_us = 10 * YEAR_US;
    let mut last_ms = 0;
    for minute in 1..=6 {
        let at_us = NOW_US + minute * 60 * SECOND_US;
        let exchange = STRAIGHT.exchange(at_us, 9_000, 9_000, wrong_us);
        let adjustment = clock.discipline(exchange, Stepping::Refused).unwrap();
        assert_ne!(adjustment, Adjustment::Stepped);
        let wall = clock.wall(STRAIGHT.uptime(at_us + SECOND_US)).unwrap();
        let minutes_ms = minute * 60_000;
        assert!((wall.ms - NOW_US / 1_000 - minutes_ms).abs() < 2_000, "still the old time");
        assert!(last_ms < wall.ms);
        last_ms = wall.ms;
    }
    let now = STRAIGHT.uptime(NOW_US + 361 * SECOND_US);
    // Believed since the third, not told yet: the clock says how wrong it may be, and that it
    // is no longer synchronised.
    let year_ms = u32::try_from(YEAR_US / 1_000 / 100).unwrap();
    assert!(clock.wall(now).unwrap().error_ms > year_ms);
    assert_eq!(clock.state(now), ClockState::Coarse);
    assert_eq!(clock.persistable_ms(now), None);
    assert_eq!(clock.settle(Stepping::Refused, now), Some(Adjustment::Slewing));
    assert_eq!(clock.settle(Stepping::Allowed, now), Some(Adjustment::Stepped));
    assert_eq!(clock.state(now), ClockState::Synchronised);
    let (error, bound) = error_us(&clock, &STRAIGHT, NOW_US + 361 * SECOND_US);
    assert!((error - wrong_us).abs() <= bound);
}

#[test]
fn a_small_difference_is_slewed_at_500_parts_per_million() {
    let mut clock = Clock::new(FLOOR_MS);
    // The first exchange is as unequal as 400 ms allow, the second is not.
    clock.discipline(STRAIGHT.exchange(NOW_US, 0, 400_000, 0), Stepping::Allowed).unwrap();
    let (error, _) = error_us(&clock, &STRAIGHT, NOW_US + SECOND_US);
    assert!((-201_000..=-199_000).contains(&error), "{error}");
    let second_us = NOW_US + 60 * SECOND_US;
    let exchange = STRAIGHT.exchange(second_us, 1_000, 1_000, 0);
    assert_eq!(clock.discipline(exchange, Stepping::Allowed), Ok(Adjustment::Slewing));
    for (seconds, expected_us) in [(0, -200_000), (100, -150_000), (200, -100_000), (500, 0)] {
        let (error, bound) = error_us(&clock, &STRAIGHT, second_us + 3_000 + seconds * SECOND_US);
        assert!((error - expected_us).abs() <= 7_000, "after {seconds} s: {error}");
        assert!(error.abs() <= bound);
    }
}

#[test]
fn nothing_before_the_floor_is_believed() {
    let mut clock = Clock::new(FLOOR_MS);
    let past = STRAIGHT.exchange(NOW_US, 9_000, 9_000, -YEAR_US);
    assert_eq!(clock.discipline(past, Stepping::Allowed), Err(BadExchange::BeforeFloor));
    assert_eq!(clock.state(past.arrived), ClockState::Unsynchronised);
    let empty_battery = WallTime { ms: 946_684_800_000, error_ms: 1_000 };
    clock.read_chip(empty_battery, Uptime::ZERO);
    assert_eq!(clock.wall(Uptime::ZERO), None);
    // A clock that is synchronised keeps its time.
    let mut clock = synchronised();
    assert_eq!(clock.discipline(past, Stepping::Allowed), Err(BadExchange::BeforeFloor));
    assert!(error_us(&clock, &STRAIGHT, NOW_US + SECOND_US).0.abs() <= 1_000);
}

#[test]
fn a_restart_soon_after_a_time_was_persisted_is_no_step_back() {
    let persisted = synchronised().persistable_ms(STRAIGHT.uptime(NOW_US + SECOND_US)).unwrap();
    // The new program's uptime may begin anywhere: a simulated body's begins above a minute.
    let world = World { boot_us: NOW_US - 60 * SECOND_US, drift_ppm: 0 };
    let mut clock = Clock::new(persisted);
    let exchange = world.exchange(NOW_US + 5 * SECOND_US, 9_000, 9_000, 0);
    assert_eq!(clock.discipline(exchange, Stepping::Allowed), Ok(Adjustment::Set));
}

#[test]
fn a_clock_chip_is_coarse_and_yields_to_the_first_exchange() {
    let mut clock = Clock::new(FLOOR_MS);
    let chip = WallTime { ms: NOW_US / 1_000 + 90_000, error_ms: 5_000 };
    clock.read_chip(chip, Uptime::ZERO);
    assert_eq!(clock.state(Uptime::ZERO), ClockState::Coarse);
    assert_eq!(clock.persistable_ms(Uptime::ZERO), None);
    let exchange = STRAIGHT.exchange(NOW_US + SECOND_US, 9_000, 9_000, 0);
    assert_eq!(clock.discipline(exchange, Stepping::Allowed), Ok(Adjustment::Stepped));
    assert_eq!(clock.state(exchange.arrived), ClockState::Synchronised);
    clock.read_chip(chip, exchange.arrived);
    assert!(error_us(&clock, &STRAIGHT, NOW_US + 2 * SECOND_US).0.abs() <= 1_000);
}

#[test]
fn what_is_no_exchange_is_refused() {
    let sent = uptime(5_000_000);
    let plausible = |received_us, answered_us| ClockAnswer {
        sent,
        server: ServerClock::Plausible { received_us, answered_us },
    };
    let good = plausible(NOW_US, NOW_US + 1_000);
    for (answer, arrived_us, why) in [
        (ClockAnswer { sent: uptime(4_999_999), ..good }, 5_100_000, BadExchange::OtherRequest),
        (
            ClockAnswer { sent, server: ServerClock::Implausible },
            5_100_000,
            BadExchange::ServerImplausible,
        ),
        (good, 4_999_999, BadExchange::Causality),
        (good, 5_000_999, BadExchange::Causality),
        (plausible(NOW_US, NOW_US - 1), 5_100_000, BadExchange::Causality),
        (plausible(0, NOW_US), 5_100_000, BadExchange::Causality),
        (good, 25_001_001, BadExchange::TooSlow),
    ] {
        assert_eq!(Exchange::of(sent, &answer, uptime(arrived_us)), Err(why));
    }
    assert!(Exchange::of(sent, &good, uptime(5_001_000)).is_ok());
}
