//! A connection whose requests are looked at before hyper sees them, and which cannot be held up by its client.
//!
//! Heads of HTTP/1 are passed on whole and only when they are sound. In the place of one that is not, hyper gets a
//! plain request, and the service finds the [`Refusal`] beside it: so a refusal is answered in its turn, behind the
//! answers before it. HTTP/2 passes unseen after its preface; its own layer checks it.
//!
//! While hyper has nothing to do, the guard answers the plainest requests itself ([`Express`]), and hyper never hears
//! of them. The first request of a connection is always hyper's, so that it knows which protocol is spoken.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{
    express::{Express, Reply},
    head::{self, Framing, Refusal},
    limits::{Limits, Pace},
    patience::{Alarm, Progress},
    visit::Visit,
};

/// How HTTP/2 with prior knowledge begins (RFC 9113 §3.4), up to the end of what looks like a head.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";
/// What hyper gets in the place of a request that is refused.
const IN_ITS_PLACE: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// How many bytes are read at once.
const READ_BYTES: usize = 8 * 1024;
/// How much of what a refused client still sends is read, so that the answer reaches it.
const LINGER_BYTES: usize = 1024 * 1024;
/// How long it is read.
const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

/// What the next bytes of the client are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing, until a request begins.
    Between { first: bool },
    /// A head since then, of which so many bytes were searched for the end.
    Head { since: Instant, searched: usize },
    /// So many bytes of a body.
    Body { left: u64 },
    /// Chunks. Where they end is hyper's business, so nothing may follow them.
    Chunks,
    /// HTTP/2.
    Frames,
    /// Of no interest any more.
    Refused,
}

/// A stream with its guard.
pub(super) struct Guard<S> {
    stream: S,
    limits: Limits,
    visit: Arc<Visit>,
    state: State,
    /// Read and not looked at.
    input: Vec<u8>,
    /// Looked at and to be passed on.
    sound: Bytes,
    ended: bool,
    alarm: Alarm,
    write_alarm: Alarm,
    reading: Progress,
    writing: Progress,
    lingering: Option<(Instant, usize)>,
    express: Option<Express>,
    /// An answer that hyper does not know of, until it is out.
    reply: Option<Reply>,
    /// Requests of HTTP/1 that were passed on.
    given: usize,
    /// Whether hyper may still hold bytes of an answer: it flushes when it holds none.
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    pub(super) fn new(stream: S, limits: Limits, visit: Arc<Visit>) -> Self {
        Guard {
            stream,
            limits,
            visit,
            state: State::Between { first: true },
            input: Vec::new(),
            sound: Bytes::new(),
            ended: false,
            alarm: Alarm::default(),
            write_alarm: Alarm::default(),
            reading: Progress::new(limits.pace),
            // The system takes and sends answers in larger pieces. What it took at the beginning makes the first such
            // time pass without the client: it may hold its place for two of them.
            writing: Progress::new(Pace { within: 2 * limits.pace.within, ..limits.pace }),
            lingering: None,
            express: None,
            reply: None,
            given: 0,
            unflushed: false,
        }
    }

    /// The same, which answers plain requests itself.
    pub(super) fn with_express(self, express: Option<Express>) -> Self {
        Guard { express, ..self }
    }

