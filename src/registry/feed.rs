//! What changed, as Atom feeds (RFC 4287): of one certification, one supplier, a reader's list, or everything.
//!
//! Ids are tag URIs (RFC 4151) of the registry's own name, which can never change, and name commits: an entry keeps its
//! id for ever, in whatever feed it stands.

use std::collections::BTreeMap;

use super::{Registry, Result};
use crate::{
    domain::{CertificationId, Digest, Instant, RegistrySettings, SupplierId, WatchItem},
    index::EventRow,
};

/// The most entries of one feed.
const MAX_ENTRIES: usize = 50;

/// A feed, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// A tag URI that never changes.
    pub id: String,
    /// What it follows.
    pub title: String,
    /// Its own path and query.
    pub path: String,
    /// The path and query of the page that shows the same to people.
    pub page: String,
    /// The newest entry's time; the registry's beginning where there is none.
    pub updated: Instant,
    /// Who keeps it.
    pub author: String,
    /// A notice that dates are made up, where they are.
    pub notice: Option<&'static str>,
    /// Newest first.
    pub entries: Vec<Entry>,
}

/// One commit in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A tag URI that never changes.
    pub id: String,
    /// Who and which version.
    pub title: String,
    /// The path of the page about it.
    pub page: String,
    /// When it was published.
    pub time: Instant,
    /// What changed, in one line.
    pub summary: String,
}

impl Registry {
    /// The feed of one certification.
    ///
    /// # Errors
    /// Not found when nothing was published under this id.
    pub fn feed_of_certification(&self, id: &CertificationId) -> Result<Feed> {
        let row = self.certification(id)?;
        let title = format!("{} ({})", row.current.service_name, row.current.supplier_name);
        let events = self.index.events(0, usize::MAX, None, Some(id))?;
        self.feed(title, format!("/v1/certifications/{id}/feed.atom"), format!("/s/{id}"), events)
    }

    /// The feed of everything that a supplier publishes.
    ///
    /// # Errors
    /// Not found when no supplier has this id here.
    pub fn feed_of_supplier(&self, id: &SupplierId) -> Result<Feed> {
        let row = self.supplier(id)?;
        let mut events = Vec::new();
        for certification in self.index.certifications_of(id)? {
            let id = certification.current.publication.certification;
            events.extend(self.index.events(0, usize::MAX, None, Some(&id))?);
        }
        let title = row.names.first().cloned().unwrap_or_else(|| id.to_string());
        self.feed(title, format!("/v1/suppliers/{id}/feed.atom"), format!("/s/{id}"), events)
    }

    /// The feed of everything that happens in the registry.
    pub fn feed_of_everything(&self) -> Result<Feed> {
        let events = self.index.recent_events(MAX_ENTRIES)?;
        self.feed(self.settings.name.clone(), "/v1/changes.atom".to_owned(), "/".to_owned(), events)
    }

    /// The feed of a reader's list: what was published since each of its days. `query` is the list as its address has
    /// it.
    pub fn feed_of_list(&self, items: &[WatchItem], query: &str) -> Result<Feed> {
        let mut events = Vec::new();
        for item in items {
            let from = item.reviewed_on.unwrap_or(item.signed_up_on).starts_at();
            let all = self.index.events(0, usize::MAX, None, Some(&item.certification))?;
            events.extend(all.into_iter().filter(|event| event.time >= from));
        }
        let (path, page) = (format!("/my-services/feed.atom?{query}"), format!("/my-services?{query}"));
        let mut feed = self.feed("My services".to_owned(), path, page, events)?;
        // The list itself belongs to its reader: not even the id repeats it.
        feed.id = tag(&self.settings, &format!("/my-services/{}", &Digest::of(query.as_bytes()).hex()[..16]));
        Ok(feed)
    }

    fn feed(&self, title: String, path: String, page: String, events: Vec<EventRow>) -> Result<Feed> {
        let newest_first: BTreeMap<_, EventRow> =
            events.into_iter().map(|event| (std::cmp::Reverse(event.sequence), event)).collect();
        let entries: Vec<Entry> =
            newest_first.into_values().take(MAX_ENTRIES).map(|event| self.entry(event)).collect::<Result<_>>()?;
        let updated = match entries.first() {
            Some(entry) => entry.time,
            None => self.index.event(0)?.map_or(self.clock.now(), |genesis| genesis.time),
        };
        let settings = &self.settings;
        Ok(Feed {
            id: tag(settings, &path),
            title,
            path,
            page,
            updated,
            author: settings.name.clone(),
            notice: settings.simulated_dates.then_some("Simulated dates: this registry is a demonstration."),
            entries,
        })
    }

