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
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().tool {
        Tool::Scene(args) => apis_sim::scene::command::run(&args),
    }
}
