//! The same as JSON: every figure of every family and every clip.

use crate::eval::corpus;
use crate::eval::run::Column;
use crate::eval::sum::{Scored, Sum, by_family, by_kind};
use serde_json::{Value, json};

/// Everything that was counted.
pub fn document(columns: &[Column], has_clips: bool) -> Value {
    let column = |column: &Column| {
        let families: Vec<Value> = by_family(&column.results).iter().map(sum).collect();
        let kinds: Vec<Value> = by_kind(&column.results).iter().map(sum).collect();
        let clips = column.results.iter().filter(|_| has_clips);
        let clips: Vec<Value> = clips.map(clip).collect();
        json!({
            "detector": column.contender.detector.word(),
            "calibrated": column.contender.is_calibrated,
            "kinds": kinds,
            "families": families,
            "clips": clips,
        })
    };
    let columns: Vec<Value> = columns.iter().map(column).collect();
    json!({ "set_version": corpus::VERSION, "columns": columns })
}

fn sum(sum: &Sum) -> Value {
    let count = &sum.count;
    let round = |value: f64| (value * 1_000.0).round() / 1_000.0;
    let hours = sum.free_hours();
    let per_hour = |count: usize| (hours > 0.0).then(|| round(count as f64 / hours));
    let (recall_low, recall_high) = sum.recall().interval();
    json!({
        "kind": sum.kind.word(),
        "family": sum.family,
        "clips": sum.clips,
        "f1": sum.f1().map(round),
        "due": count.due,
        "found": count.found,
        "found_interval": [round(recall_low), round(recall_high)],
        "missed": count.missed(),
        "false": count.wrong,
        "false_on_passing": count.passing,
        "duplicates": count.duplicates,
        "uncertain": count.uncertain,
        "free_minutes_per_hover": round(sum.free_minutes()),
        "free_hours": round(hours),
        "delay_ms_p50": sum.delay_ms(50),
        "delay_ms_p95": sum.delay_ms(95),
        "false_per_hour": per_hour(count.all_wrong()),
        "false_emissions_per_hour": per_hour(count.wrong_emissions),
        "false_emissions": count.wrong_emissions,
        "swaps": count.swaps,
        "position_error_lengths": round(count.position.0 / count.position.1.max(1) as f64),
        "us_per_frame": count.busy_ns / 1_000 / count.frames.max(1) as u64,
    })
}

fn clip(result: &Scored) -> Value {
    let count = &result.count;
    let remarks: Vec<&str> = count.remarks.iter().map(|(_, remark)| remark.as_str()).collect();
    json!({
        "kind": result.kind.word(),
        "family": result.family,
        "name": result.name,
        "due": count.due,
        "found": count.found,
        "false": count.wrong,
        "false_on_passing": count.passing,
        "duplicates": count.duplicates,
        "delays_ms": count.delays_us.iter().map(|delay| delay / 1_000).collect::<Vec<_>>(),
        "false_emissions": count.wrong_emissions,
        "remarks": remarks,
    })
}
