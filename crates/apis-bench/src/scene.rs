//! Six seconds at a hive, drawn from integers: ground, grass in the wind, a cloud, a shaken mount,
//! bees that pass and bees that sit, and one hornet that comes and hovers.

use apis_units::{PictureBox, Uptime};
use apis_vision::{Config, Frame, FrameError};

/// Width of every frame, in pixels: QVGA, what the smallest board looks at.
pub const WIDTH_PX: u16 = 320;

/// Height of every frame, in pixels.
pub const HEIGHT_PX: u16 = 240;

/// Bytes of a frame.
pub const FRAME_BYTES: usize = WIDTH_PX as usize * HEIGHT_PX as usize;

/// How many frames there are.
pub const FRAMES: u32 = 60;

/// Time from one frame to the next, in milliseconds.
const INTERVAL_MS: u64 = 100;

/// Micrometres of a pixel: what a unit is mounted for, and a hornet of 24 px is 27 mm long.
const UM_PER_PX: u16 = 1_125;

/// Distance of the points between which the ground's light changes evenly, in pixels.
const MOTTLE_PX: i32 = 16;

/// First row of the grass.
const GRASS_TOP_PX: i32 = 196;

/// Bees that fly through.
const BEES_PASSING: u32 = 10;

/// Bees that sit on the board.
const BEES_SITTING: u32 = 3;

/// Frame in which the hornet enters from the left.
const HORNET_ENTERS: u32 = 10;

/// Frame from which on it hovers.
const HORNET_HOVERS: u32 = 24;

/// Frames from one place to the next of a hover: a hornet drifts and corrects, and never swings.
const DRIFT_FRAMES: i32 = 5;

/// What the eyes that look at these frames are made with.
pub fn config() -> Config {
    Config { width_px_max: WIDTH_PX, height_px_max: HEIGHT_PX, um_per_px: Some(UM_PER_PX) }
}

/// The frame of this number around the bytes that [`draw`] made.
///
/// Errors: `luma` has fewer than [`FRAME_BYTES`] bytes.
pub fn frame(luma: &[u8], number: u32) -> Result<Frame<'_>, FrameError> {
    let at = Uptime::from_millis(1_000 + u64::from(number) * INTERVAL_MS);
    Frame::new(luma, (WIDTH_PX, HEIGHT_PX), usize::from(WIDTH_PX), at, PictureBox::FULL)
}

/// Draws the frame of this number.
///
/// Shape: `luma` is row-major; rows beyond its end are left out.
pub fn draw(luma: &mut [u8], number: u32) {
    let time = number as i32;
    let (shake_x, shake_y) = shake(number);
    let light = cloud(time);
    for (y, row) in (0..).zip(luma.chunks_exact_mut(usize::from(WIDTH_PX))) {
        let sway = if y < GRASS_TOP_PX { 0 } else { swing(time * 5 + y, 24, 1) };
        for (x, pixel) in (0..).zip(row) {
            let ground = ground(x + shake_x + sway, y + shake_y) * light / 256;
            let noise = (scatter(x as u32, y as u32, number + 1) & 7) as i32 - 3;
            *pixel = (ground + noise).clamp(0, 255) as u8;
        }
    }
    for bee in 0..BEES_PASSING {
        draw_body(luma, &passing_bee(bee, time));
    }
    for bee in 0..BEES_SITTING {
        draw_body(luma, &sitting_bee(bee, time));
    }
    if HORNET_ENTERS <= number {
        draw_body(luma, &hornet(number));
    }
}

/// An ellipse that lies along the rows; places and half axes in 1/16 pixel.
struct Body {
    x16: i32,
    y16: i32,
    half_length16: i32,
    half_width16: i32,
    light: i32,
}

fn draw_body(luma: &mut [u8], body: &Body) {
    let (width, height) = (i32::from(WIDTH_PX), i32::from(HEIGHT_PX));
    let rows = (body.y16 - body.half_width16) / 16..(body.y16 + body.half_width16) / 16 + 1;
    for y in rows.start.max(0)..rows.end.min(height) {
        let columns =
            (body.x16 - body.half_length16) / 16..(body.x16 + body.half_length16) / 16 + 1;
        for x in columns.start.max(0)..columns.end.min(width) {
            let along = (x * 16 - body.x16) * body.half_width16;
            let across = (y * 16 - body.y16) * body.half_length16;
            let rim = body.half_length16 * body.half_width16;
            let is_inside = i64::from(along) * i64::from(along)
                + i64::from(across) * i64::from(across)
                <= i64::from(rim) * i64::from(rim);
            if is_inside && let Some(pixel) = luma.get_mut((y * width + x) as usize) {
                let grain = (scatter(x as u32, y as u32, body.x16 as u32) & 7) as i32;
                *pixel = (body.light + grain).clamp(0, 255) as u8;
            }
        }
    }
}

