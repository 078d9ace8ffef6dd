//! `explain`: why a clip's track was called a hornet, by the evidence that was recorded with it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use apis_protocol::records::{Evidence, EvidenceTerm};
use apis_protocol::sidecar::TrackPoint;
use apis_units::Uptime;
use apis_vision::TermCode;
use clap::Args;
use serde_json::{Value, json};

use crate::explain::{Clip, Rerun, Verdict, draw, rerun, value_of};
use crate::failure::{Coded, Failure};
use crate::run::SPOOL;
use crate::words;

/// A track's way is printed as one line for each of these, in seconds.
const WAY_STEP_S: f64 = 0.25;

/// Longest bar of a line of the way; one mark is half a body length.
const BAR_MAX: usize = 40;

/// What to explain, and how.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The clip's file, with its sidecar beside it, or the id of a visit in the unit's spool.
    #[arg(value_name = "CLIP")]
    clip: String,
    /// Draw the frame of each verdict with box, way and evidence.
    #[arg(long, value_name = "FILE.svg", value_parser = svg_file)]
    draw: Option<PathBuf>,
    /// Also show the clip to this program's eyes, and say what they make of it.
    #[arg(long)]
    rerun: bool,
}

/// A file for a drawing: its form is said by its name, and there is one.
fn svg_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_svg = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("svg"));
    if is_svg { Ok(path) } else { Err("a drawing is an SVG: name it FILE.svg".to_owned()) }
}

/// Prints the recorded evidence of a clip.
pub fn explain(data: &Path, args: &ExplainArgs, json: bool) -> Result<(), Failure> {
    let clip = Clip::read(&args.clip, &data.join(SPOOL))?;
    let again = args.rerun.then(|| rerun(&clip));
    if let Some(path) = &args.draw {
        fs::write(path, draw(&clip))
            .with_context(|| format!("write {}", path.display()))
            .coded("output_not_writable")?;
    }
    let told = if json {
        format!("{}\n", as_json(&clip, again.as_ref()))
    } else {
        as_text(&clip, again.as_ref())
    };
    // Whoever reads may have read enough: `apis-unit explain … | head`.
    drop(std::io::stdout().write_all(told.as_bytes()));
    Ok(())
}

fn as_text(clip: &Clip, again: Option<&Rerun>) -> String {
    let mut out = String::new();
    let shape = clip.shape;
    let _ = writeln!(
        out,
        "visit {}\n{} pictures of {} × {} over {:.1} s, boot {}",
        clip.sidecar.visit_id,
        clip.picture_count(),
        shape.width,
        shape.height,
        clip.length_s(),
        clip.sidecar.boot
    );
    for verdict in clip.verdicts() {
        let track = verdict.track.map(|track| format!(", track {track}")).unwrap_or_default();
        let _ = match verdict.moments {
            Some(moments) => writeln!(
                out,
                "\n{} at {:.2} s of the clip{track}, hovering since {:.2} s",
                clip.noun(),
                clip.seconds(moments.decided),
                clip.seconds(moments.hover_since)
            ),
            None => writeln!(out, "\n{}{track}; its moment is not recorded", clip.noun()),
        };
        write_evidence(&mut out, verdict.evidence, "recorded");
        write_way(&mut out, clip, &verdict);
    }
    if let Some(again) = again {
        write_rerun(&mut out, clip, again);
    }
    out
}

/// Evidence in words, then as its list of codes.
fn write_evidence(out: &mut String, evidence: &Evidence, whose: &str) {
    for line in words::sentences(|code| value_of(evidence, code)) {
        let _ = writeln!(out, "  {line}");
    }
    let _ = writeln!(out, "\n  {whose} evidence, version {}", evidence.version);
    for term in &evidence.terms {
        let (name, value) = told(term);
        let _ = writeln!(out, "  {:>5}  {name:<28} {value:>22}", term.term);
    }
}

/// A term's name, and its value with its unit; of later eyes both are bare.
fn told(term: &EvidenceTerm) -> (&'static str, String) {
    match TermCode::of_number(term.term) {
        Some(code) => (code.name(), words::measured(code, term.value)),
        None => ("(of later eyes)", term.value.to_string()),
    }
}