    /// Looks at what has come, until there is something to pass on or more must come.
    fn look(&mut self) {
        while self.sound.is_empty() && self.reply.is_none() && !self.input.is_empty() {
            match self.state {
                State::Between { .. } => self.begin(),
                State::Head { since, searched } => match head::end(&self.input, searched) {
                    Some(end) => self.head(end),
                    None if self.input.len() >= self.limits.head_bytes => self.refuse(Refusal::TooLarge),
                    None => return self.state = State::Head { since, searched: self.input.len() },
                },
                State::Body { left } => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
                    self.pass(most);
                    self.body_passed(most);
                }
                State::Chunks | State::Frames => self.pass(self.input.len()),
                State::Refused => self.input.clear(),
            }
        }
    }

    /// A request begins, perhaps after an empty line (RFC 9112 §2.2).
    fn begin(&mut self) {
        let empty = self.input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.input.drain(..empty);
        match self.input.first() {
            // A client that speaks TLS, say, would send no end of a head.
            Some(byte) if !byte.is_ascii_graphic() => self.refuse(Refusal::Unreadable),
            Some(_) => self.state = State::Head { since: Instant::now(), searched: 0 },
            None => {}
        }
    }

    /// A head of `end` bytes is whole.
    fn head(&mut self, end: usize) {
        if self.input.starts_with(PREFACE) {
            self.state = State::Frames;
            return;
        }
        if end > self.limits.head_bytes {
            return self.refuse(Refusal::TooLarge);
        }
        self.state = match head::inspect(&self.input[..end], &self.limits) {
            Err(refusal) => return self.refuse(refusal),
            Ok(Framing::Length(0)) => {
                self.reply = self.express_reply(end);
                if self.reply.is_some() {
                    self.state = State::Between { first: false };
                    self.input.drain(..end);
                    return;
                }
                State::Between { first: false }
            }
            Ok(Framing::Length(left)) => State::Body { left },
            Ok(Framing::Chunked) => {
                self.visit.close();
                State::Chunks
            }
        };
        self.reading.begin();
        self.visit.find(None);
        self.given += 1;
        self.pass(end);
    }

    /// The answer to a head of `end` bytes, if it can go out at once: nothing of an earlier answer is on its way.
    fn express_reply(&self, end: usize) -> Option<Reply> {
        let is_level = self.given > 0 && self.given == self.visit.finished() && !self.unflushed;
        let express = self.express.as_ref().filter(|_| is_level && !self.visit.is_closing())?;
        express.answer(&self.input[..end], &self.visit)
    }

    /// Ready when no answer of the guard's own is on its way any more.
    fn poll_reply(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(reply) = &self.reply {
            let written = Pin::new(&mut self.stream).poll_write_vectored(context, &reply.left());
            match ready!(self.poll_written(context, written))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.reply = self.reply.take().and_then(|reply| reply.passed(bytes)),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.visit.find(Some(refusal));
        self.visit.close();
        self.state = State::Refused;
        self.input.clear();
        self.sound = Bytes::from_static(IN_ITS_PLACE);
    }

    fn pass(&mut self, most: usize) {
        self.sound = Bytes::copy_from_slice(&self.input[..most]);
        self.input.drain(..most);
    }

    fn body_passed(&mut self, bytes: usize) {
        if let State::Body { left } = &mut self.state {
            *left = left.saturating_sub(bytes as u64);
            if *left == 0 {
                self.state = State::Between { first: false };
            }
        }
    }

    /// Reads more, into `input`. Gives the number of bytes.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut space = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut space))?;
        self.input.extend_from_slice(space.filled());
        Poll::Ready(Ok(space.filled().len()))
    }

    /// What to do when the client sends nothing: wait, end the connection, or refuse what it has begun.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let ends = match self.state {
                State::Frames | State::Refused => return Poll::Pending,
                State::Between { .. } if self.visit.is_busy() => Instant::now() + self.limits.idle,
                State::Between { first: true } => self.visit.stirred_at() + self.limits.first_byte,
                State::Between { first: false } => self.visit.stirred_at() + self.limits.idle,
                State::Head { since, .. } => since + self.limits.head,
                State::Body { .. } | State::Chunks => self.reading.waits(),
            };
            ready!(self.alarm.poll(context, ends));
            match self.state {
                State::Body { .. } | State::Chunks => self.reading.check()?,
                State::Head { .. } => self.refuse(Refusal::TooSlow),
                _ => self.ended = true,
            }
            if self.ended || self.state == State::Refused {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// What became of a write: nothing yet is too slow some time.
    fn poll_written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                self.writing.passed(*bytes);
                if self.state != State::Frames {
                    self.visit.stir();
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let ends = self.writing.waits();
                if self.write_alarm.poll(context, ends).is_ready() {
                    self.writing.check()?;
                    context.waker().wake_by_ref();
                }
            }
        }
        written
    }

    /// Whether the client may still be sending what nobody will read.
    fn is_cut_short(&self) -> bool {
        !self.ended && !matches!(self.state, State::Between { .. } | State::Frames)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        loop {
            ready!(guard.poll_reply(context))?;
            guard.look();
            if guard.reply.is_some() {
                continue;
            }
            if !guard.sound.is_empty() {
                let most = guard.sound.len().min(buf.remaining());
                buf.put_slice(&guard.sound.split_to(most));
                return Poll::Ready(Ok(()));
            }
            if guard.ended {
                return Poll::Ready(Ok(()));
            }
            if guard.state == State::Refused {
                // The answer ends the connection.
                return Poll::Pending;
            }
            match guard.poll_more(context) {
                Poll::Ready(read) => {
                    let bytes = read?;
                    guard.ended = bytes == 0;
                    guard.reading.passed(bytes);
                }
                Poll::Pending => ready!(guard.poll_patience(context))?,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let guard = self.get_mut();
        guard.unflushed = true;
        let written = Pin::new(&mut guard.stream).poll_write(context, bytes);
        guard.poll_written(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let guard = self.get_mut();
        guard.unflushed = true;
        let written = Pin::new(&mut guard.stream).poll_write_vectored(context, slices);
        guard.poll_written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        guard.unflushed = false;
        Pin::new(&mut guard.stream).poll_flush(context)
    }

    /// Ends the answers. If the client was refused in the middle of what it sends, some of that is still read: closing
    /// with unread bytes resets the connection, and the answer could be lost on its way.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        ready!(guard.poll_reply(context))?;
        if guard.lingering.is_none() {
            ready!(Pin::new(&mut guard.stream).poll_shutdown(context))?;
            guard.lingering = Some((Instant::now() + LINGER, 0));
        }
        while let Some((until, read)) = guard.lingering
            && guard.is_cut_short()
            && read < LINGER_BYTES
        {
            guard.input.clear();
            match guard.poll_more(context) {
                Poll::Ready(Ok(0) | Err(_)) => guard.ended = true,
                Poll::Ready(Ok(bytes)) => guard.lingering = Some((until, read + bytes)),
                Poll::Pending => {
                    ready!(guard.alarm.poll(context, until));
                    guard.ended = true;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
