//! What hornet and bee look like from above at a metre: dark hornet with one orange band and
//! yellow legs, brown striped bee, both with wings that beat too fast to be seen.

use super::colour::Colour;
use super::place::Place;
use super::sprite::Part;

/// Wing beats a second. Source: about 100 Hz for large vespids, about 230 Hz for honeybees
/// (Altshuler et al. 2005).
const HORNET_BEATS: f32 = 100.0;
const BEE_BEATS: f32 = 230.0;
const WASP_BEATS: f32 = 140.0;
const BUMBLEBEE_BEATS: f32 = 150.0;

fn part(x: f32, y: f32, half: (f32, f32), angle: f32, colour: Colour, opacity: f32) -> Part {
    Part { centre: Place::new(x, y), half, angle, colour, opacity }
}

/// A hornet at `time_s`, `tone` times as light as a black one in sun.
pub fn hornet(time_s: f32, wing_phase: f32, tone: f32) -> Vec<Part> {
    let black = Colour::rgb(0x2a2220).lit(tone);
    let brown = Colour::rgb(0x3d2a1e).lit(tone);
    let orange = Colour::rgb(0xd08a2a).lit(0.8 + 0.2 * tone);
    let yellow = Colour::rgb(0xd9b24a).lit(0.8 + 0.2 * tone);
    let mut parts = Vec::with_capacity(16);
    legs(&mut parts, yellow);
    parts.extend([
        part(-0.12, 0.0, (0.17, 0.125), 0.0, black, 1.0),
        part(-0.27, 0.0, (0.16, 0.120), 0.0, brown, 1.0),
        // The fourth segment is the band that names it.
        part(-0.33, 0.0, (0.055, 0.112), 0.0, orange, 0.95),
        part(-0.43, 0.0, (0.075, 0.060), 0.0, brown, 1.0),
        part(0.14, 0.0, (0.15, 0.125), 0.0, black, 1.0),
        part(0.37, 0.0, (0.080, 0.115), 0.0, black, 1.0),
        part(0.43, 0.0, (0.035, 0.075), 0.0, orange, 0.8),
        part(0.00, 0.0, (0.02, 0.060), 0.0, yellow.lit(0.7), 0.6),
    ]);
    let beat = (time_s * HORNET_BEATS + wing_phase) * std::f32::consts::TAU;
    wings(&mut parts, beat, (0.34, 0.10), Colour::rgb(0x9a8468).lit(tone.min(1.1)), 0.46);
    parts
}

/// A bee at `time_s`; one on foot folds its wings.
pub fn bee(time_s: f32, wing_phase: f32, tone: f32, on_foot: bool) -> Vec<Part> {
    let brown = Colour::rgb(0x5a3d22).lit(tone);
    let honey = Colour::rgb(0xa8793a).lit(tone);
    let dark = Colour::rgb(0x35261a).lit(tone);
    let mut parts = Vec::with_capacity(12);
    parts.extend([
        part(-0.20, 0.0, (0.30, 0.165), 0.0, honey, 1.0),
        part(-0.20, 0.0, (0.045, 0.16), 0.0, dark, 0.85),
        part(-0.34, 0.0, (0.045, 0.13), 0.0, dark, 0.85),
        part(-0.45, 0.0, (0.060, 0.075), 0.0, dark, 0.9),
        part(0.17, 0.0, (0.18, 0.165), 0.0, brown, 1.0),
        part(0.40, 0.0, (0.085, 0.130), 0.0, dark, 1.0),
    ]);
    let glass = Colour::rgb(0xc9bfae);
    if on_foot {
        parts.push(part(-0.16, 0.10, (0.30, 0.075), -0.15, glass, 0.35));
        parts.push(part(-0.16, -0.10, (0.30, 0.075), 0.15, glass, 0.35));
    } else {
        let beat = (time_s * BEE_BEATS + wing_phase) * std::f32::consts::TAU;
        wings(&mut parts, beat, (0.30, 0.10), glass, 0.30);
    }
    parts
}

