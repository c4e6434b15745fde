//! Every mail in every language as files to look at: `cargo run -p mostrador-mail --example look -- FOLDER`.
//! `*.html` as it comes, `*.dark.html` as a program shows it that asks the device (Chromium: `--force-dark-mode` does
//! something else), `*.txt` the text, `*.eml` the whole.
#![expect(clippy::print_stdout, reason = "a command-line program talks")]

mod samples;

use mostrador_mail::compose;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/mails".into()));
    std::fs::create_dir_all(&folder)?;
    let mut count = 0;
    for language in samples::LANGUAGES {
        for (kind, mail) in samples::mails(language) {
            for (look, colour, logo) in [("teal", "#0f766e", false), ("yellow", "#ffee00", true)] {
                if look == "yellow" && kind != "answers" {
                    continue;
                }
                let composed = compose(&samples::outgoing(language, colour, logo, mail.clone()));
                let stem = format!("{kind}.{language}.{look}");
                let dark = composed
                    .html
                    .replace("@media (prefers-color-scheme:dark)", "@media all")
                    .replace("light dark", "dark");
                std::fs::write(folder.join(format!("{stem}.html")), &composed.html)?;
                std::fs::write(folder.join(format!("{stem}.dark.html")), dark)?;
                std::fs::write(folder.join(format!("{stem}.txt")), &composed.text)?;
                std::fs::write(folder.join(format!("{stem}.eml")), &composed.raw)?;
                count += 1;
            }
        }
    }
    println!("{count} mails in {}", folder.display());
    Ok(())
}
