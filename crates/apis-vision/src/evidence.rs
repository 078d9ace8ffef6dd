//! Why a track was called a hovering hornet, in numbers that can be kept for years.
//!
//! A visit carries these as `(code, value)` pairs beside [`Evidence::VERSION`]. A code never
//! changes its meaning or unit; a term that is measured otherwise gets a new code.

/// Most terms that one verdict brings.
pub const TERMS_MAX: usize = 40;

/// What a value in the evidence is.
///
/// Units: a `…Weight` is a log-likelihood ratio in 1/1,000 nat, positive for a hovering hornet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum TermCode {
    /// Sum of the weights against everything that is no insect, 1/1,000 nat. What speaks against bees
    /// is summed apart, since a bee may do all that is in this sum.
    Total = 1,
    /// How well the length fits a hornet rather than one of this hive's bees.
    SizeWeight = 10,
    /// Length of the body, 1/16 pixel of the frame.
    LengthPx16 = 11,
    /// Usual length of this hive's bees, 1/16 pixel of the frame; 0 while unknown.
    BeeLengthPx16 = 12,
    /// How well a length that stays the same fits one hornet that is seen whole; not in the total,
    /// since it is weighed together with the size.
    LengthSpreadWeight = 13,
    /// Standard deviation of the length from frame to frame, 1/256 of it.
    LengthSpread = 14,
    /// How well the darkness fits a hornet.
    DarknessWeight = 20,
    /// How much of its surroundings' light the body takes away, 1/256; negative when it is lighter.
    Darkness = 21,
    /// How well an evenly darker or lighter patch fits a body.
    EvennessWeight = 22,
    /// How far all of it is darker, or all of it lighter, 1/256.
    Evenness = 23,
    /// How well the stay within a small place fits hovering.
    HoverWeight = 30,
    /// Radius within which it stayed, 1/256 of its length.
    HoverRadius = 31,
    /// How long it stayed there so far, milliseconds.
    HoverMs = 32,
    /// How well that radius, and how long it was kept to, fits a hornet rather than bees; not in the
    /// total, since it is weighed together with the size.
    StationWeight = 33,
    /// How well a verdict that took long fits a hornet rather than bees; not in the total, since it
    /// is weighed together with the size.
    DoubtWeight = 34,
    /// For how long of the stay it did not look like a hornet, milliseconds.
    DoubtedMs = 35,
    /// How well drift and correction fit station-keeping, against standing still or swaying.
    DriftWeight = 40,
    /// Mean speed while it stayed, 1/256 of its length per second.
    DriftSpeed = 41,
    /// Share of its movement that repeats itself with one period, 1/256.
    Periodicity = 42,
    /// How well its speed fits a hornet rather than bees that loiter; not in the total, since it is
    /// weighed together with the size.
    PaceWeight = 43,
    /// How well the change of light inside the body fits beating wings.
    FlickerWeight = 50,
    /// Change of light inside the body from frame to frame, against its contrast, 1/256.
    Flicker = 51,
    /// How well that change fits beating wings rather than bees on their feet; not in the total, since
    /// it is weighed together with the size.
    BeatWeight = 52,
    /// How well the way it came fits something that flew in.
    OriginWeight = 60,
    /// Farthest it has been from where it now hovers, 1/256 of its length.
    OriginTravel = 61,
    /// How well the way it flew here fits a hornet rather than bees that gather; not in the total,
    /// since it is weighed together with the size.
    WayWeight = 62,
    /// How well what shines through fits a body rather than a change of light.
    TextureWeight = 70,
    /// How much of the background's texture shines through, 1/256.
    Texture = 71,
    /// How well the outline fits an insect.
    ShapeWeight = 80,
    /// Longer axis against the length of an insect of the same area, 1/256.
    Stretch = 81,
    /// How well the outline fits one hornet rather than several bees side by side; not in the
    /// total, since it is weighed together with the size.
    CompanyWeight = 82,
    /// How well the bodies that went into it fit one hornet rather than several bees; up to version 2.
    JoinedWeight = 83,
    /// How many other bodies went into it lately and did not come out again; up to version 2.
    Joined = 84,
    /// How well a sharp outline fits a hornet at the hive rather than a bee near the lens; not in the
    /// total, since it is weighed together with the size.
    FocusWeight = 85,
    /// How steeply the outline rises, 1/256 of its contrast over two cells.
    Sharpness = 86,
    /// How well its place fits a hornet rather than bees that meet there; not in the total, since it
    /// is weighed together with the size.
    PlaceWeight = 90,
    /// How many things stay at its place at any moment, 1/256.
    PlaceShare = 91,
}

impl TermCode {
    /// The number under which the term is kept.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// One measured number of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// What the number is, and its unit.
    pub code: TermCode,
    /// The number.
    pub value: i32,
}

/// All terms of one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    terms: [Term; TERMS_MAX],
    term_count: usize,
}

impl Evidence {
    /// Version of the rule that weighs the terms; raised whenever a weight changes.
    pub const VERSION: u16 = 3;

    pub(crate) fn empty() -> Evidence {
        Evidence { terms: [Term { code: TermCode::Total, value: 0 }; TERMS_MAX], term_count: 0 }
    }

    pub(crate) fn push(&mut self, code: TermCode, value: i32) {
        debug_assert!(self.term_count < TERMS_MAX, "there is room for every code");
        if let Some(term) = self.terms.get_mut(self.term_count) {
            *term = Term { code, value };
            self.term_count += 1;
        }
    }

    /// The evidence of these terms; those beyond [`TERMS_MAX`] are left out.
    pub fn of(terms: &[Term]) -> Evidence {
        let mut evidence = Evidence::empty();
        terms.iter().take(TERMS_MAX).for_each(|term| evidence.push(term.code, term.value));
        evidence
    }

    /// Version of the rule that made this verdict.
    pub fn version(&self) -> u16 {
        Evidence::VERSION
    }

    /// The terms, in the order of [`TermCode`].
    pub fn terms(&self) -> &[Term] {
        self.terms.get(..self.term_count).unwrap_or(&[])
    }

    /// The value of one term, if it was measured.
    pub fn value(&self, code: TermCode) -> Option<i32> {
        self.terms().iter().find(|term| term.code == code).map(|term| term.value)
    }
}
