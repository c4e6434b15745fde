//! What is generated is what is committed.

#[test]
fn nothing_generated_is_stale() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in mostrador_protocol::generate::everything() {
        let committed = std::fs::read_to_string(root.join(file.path)).unwrap_or_default();
        assert!(committed == file.text, "{} is stale: run `cargo xtask generate`", file.path);
    }
}
