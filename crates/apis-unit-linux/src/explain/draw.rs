//! A clip's verdicts as a drawing (SVG): the frame that decided each, the track's box and way, and
//! the recorded evidence in words.

use std::fmt::Write as _;

use apis_protocol::encoding::to_base64;
use apis_protocol::sidecar::TrackPoint;
use apis_vision::TermCode;

use super::{Clip, Verdict, value_of};
use crate::words;

/// Width of the drawing, in its own units; a picture is scaled to it.
const WIDTH: f64 = 960.0;

/// Height of a line of text.
const LINE: f64 = 30.0;

/// Space about text.
const GAP: f64 = 20.0;

/// The drawing, one picture below the other.
pub fn draw(clip: &Clip) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    for verdict in clip.verdicts() {
        top += one(&mut body, clip, &verdict, top);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top:.0}\" \
         width=\"{WIDTH}\" height=\"{top:.0}\" font-family=\"sans-serif\" font-size=\"20\">\n\
         <title>Recorded evidence of visit {}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#1b1b1b\"/>\n{body}</svg>\n",
        clip.sidecar.visit_id
    )
}

/// Draws one verdict at `top`; returns its height.
fn one(out: &mut String, clip: &Clip, verdict: &Verdict<'_>, top: f64) -> f64 {
    let scale = WIDTH / f64::from(clip.shape.width.max(1));
    let height = f64::from(clip.shape.height) * scale;
    let moment = clip.moment_of(verdict);
    let picture = clip.picture_at(moment);
    let _ = writeln!(out, "<g transform=\"translate(0 {top:.0})\">");
    if let Some((_, jpeg)) = picture {
        let _ = writeln!(
            out,
            "<image width=\"{WIDTH}\" height=\"{height:.0}\" preserveAspectRatio=\"none\" \
             href=\"data:image/jpeg;base64,{}\"/>",
            to_base64(jpeg)
        );
    }
    if let Some(track) = verdict.track {
        let points: Vec<&TrackPoint> = clip.way(track).collect();
        let until = |before: bool| {
            let at = |point: &&&TrackPoint| clip.time_of(point.frame);
            let place = |point: &&TrackPoint| {
                let (x, y) = (clip.x_px(point.at.x.raw()), clip.y_px(point.at.y.raw()));
                format!("{:.1},{:.1}", x * scale, y * scale)
            };
            let part = points.iter().filter(|point| {
                at(point).is_some_and(|at| if before { at <= moment } else { moment <= at })
            });
            part.map(place).collect::<Vec<String>>().join(" ")
        };
        let line = "fill=\"none\" stroke-width=\"3\" stroke-linejoin=\"round\"";
        let _ = writeln!(out, "<polyline points=\"{}\" {line} stroke=\"#ffd54a\"/>", until(true));
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" {line} stroke=\"#ffd54a\" stroke-opacity=\"0.6\" \
             stroke-dasharray=\"4 8\"/>",
            until(false)
        );
        if let Some(point) = at_frame(&points, picture.map_or(0, |(index, _)| index)) {
            draw_box(out, clip, point, scale);
        }
    }
    let lines = lines(clip, verdict);
    for (index, line) in lines.iter().enumerate() {
        let y = height + GAP + LINE * (index as f64 + 0.7);
        let weight = if index == 0 { " font-weight=\"bold\"" } else { "" };
        let _ =
            writeln!(out, "<text x=\"{GAP}\" y=\"{y:.0}\" fill=\"#ffffff\"{weight}>{line}</text>");
    }
    out.push_str("</g>\n");
    height + 2.0 * GAP + LINE * lines.len() as f64
}

/// The point of the frame `index`, or the one nearest to it.
fn at_frame<'a>(points: &[&'a TrackPoint], index: usize) -> Option<&'a TrackPoint> {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    points.iter().copied().min_by_key(|point| point.frame.abs_diff(index))
}

/// The box of the track; two strokes, to be seen on light and dark.
fn draw_box(out: &mut String, clip: &Clip, point: &TrackPoint, scale: f64) {
    let (width, height) = (clip.x_px(point.width.raw()), clip.y_px(point.height.raw()));
    let (x, y) = (clip.x_px(point.at.x.raw()), clip.y_px(point.at.y.raw()));
    let corner = ((x - width / 2.0) * scale, (y - height / 2.0) * scale);
    for (stroke, stroke_width) in [("#000000", 6), ("#ff5a36", 3)] {
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" \
             stroke=\"{stroke}\" stroke-width=\"{stroke_width}\"/>",
            corner.0,
            corner.1,
            width * scale,
            height * scale
        );
    }
}

/// What is written below a picture.
fn lines(clip: &Clip, verdict: &Verdict<'_>) -> Vec<String> {
    let track = verdict.track.map(|track| format!(", track {track}")).unwrap_or_default();
    let head = match verdict.moments {
        Some(moments) => {
            format!("{} at {:.2} s of the clip{track}", clip.noun(), clip.seconds(moments.decided))
        }
        None => format!("{}{track}; its moment is not recorded", clip.noun()),
    };
    let value = |code| value_of(verdict.evidence, code);
    let total = words::measured(TermCode::Total, verdict.evidence.score_mnat);
    let mut lines = vec![head];
    lines.extend(words::sentences(value));
    lines.push(format!("recorded evidence, version {}: {total}", verdict.evidence.version));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::tests::kept;

    #[test]
    fn a_drawing_holds_the_picture_the_box_the_way_and_the_words() {
        let folder = tempfile::tempdir().unwrap();
        let clip = kept(folder.path());
        let svg = draw(&clip);
        let (_, jpeg) = clip.picture_at(clip.moment_of(&clip.verdicts()[0])).unwrap();
        assert!(svg.contains(&to_base64(jpeg)));
        // Two verdicts, each with a box in two strokes and its way before and after.
        let count = |part: &str| svg.matches(part).count();
        let counts = (count("<image "), count("<rect x=\""), count("<polyline points=\""));
        assert_eq!(counts, (2, 4, 4));
        assert!(svg.contains("stayed within 0.5 body lengths for 1.6 s"), "{svg}");
        assert!(svg.contains("recorded evidence, version"));
        assert_eq!(count("<g "), count("</g>"));
    }
}
