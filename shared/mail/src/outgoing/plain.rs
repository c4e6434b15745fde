//! The mail in text: for those who read mails so, and for everything that reads mails to people.

use super::{Page, Said, Section};
use crate::rich::{plain_pictured, plain_text};

pub(super) fn render(page: &Page<'_>) -> String {
    let mut paragraphs = vec![page.title.clone()];
    for section in &page.sections {
        paragraphs.push(match section {
            Section::Said(said) => self::said(said),
            Section::Note(text) => text.clone(),
            Section::Person { name, address, page, open } => {
                let address = address.as_ref().map(|address| format!("{name} <{address}>"));
                let mut lines = vec![address.unwrap_or_else(|| name.clone())];
                lines.extend(page.as_ref().map(|(on, link)| format!("{on} {}", link.as_str())));
                lines.extend(open.as_ref().map(|(words, link)| format!("{words}: {}", link.as_str())));
                lines.join("\n")
            }
        });
    }
    if let Some((words, link)) = &page.button {
        paragraphs.push(format!("{words}:\n{}", link.as_str()));
    }
    paragraphs.extend(page.hint.clone());
    if !page.earlier.is_empty() {
        paragraphs.push(format!("{}:", page.earlier_title));
        paragraphs.extend(page.earlier.iter().map(|line| quoted(&said(line))));
    }
    let mut footer = vec!["-- ".to_owned(), page.signature.clone()];
    footer.extend((!page.why.is_empty()).then(|| page.why.clone()));
    footer.extend(page.leave.as_ref().map(|(words, link)| format!("{words}: {}", link.as_str())));
    paragraphs.push(footer.join("\n"));
    let mut text = paragraphs.join("\n\n");
    text.push('\n');
    text
}

fn said(said: &Said) -> String {
    let mut lines = vec![format!("{} · {}", said.who, said.when)];
    let words = if said.pictured { plain_pictured } else { plain_text };
    lines.extend((!said.text.is_empty()).then(|| words(&said.text)));
    lines.extend(said.files.iter().map(|file| format!("{}: {}", file.name.as_str(), file.link.as_str())));
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}