    fn entry(&self, event: EventRow) -> Result<Entry> {
        let version = match (&event.certification, event.version) {
            (Some(id), Some(number)) => self.index.version(id, number)?,
            _ => None,
        };
        let (who, page) = match (&version, &event.certification, &event.supplier) {
            (Some(row), ..) => {
                let publication = &row.publication;
                let who = format!("{}, version {}", row.service_name, publication.version);
                (who, format!("/s/{}/versions/{}", publication.certification, publication.version))
            }
            (None, Some(id), _) => (id.to_string(), format!("/s/{id}")),
            (None, None, Some(id)) => (id.to_string(), format!("/s/{id}")),
            (None, None, None) => (self.settings.name.clone(), "/".to_owned()),
        };
        let title = match kind_in_words(&event.kind) {
            "" => who,
            words => format!("{who}: {words}"),
        };
        Ok(Entry {
            id: tag(&self.settings, &format!("/v1/changes/{}", event.sequence)),
            title,
            page,
            time: event.time,
            summary: event.headline,
        })
    }
}

/// What kind of event it is, where the title does not say so yet. The set is open.
fn kind_in_words(kind: &str) -> &'static str {
    match kind {
        "version.reaffirmed" => "confirmed again",
        "version.transcribed" => "transcribed",
        "supplier.registered" => "registered",
        "supplier.updated" => "details changed",
        "ring.changed" => "keys changed",
        "certification.withdrawn" => "withdrawn",
        "certification.reinstated" => "reinstated",
        "case.stated" => "case statement",
        "edition.published" => "a wording of the checklist",
        "authority.changed" => "the authority's keys",
        "person.erased" => "a person's record was erased",
        _ => "",
    }
}

/// A tag URI. The year is that of the form of these ids, and never changes.
fn tag(settings: &RegistrySettings, path: &str) -> String {
    format!("tag:{},2026:{path}", settings.registry)
}

impl Feed {
    /// The feed as Atom. `base` goes before every path: for example `https://certreg.example`, or nothing.
    pub fn atom(&self, base: &str) -> String {
        let mut xml =
            String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
        let mut line = |text: String| xml.push_str(&(text + "\n"));
        line(format!("<id>{}</id>", escaped(&self.id)));
        line(format!("<title>{}</title>", escaped(&self.title)));
        if let Some(notice) = self.notice {
            line(format!("<subtitle>{notice}</subtitle>"));
        }
        line(format!("<updated>{}</updated>", self.updated));
        line(format!("<author><name>{}</name></author>", escaped(&self.author)));
        line(format!("<link rel=\"self\" type=\"application/atom+xml\" href=\"{base}{}\"/>", escaped(&self.path)));
        line(format!("<link rel=\"alternate\" type=\"text/html\" href=\"{base}{}\"/>", escaped(&self.page)));
        for entry in &self.entries {
            line(format!(
                "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{time}</updated>\n<published>{time}</published>\n\
                 <link rel=\"alternate\" type=\"text/html\" href=\"{base}{}\"/>\n<summary>{}</summary>\n</entry>",
                escaped(&entry.id),
                escaped(&entry.title),
                escaped(&entry.page),
                escaped(&entry.summary),
                time = entry.time
            ));
        }
        line("</feed>".to_owned());
        xml
    }
}

/// Text as XML takes it: marks escaped, characters that XML 1.0 cannot hold left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => out.push(c),
        }
    }
    out
}

/// Where the reader asked, as addresses begin: from the header `Host`, and whether a proxy took the request encrypted.
/// Nothing where the host is not one that addresses can hold; addresses are relative then.
pub fn base(host: Option<&str>, forwarded_protocol: Option<&str>) -> String {
    let plain = |host: &&str| {
        !host.is_empty()
            && host.len() <= 255
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    };
    let Some(host) = host.filter(plain) else { return String::new() };
    let scheme = if forwarded_protocol == Some("https") { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_acts_as_markup() {
        assert_eq!(escaped("a & <b> \"c\"\u{0}\u{FFFF}"), "a &amp; &lt;b&gt; &quot;c&quot;");
    }

    #[test]
    fn addresses_begin_where_the_reader_asked_or_are_relative() {
        assert_eq!(base(Some("127.0.0.1:8080"), None), "http://127.0.0.1:8080");
        assert_eq!(base(Some("certreg.example"), Some("https")), "https://certreg.example");
        for bad in ["a\"b", "", "a/b", "user@host"] {
            assert_eq!(base(Some(bad), None), "", "{bad}");
        }
    }
}
