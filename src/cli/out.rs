//! Writing to the terminal or into a pipe: colours only for people, plain aligned text for everything else.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write},
    time::{Duration, Instant as Stopwatch},
};

use clap::builder::styling::{AnsiColor, Style};

use super::error::{CliError, CliResult};

/// Headings and what matters most.
pub(crate) const BOLD: Style = Style::new().bold();
/// What stands beside the matter: ids, digests, dates.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Errors, removed words.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// Done, added words.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// Attention, hints.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// `text` in `style`; the style is taken away again where there is no terminal (`NO_COLOR`, `--color never`).
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes `text` to stdout as it is.
///
/// # Errors
/// Only when it cannot be written. A reader that has gone away (`| head`) is no error: the program just ends.
pub(crate) fn print(text: impl AsRef<str>) -> CliResult<()> {
    finish(anstream::stdout().write_all(text.as_ref().as_bytes()))
}

/// Writes a line to stdout.
///
/// # Errors
/// As [`print`].
pub(crate) fn line(text: impl AsRef<str>) -> CliResult<()> {
    print(format!("{}\n", text.as_ref()))
}

/// Writes bytes to stdout as they are.
///
/// # Errors
/// As [`print`].
pub(crate) fn bytes(bytes: &[u8]) -> CliResult<()> {
    finish(io::stdout().lock().write_all(bytes))
}

/// Writes JSON to stdout, indented, with a final line feed.
///
/// # Errors
/// As [`print`].
pub(crate) fn json(value: &serde_json::Value) -> CliResult<()> {
    bytes(format!("{value:#}\n").as_bytes())
}

/// Tells a person something on stderr: remarks and progress never get into a pipe.
pub(crate) fn tell(text: impl AsRef<str>) {
    // Nobody is left to be told that stderr is closed.
    let _ = writeln!(anstream::stderr(), "{}", text.as_ref());
}

fn finish(written: io::Result<()>) -> CliResult<()> {
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.map_err(|error| CliError::unreachable(format!("cannot write to stdout: {error}"))),
    }
}

/// Rows as aligned columns, two spaces apart; no spaces at the ends of lines. Styles do not count as width.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|row| row.get(c)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(c, cell)| {
            let padding = if c + 1 == row.len() { 0 } else { widths[c] - width(cell) };
            format!("{cell}{}", " ".repeat(padding))
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// How many columns a text takes on a terminal, near enough: its characters without styles.
fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

/// Progress on stderr: a line that rewrites itself on a terminal, and a line now and then in a file or a pipe.
pub(crate) struct Progress {
    what: &'static str,
    on_terminal: bool,
    told: Stopwatch,
}

/// How long a reader of a log is left without a word.
const SILENCE: Duration = Duration::from_secs(20);

impl Progress {
    pub(crate) fn of(what: &'static str) -> Self {
        Progress { what, on_terminal: io::stderr().is_terminal(), told: Stopwatch::now() }
    }

    /// Says how far the work is.
    pub(crate) fn at(&mut self, count: u64) {
        if self.on_terminal {
            let _ = write!(io::stderr(), "\r{} {count}", self.what);
        } else if self.told.elapsed() >= SILENCE {
            self.told = Stopwatch::now();
            tell(format!("{} {count}", self.what));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Says of an error what happened, where, and what to do.
pub(crate) fn report(error: &CliError) {
    let mut text = format!("{} {}", styled(RED.bold(), "error:"), capital(&error.message));
    for fault in &error.faults {
        let pointer = styled(BOLD, if fault.pointer.is_empty() { "(whole file)" } else { &fault.pointer });
        let code = styled(DIM, format!("[{}]", fault.code));
        // A single fault often is the message itself: said once is enough.
        let detail = if fault.detail == error.message { " " } else { &format!("\n      {} ", fault.detail) };
        text.push_str(&format!("\n  {pointer}{detail}{code}"));
    }
    if let Some(next) = &error.next {
        text.push_str(&format!("\n{} {next}", styled(YELLOW.bold(), "next:")));
    }
    tell(text);
}

/// A sentence begins with a capital letter, unless it begins with a name: an address, a file, an id, or what somebody
/// gave as an argument, which is a name though it may look like a word.
pub(crate) fn capital(text: &str) -> String {
    let is_given = |word: &str| std::env::args().any(|given| given.rsplit('=').next() == Some(word));
    let is_plain = |word: &str| word.chars().all(|c| c.is_ascii_lowercase());
    let is_word = text.split(' ').next().is_some_and(|word| is_plain(word) && !is_given(word));
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if is_word => first.to_uppercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_whatever_their_style() {
        let rows = [vec![styled(BOLD, "a"), "b".to_owned()], vec!["long".to_owned(), String::new()]];
        let text = anstream::adapter::strip_str(&table(&rows)).to_string();
        assert_eq!(text, "a     b\nlong\n");
    }
}
