//! Tables for the terminal, the worst first.

use crate::eval::clip::Kind;
use crate::eval::run::Column;
use crate::eval::sum::{Scored, Share, Sum, by_family, by_kind, rate_max};
use std::fmt::Write as _;

/// Files shown at most in a table of the worst.
const WORST: usize = 15;

/// One contender's tables.
pub fn tables(column: &Column) -> String {
    let mut text = format!("\n══ {} ══\n", column.contender.name());
    let families = by_family(&column.results);
    for whole in by_kind(&column.results) {
        let of_kind = |sum: &&Sum| sum.kind == whole.kind;
        let _ = writeln!(text, "\n{} ({} clips)", whole.kind.word(), whole.clips);
        let _ = writeln!(text, "{HEAD}");
        for sum in families.iter().filter(of_kind).chain([&whole]) {
            let _ = writeln!(text, "{}", line(sum));
        }
        if whole.kind == Kind::Drawn {
            let _ = writeln!(text, "{}", quiet_line(&families, &whole));
        }
        text.push_str(&worst(&column.results, whole.kind));
    }
    text
}

const HEAD: &str = "family         F1   found (95 %)          missed false pass twice  free   delay p50/p95   \
                    false/h (≤)     lit/h  swaps  off    µs/frame";

fn line(sum: &Sum) -> String {
    let count = &sum.count;
    let f1 = sum.f1().map_or("   –".to_owned(), |f1| format!("{f1:.2}"));
    let delay = |percent| sum.delay_ms(percent).map_or("–".to_owned(), |ms| ms.to_string());
    let hours = sum.free_hours();
    let off = count.position.0 / count.position.1.max(1) as f64;
    format!(
        "{:<14} {f1} {:<22} {:>5} {:>5} {:>4} {:>5} {:>6.1} {:>6}/{:<6} ms {:>6.2} ({:.2}) {:>6.2} {:>5} {:>5.2} {:>8}",
        sum.family,
        share(sum.recall()),
        count.missed(),
        count.wrong,
        count.passing,
        count.duplicates,
        sum.free_minutes(),
        delay(50),
        delay(95),
        count.all_wrong() as f64 / hours.max(1e-9),
        rate_max(count.all_wrong(), hours),
        count.wrong_emissions as f64 / hours.max(1e-9),
        count.swaps,
        off,
        count.busy_ns / 1_000 / count.frames.max(1) as u64,
    )
}

fn share(share: Share) -> String {
    if share.of == 0 {
        return "–".to_owned();
    }
    let (low, high) = share.interval();
    format!("{}/{} ({:.2}–{:.2})", share.count, share.of, low, high)
}

/// What the goals of the whole set are about.
fn quiet_line(families: &[Sum], whole: &Sum) -> String {
    let drawn = families.iter().filter(|sum| sum.kind == Kind::Drawn);
    let worst = drawn.filter_map(|sum| Some((sum.f1()?, sum))).min_by(|a, b| a.0.total_cmp(&b.0));
    let worst = worst.map_or("–".to_owned(), |(f1, sum)| format!("{} {f1:.2}", sum.family));
    let hours = whole.free_hours();
    format!(
        "pooled F1 {:.3}; lowest family {worst}; {:.1} h without a hover; duplicates {:.1} %",
        whole.f1().unwrap_or_default(),
        hours,
        100.0 * whole.count.duplicates as f64 / whole.count.found.max(1) as f64,
    )
}

/// The clips with the most to mend, and what.
fn worst(results: &[Scored], kind: Kind) -> String {
    let is_bad = |result: &&Scored| result.kind == kind && result.count.faults() > 0;
    let mut bad: Vec<&Scored> = results.iter().filter(is_bad).collect();
    bad.sort_by_key(|result| std::cmp::Reverse(result.count.faults()));
    let mut text = String::new();
    for result in bad.iter().take(WORST) {
        let count = &result.count;
        let _ = writeln!(
            text,
            "  {}: {} missed, {} false, {} on passing, {} twice",
            result.name,
            count.missed(),
            count.wrong,
            count.passing,
            count.duplicates
        );
        for (_, remark) in count.remarks.iter().take(4) {
            let _ = writeln!(text, "    {remark}");
        }
    }
    if bad.len() > WORST {
        let _ = writeln!(text, "  and {} more", bad.len() - WORST);
    }
    text
}
