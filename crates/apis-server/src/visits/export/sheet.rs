//! An export as a sheet: a row a visit and a row a span of watching, told apart by the first column.

use apis_server_api::visits::{Visit, Watched};

use super::source::{Names, Page};

const COLUMNS: [&str; 21] = [
    "row",
    "id",
    "unit",
    "unit_id",
    "site",
    "from",
    "until",
    "is_time_suspect",
    "kind",
    "labels",
    "departure",
    "line_on_count",
    "line_on_ms",
    "refusals",
    "detector",
    "evidence_version",
    "score_mnat",
    "evidence",
    "watched_ms",
    "blind_ms",
    "insect_count",
];

/// The first line.
pub fn head() -> Vec<u8> {
    write(std::iter::once(COLUMNS.map(str::to_owned)))
}

/// The lines of a page.
pub fn rows(page: &Page, names: &Names) -> Vec<u8> {
    match page {
        Page::Visits(visits) => write(visits.iter().map(|visit| of_visit(visit, names))),
        Page::Watched(spans) => write(spans.iter().map(|span| of_span(span, names))),
        Page::End => Vec::new(),
    }
}

fn write<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .has_headers(false)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(|field| harmless(&field))).expect("memory takes every row");
    }
    writer.into_inner().expect("memory takes every row")
}

/// Programs for sheets run what begins like a formula; what people and units named may not.
fn harmless(field: &str) -> String {
    let is_number = field.parse::<i64>().is_ok();
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        return format!("'{field}");
    }
    field.to_owned()
}

fn of_visit(visit: &Visit, names: &Names) -> [String; 21] {
    let site = visit.site_id.as_ref().and_then(|id| names.sites.get(id));
    let lit_us = visit.emissions.iter().map(|one| one.ended_us.saturating_sub(one.begun_us));
    let labels = visit.labels.iter().map(|label| label.label.word().to_owned());
    let refusals = visit.refusals.iter().map(|one| format!("{}={}", one.rule, one.count));
    let evidence = visit.evidence.as_ref();
    let terms = evidence.iter().flat_map(|evidence| &evidence.terms);
    let terms = terms.map(|term| format!("{}={}", term.term, term.value));
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    [
        "visit".to_owned(),
        visit.id.clone(),
        names.units.get(&visit.unit_id).cloned().unwrap_or_default(),
        visit.unit_id.clone(),
        site.cloned().unwrap_or_default(),
        visit.opened_at.clone(),
        text(&visit.closed_at),
        visit.is_time_suspect.to_string(),
        visit.kind.clone(),
        joined(labels),
        text(&visit.departure),
        visit.emissions.len().to_string(),
        (lit_us.sum::<u64>() / 1_000).to_string(),
        joined(refusals),
        text(&visit.detector),
        evidence.map(|evidence| evidence.version.to_string()).unwrap_or_default(),
        evidence.map(|evidence| evidence.score_mnat.to_string()).unwrap_or_default(),
        joined(terms),
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn of_span(span: &Watched, names: &Names) -> [String; 21] {
    let mut row = [const { String::new() }; 21];
    row[0] = "watched".to_owned();
    row[2] = names.units.get(&span.unit_id).cloned().unwrap_or_default();
    row[3].clone_from(&span.unit_id);
    row[5].clone_from(&span.from);
    row[6].clone_from(&span.until);
    row[7] = span.is_time_suspect.to_string();
    row[18] = span.watched_ms.to_string();
    row[19] = span.blind_ms.to_string();
    row[20] = span.insect_count.to_string();
    row
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<String>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text_and_numbers_stay_numbers() {
        for (field, shown) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+1+1", "'+1+1"),
            ("@sum", "'@sum"),
            ("-31", "-31"),
            ("Lime tree", "Lime tree"),
        ] {
            assert_eq!(harmless(field), shown);
        }
    }

    #[test]
    fn every_line_has_every_column() {
        let head = String::from_utf8(head()).unwrap();
        assert_eq!(head.matches(',').count(), COLUMNS.len() - 1);
        assert!(head.ends_with("\r\n"));
    }
}
