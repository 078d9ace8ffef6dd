//! `apis-sim bench-live`: what the server adds to live video for many viewers, on one core.

use super::bench::{Bench, ServerArgs, last_json, pinned};
use super::viewers::VideoArgs;
use anyhow::{Context, Result};
use apis_protocol::settings::Pin;
use apis_testkit::certificate::Certificate;
use serde_json::json;

/// Starts a server on one core, looks at it from another, and prints one JSON line.
#[derive(Debug, clap::Args)]
pub struct BenchLiveArgs {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    video: VideoArgs,
    /// Viewers come by TLS.
    #[arg(long)]
    tls: bool,
    /// The core that unit and viewers are held to.
    #[arg(long, default_value_t = 1)]
    load_core: u32,
}

const EMAIL: &str = "bench@apis.example";
const PASSWORD: &str = "nobody else is here";

/// Runs the bench.
pub fn run(args: &BenchLiveArgs) -> Result<()> {
    let bench = Bench::new(&args.server)?;
    let certificate = match args.tls {
        true => Some(Certificate::make(bench.folder(), "127.0.0.1")?),
        false => None,
    };
    let server = bench.start_with(certificate.as_ref())?;
    let tenant = bench.make_tenant()?;
    bench.make_owner(&tenant, EMAIL, PASSWORD)?;
    let claim = bench.make_claim(&tenant)?;

    let own = std::env::current_exe().context("find this program")?;
    let before_ms = server.processor_ms()?;
    let begun = std::time::Instant::now();
    let mut view = pinned(args.load_core, &own);
    view.args(["view", "--claim", &claim, "--people", server.people()]);
    view.args(["--email", EMAIL, "--password", PASSWORD]);
    if let Some(certificate) = &certificate {
        view.args(["--pin", &Pin::of_public_key(&certificate.public_key).to_string()]);
    }
    view.args(["--process", &server.process().to_string()]).args(args.video.words());
    let mut found = last_json(&mut view)?;
    let busy_ms = server.processor_ms()? - before_ms;
    let span_ms = u64::try_from(begun.elapsed().as_millis())?.max(1);
    found["tls"] = json!(args.tls);
    found["server_core_share"] = json!(busy_ms as f64 / span_ms as f64);
    println!("{found}");
    Ok(())
}
