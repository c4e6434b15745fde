//! What is generated is what is committed.

#[path = "../src/bin/generate/frames.rs"]
mod frames;

#[test]
fn nothing_generated_is_stale() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = mostrador_protocol::generate::everything();
    files.push(frames::page());
    for file in files {
        let committed = std::fs::read_to_string(root.join(file.path)).unwrap_or_default();
        assert!(committed == file.text, "{} is stale: run `cargo xtask generate`", file.path);
    }
}
