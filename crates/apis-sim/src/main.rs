//! `apis-sim`: one program, one bench tool per subcommand.

use clap::{Parser, Subcommand};

/// Drawn scenes and simulated hardware for APIS.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Subcommand)]
enum Tool {
    /// Draw a hive front with bees and hornets as raw video, and write down what was true.
    Scene(apis_sim::scene::command::SceneArgs),
    /// Be the pins, one-shot, servo and laser of a unit, and write down what was lit.
    Body(apis_sim::body::command::BodyArgs),
    /// Press the arm button or the kill switch of a simulated body.
    Press(apis_sim::body::command::PressArgs),
    /// Set, break or mend a part of a simulated body.
    SetBody(apis_sim::body::command::SetBodyArgs),
    /// Count what the eyes and plain detectors find, miss and imagine in scenes and footage.
    Eval(Box<apis_sim::eval::command::EvalArgs>),
    /// Time a VGA frame with 40 bees through the eyes.
    BenchEyes(apis_sim::bench::BenchEyesArgs),
    /// Run the real guard before a simulated body, with a hornet that never leaves.
    Guard(apis_sim::body::bare::GuardArgs),
    /// Measure the time from a target to the drive.
    BenchDrive(apis_sim::body::bench::BenchDriveArgs),
    /// Send one signed request of the units' protocol by hand.
    Send(Box<apis_sim::send::command::SendArgs>),
    /// Post signed heartbeats of many units, as fast as they are answered.
    Load(apis_sim::send::load::LoadArgs),
    /// Measure how many signed heartbeats a server takes on one core.
    BenchHeartbeats(apis_sim::send::bench::BenchHeartbeatsArgs),
    /// Measure how fast clips come in, against a plain PUT to the same disk.
    BenchUploads(apis_sim::send::bench_uploads::BenchUploadsArgs),
    /// Be a unit that sends live video, and many viewers.
    View(Box<apis_sim::send::viewers::ViewArgs>),
    /// Measure what a server on one core adds to live video for many viewers.
    BenchLive(apis_sim::send::bench_live::BenchLiveArgs),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().tool {
        Tool::Scene(args) => apis_sim::scene::command::run(&args),
        Tool::Body(args) => apis_sim::body::command::run_body(&args),
        Tool::Press(args) => apis_sim::body::command::run_press(&args),
        Tool::SetBody(args) => apis_sim::body::command::run_set_body(&args),
        Tool::Eval(args) => apis_sim::eval::command::run(&args),
        Tool::BenchEyes(args) => apis_sim::bench::run(&args),
        Tool::Guard(args) => apis_sim::body::bare::run(&args),
        Tool::BenchDrive(args) => apis_sim::body::bench::run(&args),
        Tool::Send(args) => apis_sim::send::command::run(&args),
        Tool::Load(args) => apis_sim::send::load::run(&args),
        Tool::BenchHeartbeats(args) => apis_sim::send::bench::run(&args),
        Tool::BenchUploads(args) => apis_sim::send::bench_uploads::run(&args),
        Tool::View(args) => apis_sim::send::viewers::run(&args),
        Tool::BenchLive(args) => apis_sim::send::bench_live::run(&args),
    }
}
