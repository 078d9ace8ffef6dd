//! Which hornets a family has when nobody says which.

use super::lot::Lot;
use super::settings::{Errand, Family, HornetPlan, Hornets, SceneSettings};

/// Between the end of one hover and the start of the next, in seconds: the longest stay after a
/// hover, the gap that parts two visits, and room for the next hornet's way in.
const APART_S: (f32, f32) = (9.5, 15.0);

/// The plan of a scene, in order of time.
pub fn plan(settings: &SceneSettings, lot: &mut Lot) -> Vec<HornetPlan> {
    match (&settings.hornets, settings.family) {
        (Hornets::Planned(plan), _) => plan.clone(),
        (Hornets::Auto, family) if !family.has_hornets() => Vec::new(),
        (Hornets::Auto, Family::Station) => vec![hover(4.0, 1e6)],
        (Hornets::Auto, Family::Early) => {
            let mut plan = vec![hover(0.0, lot.between(4.0, 8.0))];
            plan.extend(visits(20.0, settings.length_us, lot));
            plan
        }
        (Hornets::Auto, Family::Pair) => {
            let start_s = lot.between(5.0, 7.0);
            let first_s = lot.between(5.0, 8.0);
            let second_s = start_s + lot.between(1.5, 3.0);
            vec![hover(start_s, first_s), hover(second_s, lot.between(4.0, 7.0))]
        }
        (Hornets::Auto, _) => visits(lot.between(3.5, 6.0), settings.length_us, lot),
    }
}

/// Hovers and passes from `start_s` to the end of the scene.
fn visits(start_s: f32, length_us: u64, lot: &mut Lot) -> Vec<HornetPlan> {
    let mut plan = Vec::new();
    let mut at_s = start_s;
    // A hover that begins must be able to end: the last one is over 2 s before the scene is.
    while at_s + 5.0 < length_us as f32 / 1e6 {
        let longest = (length_us as f32 / 1e6 - at_s - 2.0).min(7.0);
        let brief = !plan.is_empty() && lot.chance(0.15);
        let for_s = if brief { lot.between(1.1, 1.8) } else { lot.between(2.8, longest) };
        plan.push(hover(at_s, for_s));
        let apart_s = lot.between(APART_S.0, APART_S.1);
        if lot.chance(0.6) {
            let pass_s = at_s + for_s + apart_s * 0.45;
            plan.push(HornetPlan { at_us: (pass_s * 1e6) as u64, errand: Errand::Pass });
        }
        at_s += for_s + apart_s;
    }
    plan
}

fn hover(at_s: f32, for_s: f32) -> HornetPlan {
    HornetPlan {
        at_us: (at_s * 1e6) as u64,
        errand: Errand::Hover { for_us: (f64::from(for_s) * 1e6) as u64 },
    }
}