/// A wasp: slender, banded, with a thin waist.
pub fn wasp(time_s: f32, wing_phase: f32, tone: f32) -> Vec<Part> {
    let yellow = Colour::rgb(0xd8b030).lit(tone);
    let black = Colour::rgb(0x1e1a16).lit(tone);
    let mut parts = vec![
        part(-0.24, 0.0, (0.24, 0.115), 0.0, yellow, 1.0),
        part(-0.12, 0.0, (0.030, 0.110), 0.0, black, 0.9),
        part(-0.24, 0.0, (0.035, 0.115), 0.0, black, 0.9),
        part(-0.36, 0.0, (0.030, 0.095), 0.0, black, 0.9),
        part(0.15, 0.0, (0.15, 0.115), 0.0, black, 1.0),
        part(0.38, 0.0, (0.080, 0.100), 0.0, black, 1.0),
    ];
    let beat = (time_s * WASP_BEATS + wing_phase) * std::f32::consts::TAU;
    wings(&mut parts, beat, (0.32, 0.08), Colour::rgb(0xb0a48c), 0.35);
    parts
}

/// A bumblebee: round and dark, with two bands and a light tail.
pub fn bumblebee(time_s: f32, wing_phase: f32, tone: f32) -> Vec<Part> {
    let dark = Colour::rgb(0x221c18).lit(tone);
    let band = Colour::rgb(0xc89a30).lit(tone);
    let mut parts = vec![
        part(-0.16, 0.0, (0.32, 0.25), 0.0, dark, 1.0),
        part(-0.14, 0.0, (0.050, 0.24), 0.0, band, 0.9),
        part(-0.40, 0.0, (0.080, 0.14), 0.0, Colour::rgb(0xe8e2d4), 0.9),
        part(0.16, 0.0, (0.21, 0.23), 0.0, dark, 1.0),
        part(0.24, 0.0, (0.050, 0.19), 0.0, band, 0.9),
        part(0.40, 0.0, (0.090, 0.130), 0.0, dark, 1.0),
    ];
    let beat = (time_s * BUMBLEBEE_BEATS + wing_phase) * std::f32::consts::TAU;
    wings(&mut parts, beat, (0.30, 0.10), Colour::rgb(0x8a8074), 0.35);
    parts
}

/// The same out of focus: each part larger and thinner in its cover.
pub fn blurred(parts: Vec<Part>) -> Vec<Part> {
    let soft = |part: Part| {
        [(1.35, 0.35), (1.0, 0.40), (0.65, 0.35)].map(|(size, cover)| Part {
            half: (part.half.0 * size + 0.02, part.half.1 * size + 0.02),
            opacity: part.opacity * cover,
            ..part
        })
    };
    parts.into_iter().flat_map(soft).collect()
}

/// Hind legs trail, the others hang out sideways.
fn legs(parts: &mut Vec<Part>, yellow: Colour) {
    for side in [1.0, -1.0] {
        parts.push(part(-0.20, side * 0.19, (0.20, 0.016), side * -0.25, yellow, 0.85));
        parts.push(part(0.03, side * 0.20, (0.13, 0.016), side * 2.2, yellow, 0.7));
        parts.push(part(0.22, side * 0.17, (0.09, 0.014), side * 1.0, yellow, 0.55));
    }
}

/// Fore and hind wing on both sides, at `beat` radians of their stroke.
fn wings(parts: &mut Vec<Part>, beat: f32, half: (f32, f32), colour: Colour, opacity: f32) {
    let stroke = beat.sin();
    for side in [1.0, -1.0] {
        let fore = side * (1.45 + 0.75 * stroke);
        let root = Place::new(0.14, side * 0.08);
        let centre = root + Place::towards(fore) * half.0;
        parts.push(Part { centre, half, angle: fore, colour, opacity });
        let hind = fore + side * 0.45;
        let centre = Place::new(0.05, side * 0.08) + Place::towards(hind) * (half.0 * 0.75);
        let half = (half.0 * 0.75, half.1 * 0.9);
        parts.push(Part { centre, half, angle: hind, colour, opacity: opacity * 0.8 });
    }
}