fn passing_bee(bee: u32, time: i32) -> Body {
    let bee = bee as i32;
    let speed16 = 16 * (5 + bee % 4 * 2);
    let beyond = 32;
    let span16 = 16 * (i32::from(WIDTH_PX) + 2 * beyond);
    let way16 = (time * speed16 + bee * 16 * 71) % span16;
    let from_left = bee % 2 == 0;
    let x16 = if from_left { way16 } else { span16 - way16 } - 16 * beyond;
    let y16 = 16 * (18 + bee * 19) + swing(time * 3 + bee * 7, 20, 90);
    Body { x16, y16, half_length16: 88, half_width16: 42, light: 48 }
}

fn sitting_bee(bee: u32, time: i32) -> Body {
    let bee = bee as i32;
    let x16 = 16 * (216 + bee * 27) + swing(time + bee * 5, 14, 20);
    Body { x16, y16: 16 * (176 + bee % 2 * 9), half_length16: 84, half_width16: 42, light: 52 }
}

fn hornet(number: u32) -> Body {
    let time = number as i32;
    let way_left16 = 16 * 12 * (HORNET_HOVERS as i32 - time).max(0);
    let x16 = 16 * 168 + drift(time, 1, 110) - way_left16;
    let y16 = 16 * 104 + drift(time, 2, 80);
    // Beating wings: what is seen of them changes from frame to frame.
    let beat = (scatter(number, 7, 7) & 31) as i32;
    Body { x16, y16, half_length16: 192, half_width16: 76 + beat, light: 30 }
}

/// Where something that keeps its station is at a time, up to `reach` to either side.
fn drift(time: i32, axis: u32, reach: i32) -> i32 {
    let (leg, part) = (time.div_euclid(DRIFT_FRAMES), time.rem_euclid(DRIFT_FRAMES));
    let place = |leg: i32| scatter(leg as u32, axis, 5) as i32 % (reach + 1);
    (place(leg) * (DRIFT_FRAMES - part) + place(leg + 1) * part) / DRIFT_FRAMES
}

/// Light of the ground at a place that may lie a little beyond the picture.
fn ground(x: i32, y: i32) -> i32 {
    let (column, row) = (x.div_euclid(MOTTLE_PX), y.div_euclid(MOTTLE_PX));
    let (right, down) = (x.rem_euclid(MOTTLE_PX), y.rem_euclid(MOTTLE_PX));
    let at = |column: i32, row: i32| (scatter(column as u32, row as u32, 0) & 63) as i32;
    let between = |from: i32, to: i32, part: i32| from * (MOTTLE_PX - part) + to * part;
    let above = between(at(column, row), at(column + 1, row), right);
    let below = between(at(column, row + 1), at(column + 1, row + 1), right);
    let mottle = between(above, below, down) / (MOTTLE_PX * MOTTLE_PX);
    let blades = if y < GRASS_TOP_PX { 0 } else { (scatter(x as u32, 3, 3) & 15) as i32 };
    let grain = (scatter(x as u32, y as u32, 1) & 7) as i32;
    100 + mottle + blades + grain
}

/// The light of a cloud that comes at the third second and takes an eighth of it, 1/256.
fn cloud(time: i32) -> i32 {
    256 - ((time - 30).clamp(0, 16) * 2)
}

/// A pixel's shake of the mount for half a second.
fn shake(number: u32) -> (i32, i32) {
    match number {
        44 | 46 => (1, 0),
        45 | 47 => (-1, 1),
        48 => (0, -1),
        _ => (0, 0),
    }
}

/// A triangle wave between −`reach` and `reach` that is back after `period`.
fn swing(time: i32, period: i32, reach: i32) -> i32 {
    let at = time.rem_euclid(period);
    let rising = at.min(period - at);
    rising * 4 * reach / period - reach
}

/// 32 bits that look as if drawn at random, the same for the same three numbers.
///
/// Source: the last steps of `MurmurHash3`'s 32-bit variant (A. Appleby, public domain).
fn scatter(x: u32, y: u32, z: u32) -> u32 {
    let mut bits = x
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(y.wrapping_mul(0x85eb_ca77))
        .wrapping_add(z.wrapping_mul(0xc2b2_ae3d));
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    bits ^ (bits >> 16)
}
