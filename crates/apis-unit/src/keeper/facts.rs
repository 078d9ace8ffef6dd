//! What the deterrent did and refused during a visit, as its `visit_closed` will tell it.

use crate::guard::{Emission as GuardEmission, GuardFact};
use alloc::string::String;
use alloc::vec::Vec;
use apis_aim::SWEEP_HALF_WIDTH;
use apis_protocol::bounded::Token;
use apis_protocol::records::{AngleSpan, EMISSIONS_MAX, Emission, REFUSALS_MAX, Refusal};
use apis_units::{PanTilt, Uptime};
use apis_vision::TrackId;
use serde_json::{Value, json};

/// One fact of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisitFact {
    /// The line came on; its end is not known yet and reads as its beginning.
    Began(Emission),
    /// The line was on.
    Emission(Emission),
    /// A rule refused.
    Refusal(Refusal),
}

impl VisitFact {
    /// The fact for the record, if it is one; arm states and commands are told elsewhere.
    pub fn of_guard(fact: &GuardFact) -> Option<(crate::eyes::VisitNumber, VisitFact)> {
        match fact {
            GuardFact::EmissionEnded(emission) => {
                let GuardEmission { began, ended, centre, visit, track, .. } = *emission;
                Some((visit, VisitFact::Emission(emission_record(began, ended, centre, track))))
            }
            GuardFact::Refused { at, visit, reason, .. } => {
                let rule = Token::new(reason.code()).ok()?;
                let refusal = Refusal { rule, first: *at, last: *at, count: 1 };
                Some((*visit, VisitFact::Refusal(refusal)))
            }
            GuardFact::EmissionBegan { at, centre, visit, track } => {
                Some((*visit, VisitFact::Began(emission_record(*at, *at, *centre, *track))))
            }
            GuardFact::ArmChanged { .. }
            | GuardFact::PressRefused { .. }
            | GuardFact::CommandAnswered { .. } => None,
        }
    }

    /// The fact as the journal keeps it.
    pub fn to_text(&self) -> String {
        let value = match self {
            VisitFact::Began(emission) => {
                serde_json::to_value(emission).map(|it| json!({"began": it}))
            }
            VisitFact::Emission(emission) => {
                serde_json::to_value(emission).map(|it| json!({"emission": it}))
            }
            VisitFact::Refusal(refusal) => {
                serde_json::to_value(refusal).map(|it| json!({"refusal": it}))
            }
        };
        let value: Value = value.expect("facts have text keys and no failing serializer");
        alloc::string::ToString::to_string(&value)
    }

    /// Reads it back; `None` for one that this version does not know.
    pub fn from_text(text: &str) -> Option<VisitFact> {
        let mut value: Value = serde_json::from_str(text).ok()?;
        if let Some(emission) = value.get_mut("began") {
            return serde_json::from_value(emission.take()).ok().map(VisitFact::Began);
        }
        if let Some(emission) = value.get_mut("emission") {
            return serde_json::from_value(emission.take()).ok().map(VisitFact::Emission);
        }
        let refusal = value.get_mut("refusal")?;
        serde_json::from_value(refusal.take()).ok().map(VisitFact::Refusal)
    }
}

/// The facts of one visit, bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisitFacts {
    /// The one that is under way.
    pub begun: Option<Emission>,
    /// In the order of their end.
    pub emissions: Vec<Emission>,
    /// Emissions beyond the record's bound.
    pub emissions_dropped: u32,
    /// One for each rule.
    pub refusals: Vec<Refusal>,
}

impl VisitFacts {
    /// Adds a fact; refusals by the same rule are told as one with a count.
    pub fn add(&mut self, fact: VisitFact) {
        match fact {
            VisitFact::Began(emission) => self.begun = Some(emission),
            VisitFact::Emission(emission) => {
                self.begun = None;
                self.add_emission(emission);
            }
            VisitFact::Refusal(refusal) => self.add_refusal(refusal),
        }
    }

