//! What a scene is asked to be: its family of trouble, its seed, its hornets.

use super::picture::PictureSize;
use clap::ValueEnum;

/// A kind of scene, named by the trouble it makes for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// A hive front over grass on a calm day: a dozen bees, a hornet now and then.
    Garden,
    /// Grass and dead leaves alone, as a camera sees them that looks down steeply.
    Meadow,
    /// The wooden front fills the picture and lies in shade: insects are lighter than it.
    Shade,
    /// Clouds dim the scene by 16 % within seconds, and the camera corrects its gain in steps.
    Cloud,
    /// The mount trembles by a pixel.
    Shake,
    /// Sun flecks of a hornet's size appear, flicker and stay.
    Fleck,
    /// A leaf and long blades sway for as long as the scene lasts.
    Leaf,
    /// Bees hang at the entrance in one clump that stirs as a whole.
    Clump,
    /// Forty bees at once.
    Crowd,
    /// A hornet already hovers in the first frame.
    Early,
    /// A hornet hovers for as long as the scene lasts.
    Station,
    /// Rain streaks.
    Rain,
    /// A small fly walks over the lens.
    Lens,
    /// Evening: dark, and the sensor is noisy.
    Dusk,
    /// A busy day without any hornet; bees loiter before the entrance.
    Bees,
    /// The exposure jumps by a quarter, as a camera's that found the picture too light.
    Exposure,
    /// The shadow of a person falls on the hive, stays and goes.
    Person,
    /// Bees fly near the lens, large and out of focus, and stand there for a moment.
    Near,
    /// Wasps and bumblebees come to look, and drones loiter.
    Guests,
    /// Bees hang all over the front in a beard.
    Beard,
    /// A spider swings on its thread before the lens, and a drop dries on it.
    Spider,
    /// A camera that sends JPEG of a low and changing quality.
    Jpeg,
    /// Two hornets at once, whose ways cross.
    Pair,
}

impl Family {
    /// Whether hornets come to it when nobody says which.
    pub fn has_hornets(self) -> bool {
        let is_without = matches!(
            self,
            Family::Bees | Family::Beard | Family::Person | Family::Spider | Family::Guests
        );
        !is_without
    }
}

/// What one hornet does, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HornetPlan {
    /// Start of the hover, or of the flight through the picture, in µs of scene time.
    pub at_us: u64,
    /// What it comes for.
    pub errand: Errand,
}

/// What a hornet comes for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Errand {
    /// Stands before the hive for so many µs, then leaves or strikes at a bee.
    Hover {
        /// How long it hovers, in µs.
        for_us: u64,
    },
    /// Crosses the picture without stopping.
    Pass,
}

/// Which hornets a scene has.
#[derive(Debug, Clone, PartialEq)]
pub enum Hornets {
    /// As the family has them, drawn from the seed.
    Auto,
    /// Exactly these.
    Planned(Vec<HornetPlan>),
}

impl std::str::FromStr for Hornets {
    type Err = String;

    /// Reads `auto`, `none`, or a list such as `hover@4+5,pass@14,hover@19.5+3` in seconds.
    fn from_str(text: &str) -> Result<Hornets, String> {
        match text {
            "auto" => Ok(Hornets::Auto),
            "none" => Ok(Hornets::Planned(Vec::new())),
            list => list.split(',').map(plan).collect::<Result<_, _>>().map(Hornets::Planned),
        }
    }
}

fn plan(item: &str) -> Result<HornetPlan, String> {
    let wrong = || format!("`{item}` is neither `hover@START+SECONDS` nor `pass@START`");
    let (errand, when) = item.split_once('@').ok_or_else(wrong)?;
    match errand {
        "hover" => {
            let (start, span) = when.split_once('+').ok_or_else(wrong)?;
            let errand = Errand::Hover { for_us: micros(span).ok_or_else(wrong)? };
            Ok(HornetPlan { at_us: micros(start).ok_or_else(wrong)?, errand })
        }
        "pass" => Ok(HornetPlan { at_us: micros(when).ok_or_else(wrong)?, errand: Errand::Pass }),
        _ => Err(wrong()),
    }
}

fn micros(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (0.0..=1e6).contains(&seconds).then_some((seconds * 1e6) as u64)
}

/// Everything a scene depends on: the same settings give the same pixels and the same truth.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSettings {
    /// The family.
    pub family: Family,
    /// Seed of everything that is drawn by lot.
    pub seed: u64,
    /// Size of the picture, which is the whole sensor picture.
    pub size: PictureSize,
    /// Length of a hornet's body at 640 pixels of width; `None` draws 22 to 44 by lot.
    pub hornet_px: Option<f32>,
    /// Which hornets come.
    pub hornets: Hornets,
    /// How many bees are about; `None` is as many as the family has.
    pub bees: Option<usize>,
    /// Sizes, contrast, wings and exposure by lot of the seed, as they differ from hive to hive.
    pub varied: bool,
    /// How long the plan for [`Hornets::Auto`] reaches, in µs.
    pub length_us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_hornets_is_read_in_seconds() {
        let read: Hornets = "hover@4+2.5,pass@14".parse().unwrap();
        let hover = Errand::Hover { for_us: 2_500_000 };
        assert_eq!(
            read,
            Hornets::Planned(vec![
                HornetPlan { at_us: 4_000_000, errand: hover },
                HornetPlan { at_us: 14_000_000, errand: Errand::Pass },
            ])
        );
        assert!("hover@4".parse::<Hornets>().is_err());
        assert!("wait@4".parse::<Hornets>().is_err());
        assert!("pass@-1".parse::<Hornets>().is_err());
    }
}
