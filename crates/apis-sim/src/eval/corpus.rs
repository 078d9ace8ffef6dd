//! The fixed set of drawn scenes that detectors are scored on, and the short list of the fast tests.
//!
//! Changed only with a new [`VERSION`] and a line about why in `docs/ref/eval.md`: figures of two
//! versions are not compared.

use super::clip::Clip;
use crate::scene::{Errand, Family, HornetPlan, Hornets, PictureSize, SceneSettings};
use clap::ValueEnum as _;

/// The set's version.
pub const VERSION: u32 = 1;

const VGA: PictureSize = PictureSize { width: 640, height: 480 };
const QVGA: PictureSize = PictureSize { width: 320, height: 240 };

/// Scenes with hovers of each family that has them; each holds one or two.
const SCENES_WITH_HOVERS: u64 = 16;

/// Length of one.
const SECONDS_WITH_HOVERS: u64 = 30;

/// Frames a second, by lot of the seed: what cameras and boards reach.
const RATES: [f64; 8] = [5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0];

/// Hovers of 25 minutes.
const LONG_SECONDS: u64 = 25 * 60;

/// Minutes without a hornet of each family, at QVGA and 10 frames a second.
const FREE_MINUTES_QVGA: u64 = 72;

/// The same at VGA and 25 frames a second.
const FREE_MINUTES_VGA: u64 = 8;

/// Minutes of one scene without a hornet.
const FREE_SCENE_MINUTES: u64 = 8;

/// The whole set, or a share of it: one scene in `one_in` of each kind and family.
pub fn whole(families: &[Family], one_in: u64) -> Vec<Clip> {
    let mut clips = Vec::new();
    let chosen = |count: u64| (0..count.div_ceil(one_in)).map(move |at| at * one_in);
    for &family in families {
        // A seed is a look as well: no two families share one.
        let place = Family::value_variants().iter().position(|one| *one == family);
        let base = 1_000 * (1 + place.unwrap_or_default() as u64);
        if family == Family::Station {
            for at in chosen(3) {
                clips.push(scene(family, base + 100 + at, VGA, 10.0, LONG_SECONDS, Hornets::Auto));
            }
        } else if family.has_hornets() {
            for at in chosen(SCENES_WITH_HOVERS) {
                let rate = RATES[at as usize % RATES.len()];
                clips.push(scene(
                    family,
                    base + 200 + at,
                    VGA,
                    rate,
                    SECONDS_WITH_HOVERS,
                    Hornets::Auto,
                ));
            }
        }
        let nobody = || Hornets::Planned(Vec::new());
        let seconds = FREE_SCENE_MINUTES * 60;
        for at in chosen(FREE_MINUTES_QVGA / FREE_SCENE_MINUTES) {
            clips.push(scene(family, base + 300 + at, QVGA, 10.0, seconds, nobody()));
        }
        for at in chosen(FREE_MINUTES_VGA / FREE_SCENE_MINUTES) {
            clips.push(scene(family, base + 400 + at, VGA, 25.0, seconds, nobody()));
        }
    }
    // The longest first, so that the cores end together.
    clips.sort_by_key(|clip| std::cmp::Reverse(work(clip)));
    clips
}

/// Scenes of these families as a unit watches them in the proof: not varied, at 12 frames a second.
pub fn plain(families: &[Family], seeds: std::ops::Range<u64>) -> Vec<Clip> {
    let one = |family: Family, seed: u64| {
        let mut clip = scene(family, seed, VGA, 12.0, PLAIN_SECONDS, Hornets::Auto);
        if let Clip::Drawn { settings, .. } = &mut clip {
            settings.varied = false;
        }
        clip
    };
    families.iter().flat_map(|&family| seeds.clone().map(move |seed| one(family, seed))).collect()
}

/// Length of one of those scenes.
const PLAIN_SECONDS: u64 = 38;

/// The list of the fast tests: of each family one short scene, half of them at a low rate.
pub fn quick() -> Vec<Clip> {
    let hover = |at_s: u64, for_s: u64| HornetPlan {
        at_us: at_s * 1_000_000,
        errand: Errand::Hover { for_us: for_s * 1_000_000 },
    };
    let pass = HornetPlan { at_us: 14_000_000, errand: Errand::Pass };
    let one = |(at, &family): (usize, &Family)| {
        let plan = if family.has_hornets() { vec![hover(6, 4), pass] } else { Vec::new() };
        let rate = if at % 2 == 0 { 10.0 } else { 20.0 };
        scene(family, 500 + at as u64, VGA, rate, 17, Hornets::Planned(plan))
    };
    Family::value_variants().iter().enumerate().map(one).collect()
}

fn scene(
    family: Family,
    seed: u64,
    size: PictureSize,
    fps: f64,
    seconds: u64,
    hornets: Hornets,
) -> Clip {
    let settings = SceneSettings {
        family,
        seed,
        size,
        hornet_px: None,
        hornets,
        bees: None,
        varied: true,
        length_us: seconds * 1_000_000,
    };
    Clip::Drawn { settings, fps }
}

/// Pixels of all frames, nearly what a scene costs.
fn work(clip: &Clip) -> u64 {
    match clip {
        Clip::File { .. } => 0,
        Clip::Drawn { settings, fps } => {
            let pixels = (settings.size.width * settings.size.height) as u64;
            pixels * settings.length_us / 1_000 * *fps as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;

    #[test]
    fn the_set_is_as_large_as_promised() {
        let clips = whole(Family::value_variants(), 1);
        let free_hours = |width: usize, rate: f64| {
            let is_one = |clip: &&Clip| match clip {
                Clip::Drawn { settings, fps } => {
                    settings.size.width == width
                        && *fps == rate
                        && settings.hornets == Hornets::Planned(Vec::new())
                }
                Clip::File { .. } => false,
            };
            let length_us = |clip: &Clip| match clip {
                Clip::Drawn { settings, .. } => settings.length_us as f64,
                Clip::File { .. } => 0.0,
            };
            clips.iter().filter(is_one).map(length_us).sum::<f64>() / 3.6e9
        };
        assert!(free_hours(320, 10.0) >= 27.0, "{} h at QVGA", free_hours(320, 10.0));
        assert!(free_hours(640, 25.0) >= 3.0, "{} h at VGA", free_hours(640, 25.0));
        let mut due = std::collections::BTreeMap::new();
        for clip in &clips {
            let Clip::Drawn { settings, .. } = clip else { continue };
            if settings.hornets == Hornets::Auto {
                *due.entry(clip.family()).or_insert(0) += Scene::due_hovers(settings);
            }
        }
        assert!(due.values().sum::<usize>() >= 300, "{due:?}");
        for (family, count) in due {
            assert!(family == "station" || count >= 20, "{family}: {count}");
        }
    }
}