/// Where a verdict's track was over time, and how far from where it was decided on.
fn write_way(out: &mut String, clip: &Clip, verdict: &Verdict<'_>) {
    let steps = way(clip, verdict);
    if steps.is_empty() {
        let _ = writeln!(out, "\n  its way was not kept");
        return;
    }
    let _ = writeln!(out, "\n  its way, and how far it was from its place at that moment");
    for step in steps {
        let mark = "·".repeat(((step.lengths * 2.0).round() as usize).min(BAR_MAX));
        let _ = writeln!(
            out,
            "  {:>7.2} s  {:>5.1} % from the left {:>5.1} % from the top  {:>5.1} body lengths  {mark}",
            step.seconds, step.x_percent, step.y_percent, step.lengths
        );
    }
}

/// One moment of a track's way.
#[derive(Debug, Clone, Copy)]
struct Step {
    frame: u32,
    seconds: f64,
    x_percent: f64,
    y_percent: f64,
    /// From its place at the verdict.
    lengths: f64,
}

/// The way of a verdict's track, thinned to [`WAY_STEP_S`].
fn way(clip: &Clip, verdict: &Verdict<'_>) -> Vec<Step> {
    let points: Vec<(&TrackPoint, Uptime)> = verdict
        .track
        .into_iter()
        .flat_map(|track| clip.way(track))
        .filter_map(|point| Some((point, clip.time_of(point.frame)?)))
        .collect();
    let moment = clip.moment_of(verdict);
    let far = |at: Uptime| at.micros().abs_diff(moment.micros());
    let Some((there, _)) = points.iter().min_by_key(|(_, at)| far(*at)) else {
        return Vec::new();
    };
    let body_px = clip.body_px(verdict, there);
    let place = |point: &TrackPoint| (clip.x_px(point.at.x.raw()), clip.y_px(point.at.y.raw()));
    let percent = |raw: u16| f64::from(raw) / 655.36;
    let (x, y) = place(there);
    let mut steps: Vec<Step> = Vec::new();
    for (point, at) in points {
        let seconds = clip.seconds(at);
        if steps.last().is_some_and(|last| seconds < last.seconds + WAY_STEP_S) {
            continue;
        }
        let here = place(point);
        steps.push(Step {
            frame: point.frame,
            seconds,
            x_percent: percent(point.at.x.raw()),
            y_percent: percent(point.at.y.raw()),
            lengths: (here.0 - x).hypot(here.1 - y) / body_px,
        });
    }
    steps
}

fn write_rerun(out: &mut String, clip: &Clip, again: &Rerun) {
    let _ = writeln!(
        out,
        "\nRE-RUN, not recorded: what the eyes of this program (evidence version {}) make of the\n\
         clip's {} pictures alone. They know nothing of before the clip, neither the background nor\n\
         how long this hive's bees are, and may miss what the unit saw.",
        Rerun::VERSION,
        again.picture_count
    );
    if again.unreadable_count > 0 {
        let _ = writeln!(out, "  pictures that could not be read: {}", again.unreadable_count);
    }
    if again.verdicts.is_empty() {
        let _ = writeln!(out, "\n  no verdict");
    }
    for (track, verdict) in &again.verdicts {
        let _ = writeln!(
            out,
            "\n  verdict at {:.2} s of the clip, track {} of the re-run, hovering since {:.2} s",
            clip.seconds(verdict.decided_at),
            track.0,
            clip.seconds(verdict.hover_since)
        );
        write_evidence(out, &recorded(&verdict.evidence), "re-run");
    }
    let bodies: Vec<String> = again
        .bodies
        .iter()
        .map(|(word, count)| format!("{} {count}", word.replace('_', " ")))
        .collect();
    if !bodies.is_empty() {
        let _ = writeln!(out, "\n  other bodies by the last word on each: {}", bodies.join(", "));
    }
}

/// The eyes' evidence in the form of a recorded one.
fn recorded(evidence: &apis_vision::Evidence) -> Evidence {
    let terms = evidence.terms().iter();
    Evidence {
        version: evidence.version(),
        score_mnat: evidence.value(TermCode::Total).unwrap_or_default(),
        terms: terms
            .map(|term| EvidenceTerm { term: term.code.number(), value: term.value })
            .collect(),
    }
}

