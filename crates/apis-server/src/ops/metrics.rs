//! Every metric by name, and the listener that tells them.
//!
//! The table is the whole truth: a test fails on a name that is used and not here, or here and not
//! used, and `docs/ref/metrics.md` is written from it.

use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};

use crate::db::Db;
use crate::media::Media;

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
}

/// Every metric of the server.
pub const METRICS: &[Metric] = &[
    counter(
        "apis_http_requests_total",
        &["door", "route", "method", "status"],
        "requests answered",
    ),
    histogram(
        "apis_http_request_seconds",
        &["door", "route", "method"],
        "time from a request's head to its answer's head",
    ),
    counter("apis_http_problems_total", &["door", "code"], "requests refused, by stable code"),
    counter("apis_foreign_origin_total", &[], "requests from another origin, refused"),
    counter(
        "apis_people_certificate_refused_total",
        &[],
        "looks at a renewed certificate of the people's door that could not be used",
    ),
    counter("apis_sign_in_total", &["outcome"], "sign-ins, `accepted` or `refused`"),
    counter(
        "apis_session_reused_total",
        &[],
        "sessions ended because an old token of theirs was used again",
    ),
    counter("apis_rate_limited_total", &["class"], "requests refused by a limit"),
    histogram("apis_group_commit_rows", &[], "rows of one group commit"),
    counter("apis_group_commit_redone_total", &[], "groups that failed and were redone singly"),
    counter(
        "apis_database_full_total",
        &[],
        "requests refused because the disk under the database was full",
    ),
    gauge("apis_disk_free_bytes", &[], "bytes of the disk under the clips that may be written"),
    gauge("apis_database_connections", &["state"], "connections, `open` and `idle`"),
    counter("apis_jobs_total", &["kind", "outcome"], "job runs, `done` or `failed`"),
    gauge("apis_audit_broken_tenants", &[], "tenants whose audit did not hold at the last check"),
    gauge("apis_job_queue_age_seconds", &[], "how long the oldest due job has waited"),
    // Units: enrolment, heartbeats, commands, visits, uploads, clips.
    counter(
        "apis_unit_refusals_total",
        &["cause"],
        "requests of units refused by signature, key or nonce",
    ),
    counter("apis_claims_refused_total", &[], "claims refused: unknown, used or expired"),
    gauge("apis_heartbeat_age_seconds_max", &[], "how long ago the least fresh unit was heard"),
    counter("apis_heartbeat_write_failures_total", &[], "writes of units' states that failed"),
    counter(
        "apis_clock_implausible_total",
        &[],
        "exchanges in which the server's own clock was not served",
    ),
    gauge("apis_channels_open", &[], "units that hold a control channel open"),
    counter(
        "apis_channel_nonsense_total",
        &[],
        "channels closed because the unit said what is no message",
    ),
    gauge("apis_live_viewers", &[], "who looks at live video"),
    gauge("apis_live_uplinks", &[], "units that send live video"),
    counter("apis_live_frames_total", &[], "live frames that units sent"),
    counter(
        "apis_live_nonsense_total",
        &[],
        "live uplinks closed because the unit sent what is no frame and no message",
    ),
    counter("apis_commands_ended_total", &["state"], "commands that ended, by how"),
    counter("apis_records_total", &["outcome"], "records of units, by what became of each"),
    counter("apis_upload_refusals_total", &["cause"], "requests for uploads refused, by cause"),
    counter(
        "apis_clip_rejected_total",
        &["reason"],
        "clips and sidecars that were not what they should be",
    ),
    counter(
        "apis_clips_made_playable_total",
        &["outcome"],
        "clips that were made playable, `made`, or set aside, by flaw",
    ),
    histogram("apis_clip_make_playable_seconds", &[], "how long it took to make a clip playable"),
    gauge("apis_clips_missing", &[], "clips and sidecars whose bytes are gone, at the last check"),
    gauge("apis_objects_unneeded", &[], "objects that no clip needs, at the last check"),
    // End of the units' section.
];

/// How often gauges of the database and the disk are read.
const GAUGE_PERIOD: Duration = Duration::from_secs(5);

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Counter, labels, meaning }
}

const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, meaning }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, meaning }
}

/// Starts the listener of `/metrics`. Must be called in the runtime.
///
/// Errors: when the address cannot be bound.
pub fn serve(listen: SocketAddr, db: Db, media: Media) -> Result<(), BuildError> {
    PrometheusBuilder::new().with_http_listener(listen).install()?;
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.meaning),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.meaning),
        }
    }
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(GAUGE_PERIOD);
        loop {
            tick.tick().await;
            let (open, idle) = db.connections();
            metrics::gauge!("apis_database_connections", "state" => "open").set(f64::from(open));
            metrics::gauge!("apis_database_connections", "state" => "idle").set(idle as f64);
            let media = media.clone();
            if let Ok(Ok(free)) = tokio::task::spawn_blocking(move || media.free_bytes()).await {
                metrics::gauge!("apis_disk_free_bytes").set(free as f64);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::*;
    use crate::testing::{assert_checked_in, sources};

    /// Names and labels as the sources use them: `counter!("apis_…", "label" => …)`.
    fn used() -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for (path, text) in sources() {
            if path.ends_with("ops/metrics.rs") {
                // Its own table and this test name metrics without using them.
                used.extend(names_in(text.split("#[cfg(test)]").next().unwrap_or_default()));
            } else {
                used.extend(names_in(&text));
            }
        }
        used
    }

    fn names_in(text: &str) -> Vec<String> {
        ["counter!(", "gauge!(", "histogram!("]
            .into_iter()
            .flat_map(|call| text.split(call).skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_metric_that_is_used_is_in_the_table_and_none_there_is_dead() {
        let known: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
        assert_eq!(known.len(), METRICS.len(), "a name stands twice");
        assert_eq!(used(), known);
    }

    #[test]
    fn the_table_of_metrics_is_checked_in() {
        let mut made = String::from(
            "# Metrics of the server\n\nMade from `crates/apis-server/src/ops/metrics.rs`; \
             a test compares.\nThey are told in Prometheus' text format at `/metrics` of \
             `metrics.listen`, which is off unless configured.\n\n\
             | name | kind | labels | meaning |\n| --- | --- | --- | --- |\n",
        );
        for metric in METRICS {
            let Metric { name, kind, labels, meaning } = metric;
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let labels = labels.join(", ");
            writeln!(made, "| `{name}` | {kind} | {labels} | {meaning} |").unwrap();
        }
        assert_checked_in("docs/ref/metrics.md", &made);
    }
}
