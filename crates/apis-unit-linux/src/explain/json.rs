//! A clip's verdicts as JSON.

use apis_protocol::records::Evidence;
use apis_unit::keeper::evidence_record;
use apis_units::Uptime;
use apis_vision::TermCode;
use serde_json::{Value, json};

use super::way::way;
use super::{Clip, Rerun, value_of};
use crate::words;

/// The JSON of a clip, and of what a re-run made of it.
pub fn as_json(clip: &Clip, again: Option<&Rerun>) -> Value {
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
            "evidence": evidence_json(&evidence_record(&verdict.evidence)),
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
