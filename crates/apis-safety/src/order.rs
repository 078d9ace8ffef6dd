//! The interlock's word that the beam may be on, and for how long.

use apis_units::Uptime;

use crate::limits::CONTROL_PERIOD;

/// The interlock's word that the beam may be on from now until one control period later.
///
/// Only this crate makes one, its fields are private, and it is neither `Copy` nor `Clone`. The
/// [`Interlock`](crate::Interlock) lends it until its next step, so it cannot be kept either, and
/// a body that holds on to the borrow holds something that is over by itself.
///
/// Nobody can make one:
///
/// ```compile_fail,E0451
/// use apis_safety::EmissionOrder;
/// use apis_units::Uptime;
/// let forged = EmissionOrder { valid_from: Uptime::ZERO, valid_until: Uptime::from_millis(9) };
/// ```
///
/// ```compile_fail,E0599
/// let forged = apis_safety::EmissionOrder::default();
/// ```
///
/// ```compile_fail,E0624
/// let forged = apis_safety::EmissionOrder::starting_at(apis_units::Uptime::ZERO);
/// ```
///
/// Nobody can copy one:
///
/// ```compile_fail,E0507
/// fn copy(order: &apis_safety::EmissionOrder) -> apis_safety::EmissionOrder { *order }
/// ```
///
/// ```compile_fail,E0308
/// fn copy(order: &apis_safety::EmissionOrder) -> apis_safety::EmissionOrder { order.clone() }
/// ```
///
/// Nobody can widen one:
///
/// ```compile_fail,E0616
/// fn widen(order: &mut apis_safety::EmissionOrder, until: apis_units::Uptime) {
///     order.valid_until = until;
/// }
/// ```
///
/// Nobody can keep one past the interlock's next step:
///
/// ```compile_fail,E0502
/// use apis_safety::{Inputs, Interlock};
/// use apis_units::Uptime;
/// let mut interlock = Interlock::new();
/// let kept = interlock.order(Uptime::ZERO);
/// interlock.step(&Inputs::default(), Uptime::from_millis(20));
/// assert!(kept.is_none());
/// ```
///
/// What can be done with one (so that the examples above fail for the reason they state):
///
/// ```
/// use apis_safety::{EmissionOrder, Inputs, Interlock};
/// use apis_units::Uptime;
/// fn drive(order: Option<&EmissionOrder>, now: Uptime) -> bool {
///     order.is_some_and(|order| order.is_valid(now))
/// }
/// let mut interlock = Interlock::new();
/// interlock.step(&Inputs::default(), Uptime::from_millis(20));
/// assert!(!drive(interlock.order(Uptime::from_millis(20)), Uptime::from_millis(20)));
/// ```
#[must_use]
#[derive(Debug)]
pub struct EmissionOrder {
    valid_from: Uptime,
    valid_until: Uptime,
}

impl EmissionOrder {
    pub(crate) fn starting_at(now: Uptime) -> EmissionOrder {
        EmissionOrder { valid_from: now, valid_until: now + CONTROL_PERIOD }
    }

    /// Whether the beam may be on at `now`. An order from the future is not valid either: a clock
    /// that ran backwards must not revive one.
    pub fn is_valid(&self, now: Uptime) -> bool {
        self.valid_from <= now && now < self.valid_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_over_after_one_control_period() {
        let order = EmissionOrder::starting_at(Uptime::from_millis(100));
        assert!(order.is_valid(Uptime::from_millis(100)));
        assert!(order.is_valid(Uptime::from_micros(119_999)));
        assert!(!order.is_valid(Uptime::from_millis(120)));
    }

    #[test]
    fn an_order_from_the_future_is_not_valid() {
        let order = EmissionOrder::starting_at(Uptime::from_millis(100));
        assert!(!order.is_valid(Uptime::from_micros(99_999)));
    }
}