fn as_json(clip: &Clip, again: Option<&Rerun>) -> Value {
    let verdicts: Vec<Value> = clip
        .verdicts()
        .iter()
        .map(|verdict| {
            let micros = |at: Uptime| at.micros();
            json!({
                "track": verdict.track,
                "decided_us": verdict.moments.map(|moments| micros(moments.decided)),
                "hover_since_us": verdict.moments.map(|moments| micros(moments.hover_since)),
                "frame": clip.picture_at(clip.moment_of(verdict)).map(|(index, _)| index),
                "evidence": evidence_json(verdict.evidence),
                "way": way(clip, verdict).iter().map(|step| json!({
                    "frame": step.frame,
                    "clip_s": rounded(step.seconds),
                    "x_percent": rounded(step.x_percent),
                    "y_percent": rounded(step.y_percent),
                    "body_lengths": rounded(step.lengths),
                })).collect::<Vec<Value>>(),
            })
        })
        .collect();
    let mut told = json!({
        "clip": clip.path,
        "visit_id": clip.sidecar.visit_id.to_string(),
        "kind": clip.sidecar.kind.word(),
        "boot": clip.sidecar.boot,
        "pictures": clip.picture_count(),
        "width": clip.shape.width,
        "height": clip.shape.height,
        "length_s": rounded(clip.length_s()),
        "recorded": { "verdicts": verdicts },
    });
    if let (Some(again), Some(told)) = (again, told.as_object_mut()) {
        told.insert("rerun".to_owned(), rerun_json(again));
    }
    told
}

fn rerun_json(again: &Rerun) -> Value {
    let verdicts = again.verdicts.iter().map(|(track, verdict)| {
        json!({
            "track": track.0,
            "decided_us": verdict.decided_at.micros(),
            "hover_since_us": verdict.hover_since.micros(),
            "evidence": evidence_json(&recorded(&verdict.evidence)),
        })
    });
    json!({
        "evidence_version": Rerun::VERSION,
        "pictures": again.picture_count,
        "unreadable_pictures": again.unreadable_count,
        "verdicts": verdicts.collect::<Vec<Value>>(),
        "other_bodies": again.bodies,
    })
}

fn evidence_json(evidence: &Evidence) -> Value {
    let terms = evidence.terms.iter().map(|term| {
        let code = TermCode::of_number(term.term);
        json!({
            "code": term.term,
            "value": term.value,
            "name": code.map(TermCode::name),
            "unit": code.map(|code| code.unit().symbol()),
            "steps": code.map(|code| code.unit().steps()),
        })
    });
    json!({
        "version": evidence.version,
        "score_mnat": evidence.score_mnat,
        "words": words::sentences(|code| value_of(evidence, code)),
        "terms": terms.collect::<Vec<Value>>(),
    })
}

/// To a thousandth: what is beyond was not measured.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::tests::kept;

    #[test]
    fn the_text_has_words_codes_with_units_and_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let told = as_text(&kept(folder.path()), None);
        for part in [
            "40 pictures of 64 × 48 over 3.9 s",
            "verdict at 2.00 s of the clip, track 3, hovering since 0.40 s",
            "verdict at 3.00 s of the clip, track 4",
            "2.0 × as long as this hive's bees",
            "stayed within 0.5 body lengths for 1.6 s",
            "recorded evidence, version",
            "32  hover time                                  1.600 s",
        ] {
            assert!(told.contains(part), "no `{part}` in {told}");
        }
        // Two seconds in steps of a quarter; it came from the left and stood at the verdict.
        let way: Vec<&str> = told.lines().filter(|line| line.contains("from the left")).collect();
        assert!(
            way[0].contains("15.3 % from the left") && way[0].ends_with("0.6 body lengths  ·"),
            "{}",
            way[0]
        );
        assert!(way.iter().any(|line| line.contains("  0.0 body lengths")), "{told}");
        assert!(!told.contains("RE-RUN"));
    }

    #[test]
    fn a_rerun_is_labelled_and_stands_apart_from_what_was_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let clip = kept(folder.path());
        let again = rerun(&clip);
        let told = as_text(&clip, Some(&again));
        let (before, after) = told.split_once("RE-RUN, not recorded").unwrap();
        assert!(before.contains("recorded evidence") && after.contains("no verdict"), "{told}");
        let told = as_json(&clip, Some(&again));
        assert_eq!(told["recorded"]["verdicts"][0]["evidence"]["terms"][0]["unit"], "nat");
        assert_eq!(told["rerun"]["evidence_version"], Rerun::VERSION);
        assert_eq!(as_json(&clip, None).get("rerun"), None);
    }

    #[test]
    fn a_term_of_later_eyes_is_shown_bare() {
        let term = EvidenceTerm { term: 9_999, value: -4 };
        assert_eq!(told(&term), ("(of later eyes)", "-4".to_owned()));
    }

    #[test]
    fn a_drawing_is_an_svg() {
        assert!(svg_file("why.svg").is_ok() && svg_file("WHY.SVG").is_ok());
        assert!(svg_file("why.png").is_err() && svg_file("why").is_err());
    }
}
