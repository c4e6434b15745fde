//! `cargo xtask bench`: builds ws-message as it is deployed and the two baselines, and measures them in one run; and what
//! deciding 100 triggers costs.

use crate::run::build;
use crate::tools::{cargo, node_modules, npm, root};
use anyhow::Result;

/// Beside the other builds: `target/lambda` is where packages for AWS lie.
const TARGET: &str = "target/bench";

pub fn bench() -> Result<()> {
    node_modules()?;
    npm(&["run", "bundle", "--workspace", "tests/bench"])?;
    // The platform and the other functions: the same for all, so not worth an optimised build.
    build(false)?;
    cargo(&["build", "--profile", "lambda", "-p", "ws-message", "--target-dir", TARGET])?;
    let plain = "tests/bench/plain-function/Cargo.toml";
    cargo(&["build", "--release", "--locked", "--manifest-path", plain, "--target-dir", TARGET])?;
    // Rules alone, without a platform: 100 triggers for one page view.
    cargo(&["bench", "-p", "mostrador-domain", "--bench", "triggers", "--target-dir", TARGET])?;
    let path = |relative: &str| root().join(relative).display().to_string();
    cargo(&[
        "bench",
        "--profile",
        "dev",
        "-p",
        "bench",
        "--",
        "--ours",
        &path("target/bench/lambda/ws-message"),
        "--plain",
        &path("target/bench/release/plain-function"),
        "--node",
        &path("tests/bench/dist/index.cjs"),
    ])
}
