//! What functions print, and what the platform says of them: shown in colour per source, or kept for a test to read.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;

const KEPT: usize = 50_000;
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 96];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// A function's name, or `platform`.
    pub source: String,
    pub line: String,
}

#[derive(Debug)]
pub(crate) struct Log {
    shown: bool,
    coloured: bool,
    lines: Mutex<VecDeque<LogLine>>,
}

impl Log {
    pub(crate) fn new(shown: bool) -> Self {
        // https://no-color.org
        let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { shown, coloured, lines: Mutex::new(VecDeque::new()) }
    }

    pub(crate) fn say(&self, line: impl Into<String>) {
        self.write("platform", line.into());
    }

    pub(crate) fn write(&self, source: &str, line: String) {
        if self.shown {
            let hash =
                source.bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
            let colour = COLOURS[hash % COLOURS.len()];
            // A terminal that went away must not take the platform with it.
            let _ = if self.coloured {
                writeln!(std::io::stderr(), "\x1b[{colour}m{source:>13}\x1b[0m {line}")
            } else {
                writeln!(std::io::stderr(), "{source:>13} {line}")
            };
        }
        let mut lines = self.lines.lock().expect("no holder panics");
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(LogLine { source: source.to_owned(), line });
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().expect("no holder panics").iter().cloned().collect()
    }
}