    /// Ends an emission whose end nobody told, since the program was killed while it was lit: it
    /// was dark at the latest when the visit was last heard of, or at once.
    pub fn end_begun(&mut self, last_heard: Uptime) {
        if let Some(emission) = self.begun.take() {
            self.add_emission(Emission { ended: emission.begun.max(last_heard), ..emission });
        }
    }

    /// Every fact, to be written anew.
    pub fn iter(&self) -> impl Iterator<Item = VisitFact> {
        let emissions = self.emissions.iter().copied().map(VisitFact::Emission);
        let refusals = self.refusals.iter().cloned().map(VisitFact::Refusal);
        emissions.chain(refusals).chain(self.begun.map(VisitFact::Began))
    }

    fn add_emission(&mut self, emission: Emission) {
        if self.emissions.len() == EMISSIONS_MAX {
            self.emissions_dropped = self.emissions_dropped.saturating_add(1);
        } else {
            self.emissions.push(emission);
        }
    }

    fn add_refusal(&mut self, refusal: Refusal) {
        if let Some(same) = self.refusals.iter_mut().find(|same| same.rule == refusal.rule) {
            same.first = same.first.min(refusal.first);
            same.last = same.last.max(refusal.last);
            same.count = same.count.saturating_add(refusal.count);
        } else if self.refusals.len() < REFUSALS_MAX {
            // There are fewer rules than the bound; a unit of tomorrow may have more.
            self.refusals.push(refusal);
        }
    }
}

/// An emission as the record tells it. The line sweeps in pan about the centre.
fn emission_record(begun: Uptime, ended: Uptime, centre: PanTilt, track: TrackId) -> Emission {
    let tilt_mdeg = centre.tilt.millidegrees();
    Emission {
        begun,
        ended,
        pan: AngleSpan {
            min_mdeg: (centre.pan - SWEEP_HALF_WIDTH).millidegrees(),
            max_mdeg: (centre.pan + SWEEP_HALF_WIDTH).millidegrees(),
        },
        tilt: AngleSpan { min_mdeg: tilt_mdeg, max_mdeg: tilt_mdeg },
        track: track.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rule: &str, millis: u64) -> VisitFact {
        let at = Uptime::from_millis(millis);
        VisitFact::Refusal(Refusal {
            rule: Token::new(rule).unwrap(),
            first: at,
            last: at,
            count: 1,
        })
    }

    fn emission(millis: u64) -> VisitFact {
        let span = AngleSpan { min_mdeg: -12_000, max_mdeg: 12_000 };
        VisitFact::Emission(Emission {
            begun: Uptime::from_millis(millis),
            ended: Uptime::from_millis(millis + 5_000),
            pan: span,
            tilt: span,
            track: 3,
        })
    }

    #[test]
    fn facts_read_back_as_written() {
        for fact in [refusal("duty_budget", 5), emission(7)] {
            assert_eq!(VisitFact::from_text(&fact.to_text()), Some(fact));
        }
        let VisitFact::Emission(begun) = emission(9) else { unreachable!() };
        let fact = VisitFact::Began(begun);
        assert_eq!(VisitFact::from_text(&fact.to_text()), Some(fact));
        assert_eq!(VisitFact::from_text(r#"{"weather":1}"#), None);
    }

    #[test]
    fn refusals_by_one_rule_are_told_as_one() {
        let mut facts = VisitFacts::default();
        for (rule, millis) in [("rest", 30), ("rest", 10), ("disarmed", 20)] {
            facts.add(refusal(rule, millis));
        }
        let told: Vec<_> = facts
            .refusals
            .iter()
            .map(|it| (it.rule.as_str(), it.first.millis(), it.last.millis(), it.count))
            .collect();
        assert_eq!(told, [("rest", 10, 30, 2), ("disarmed", 20, 20, 1)]);
    }

    #[test]
    fn emissions_beyond_the_bound_are_counted() {
        let mut facts = VisitFacts::default();
        for millis in 0..EMISSIONS_MAX as u64 + 2 {
            facts.add(emission(millis));
        }
        assert_eq!((facts.emissions.len(), facts.emissions_dropped), (EMISSIONS_MAX, 2));
    }
}
