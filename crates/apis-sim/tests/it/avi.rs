//! Reads a clip as a player would: chunks of an AVI, each a JPEG, each a picture.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The frames of an AVI in order; an empty chunk is a dropped frame.
///
/// Errors: what makes it none.
pub fn frames(avi: &[u8]) -> Result<Vec<&[u8]>, String> {
    let riff = chunk(avi, 0)?;
    if riff.name != *b"RIFF" || riff.body.get(..4) != Some(b"AVI ") {
        return Err("does not begin with RIFF AVI".into());
    }
    let mut at = 4;
    while at < riff.body.len() {
        let list = chunk(riff.body, at)?;
        if list.name == *b"LIST" && list.body.get(..4) == Some(b"movi") {
            return pictures(list.body);
        }
        at = list.end;
    }
    Err("has no movi list".into())
}

fn pictures(movi: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut found = Vec::new();
    let mut at = 4;
    while at < movi.len() {
        let picture = chunk(movi, at)?;
        if picture.name == *b"00dc" {
            found.push(picture.body);
        }
        at = picture.end;
    }
    Ok(found)
}

struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
    end: usize,
}

fn chunk(bytes: &[u8], at: usize) -> Result<Chunk<'_>, String> {
    let short = || format!("ends within the chunk at byte {at}");
    let head = bytes.get(at..at + 8).ok_or_else(short)?;
    let name = [head[0], head[1], head[2], head[3]];
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let body = bytes.get(at + 8..at + 8 + length).ok_or_else(short)?;
    Ok(Chunk { name, body, end: at + 8 + length + length % 2 })
}

/// A decoded picture's luma.
#[derive(Debug)]
pub struct Luma {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row-major.
    pub pixels: Vec<u8>,
}

/// Decodes a JPEG.
///
/// Errors: the decoder's words.
pub fn decode(jpeg: &[u8]) -> Result<Luma, String> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let pixels = decoder.decode().map_err(|error| format!("{error:?}"))?;
    let info = decoder.info().ok_or("has no size")?;
    Ok(Luma { width: usize::from(info.width), height: usize::from(info.height), pixels })
}

impl Luma {
    /// How much darker or lighter a body's place is in this picture than in `others` without it: the
    /// mean of the third that changed most, since a body does not fill the disc about its centre.
    /// Before a shaded wall an insect in the sun is the lighter one.
    ///
    /// Shape:  `others` are pictures of the same size in which the body is elsewhere; of each pixel
    ///         their median counts, so that a bee in one of them does not.
    pub fn contrast_at(&self, centre: (f32, f32), length: f32, others: &[&Luma]) -> i32 {
        let (mut body, mut ground) = (Vec::new(), Vec::new());
        for row in 0..self.height {
            for column in 0..self.width {
                let far = (column as f32 + 0.5 - centre.0).hypot(row as f32 + 0.5 - centre.1);
                let into = match far / length {
                    ..0.3 => &mut body,
                    0.9..1.5 => &mut ground,
                    _ => continue,
                };
                let at = row * self.width + column;
                let mut still: Vec<u8> = others.iter().map(|other| other.pixels[at]).collect();
                still.sort_unstable();
                into.push(i32::from(still[still.len() / 2]) - i32::from(self.pixels[at]));
            }
        }
        body.sort_unstable();
        ground.sort_unstable();
        let third = body.len() / 3;
        let count = i32::try_from(third).expect("a body is small").max(1);
        let mean = |part: &[i32]| part.iter().sum::<i32>() / count;
        // What the light did in between, it did to the ground about the body too.
        let light = ground.get(ground.len() / 2).copied().unwrap_or(0);
        let (lighter, darker) = (&body[..third], &body[body.len() - third..]);
        (mean(darker) - light).max(light - mean(lighter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let pad = vec![0; body.len() % 2];
        [name.as_slice(), &length, body, &pad].concat()
    }

    fn clip() -> Vec<u8> {
        let movi = [
            b"movi".to_vec(),
            boxed(b"00dc", b"one"),
            boxed(b"00dc", b""),
            boxed(b"00dc", b"three"),
        ];
        let head = boxed(b"LIST", b"hdrl");
        boxed(b"RIFF", &[b"AVI ".to_vec(), head, boxed(b"LIST", &movi.concat())].concat())
    }

    #[test]
    fn frames_are_read_in_order_and_a_dropped_one_is_empty() {
        assert_eq!(frames(&clip()).unwrap(), [b"one".as_slice(), b"", b"three"]);
    }

    #[test]
    fn a_clip_cut_anywhere_is_refused() {
        let clip = clip();
        for length in 0..clip.len() {
            assert!(frames(&clip[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_drawn_hornet_stands_out_from_what_was_there_before_it() {
        use apis_sim::scene::{Family, Picture, PictureSize, Scene, SceneSettings};
        let size = PictureSize { width: 640, height: 480 };
        for seed in 1..6 {
            let hornets = "hover@4+9".parse().unwrap();
            let mut scene = Scene::new(SceneSettings {
                family: Family::Garden,
                seed,
                size,
                hornet_px: None,
                hornets,
                bees: None,
                varied: false,
                length_us: 13_000_000,
            });
            let mut draw = |at_ms: u64| {
                let mut picture = Picture::new(size);
                let truth = scene.draw(at_ms * 1_000, &mut picture);
                (Luma { width: 640, height: 480, pixels: picture.luma().to_vec() }, truth)
            };
            let before: Vec<Luma> = (0..5).map(|frame| draw(frame * 300).0).collect();
            let before: Vec<&Luma> = before.iter().collect();
            let (luma, truth) = draw(7_000);
            let hornet = truth.hornets[0];
            let contrast = luma.contrast_at(hornet.px, hornet.length_px, &before);
            assert!(contrast >= 12, "seed {seed}: {contrast}");
            let beside = (hornet.px.0 + 70.0, hornet.px.1 + 60.0);
            let contrast = luma.contrast_at(beside, hornet.length_px, &before);
            assert!(contrast < 12, "seed {seed}: {contrast} beside it");
        }
    }
}
