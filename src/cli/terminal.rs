//! How wide and how colourful comparisons are written.

use anstream::AutoStream;

use crate::compare::TextOptions;

/// Where a text goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Colours and broken lines for people on a terminal; one line a paragraph for everything else.
pub(crate) fn options(stream: Stream) -> TextOptions {
    let choice = match stream {
        Stream::Stdout => AutoStream::choice(&std::io::stdout()),
        Stream::Stderr => AutoStream::choice(&std::io::stderr()),
    };
    TextOptions { ansi: choice != anstream::ColorChoice::Never, width: Some(100), marked_text: true }
}
