//! A clip's verdicts as text: words first, then every code with its value and unit, then the way.

use std::fmt::Write as _;

use apis_protocol::records::{Evidence, EvidenceTerm};
use apis_unit::keeper::evidence_record;
use apis_vision::TermCode;

use super::way::way;
use super::{Clip, Rerun, Verdict, value_of};
use crate::words;

/// Longest bar of a line of the way; one mark is half a body length.
const BAR_MAX: usize = 40;

/// The text of a clip, and of what a re-run made of it.
pub fn as_text(clip: &Clip, again: Option<&Rerun>) -> String {
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
        write_evidence(out, &evidence_record(&verdict.evidence), "re-run");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::tests::kept;
    use crate::explain::{as_json, rerun};

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
}
