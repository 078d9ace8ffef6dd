//! Every number of the interlock, with its unit and its reason.
//!
//! Shipped code has one set, [`Limits::SHIPPED`], and no way to make another: the type is private
//! to the crate. Tests take single barriers away, so that each is seen to hold alone.

use core::time::Duration;

use apis_units::Angle;

/// How long one order lets the beam be on, and how often the guard drives, 20 ms.
///
/// The frame of a hobby servo's pulse, so a faster drive moves nothing. Shorter costs wake-ups on
/// small boards; longer must stay well under [`ONE_SHOT`], or one late wake-up darkens the beam.
pub const CONTROL_PERIOD: Duration = Duration::from_millis(20);

/// How long the hardware one-shot holds the laser's supply after the last edge, 50 ms.
///
/// Two and a half control periods: one lost period is bridged, two are not. Every limit below
/// counts it as lit, since a program that is stopped right after an order leaves the beam on for
/// that long (docs/design/safety.md, H4).
pub const ONE_SHOT: Duration = Duration::from_millis(50);

/// Half the length of the laser's vertical line, 5°, as the line lens spreads it.
///
/// The upper end must stay below the horizontal, so the middle must stay lower by this much.
pub const LINE_HALF_LENGTH: Angle = Angle::from_degrees(5);

/// Oldest verdict that may keep the beam on, 400 ms after its frame was taken.
///
/// Three frames at 8 frames a second, the slowest rate at which a unit may be armed, and the time
/// to judge one. Shorter trips on a single slow exposure; longer lights the place where a hornet
/// was. The one-shot covers a guard that stops; this covers eyes that do
/// (docs/design/safety.md, H3).
pub const VERDICT_AGE_MAX: Duration = Duration::from_millis(400);

/// Least supply of servo and laser, in millivolts.
///
/// Hobby servos and the boards they share a 5 V rail with are specified from 4.8 V; a rail under
/// 4.6 V is one that a moving servo is pulling into a brown-out.
pub const SUPPLY_MV_MIN: u16 = 4_600;

/// Highest temperature of the laser, in degrees Celsius: the alert's limit of R12.
pub const TEMPERATURE_C_MAX: i16 = 70;

/// Longest gap between two steps that is not taken for a jump of the clock, 5 s.
///
/// The guard steps every 20 ms, so a longer gap is a suspended machine or a clock that jumped
/// ahead, and after either the memory of lit time proves nothing: the dark first minute starts
/// again. Shorter would darken a unit for a minute because a loaded machine starved it.
pub const GAP_MAX: Duration = Duration::from_secs(5);

/// The limits in time, as R6 states them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Longest emission.
    pub emission: Duration,
    /// Least time dark after one.
    pub rest: Duration,
    /// Longest time lit without a pause of `rest`, whatever ended or began an emission.
    pub continuous: Duration,
    /// Most lit time in any `window`.
    pub duty: Duration,
    /// The sliding window of `duty`.
    pub window: Duration,
    /// Time dark after a boot, at least as long as `window`: no restart refills the budget.
    pub boot: Duration,
    /// Oldest verdict.
    pub verdict_age: Duration,
    /// How long the light may outlive the last order.
    pub one_shot: Duration,
    /// Longest gap between two steps.
    pub gap: Duration,
}

impl Limits {
    /// What every unit has.
    pub(crate) const SHIPPED: Limits = Limits {
        emission: Duration::from_secs(5),
        rest: Duration::from_secs(2),
        continuous: Duration::from_secs(10),
        duty: Duration::from_secs(30),
        window: Duration::from_secs(60),
        boot: Duration::from_secs(60),
        verdict_age: VERDICT_AGE_MAX,
        one_shot: ONE_SHOT,
        gap: GAP_MAX,
    };
}

const _: () = assert!(CONTROL_PERIOD.as_millis() * 2 < ONE_SHOT.as_millis());
const _: () = assert!(Limits::SHIPPED.window.as_millis() <= Limits::SHIPPED.boot.as_millis());
