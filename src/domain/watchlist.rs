//! A reader's list of services and the days they signed up. The registry keeps no list.

use std::fmt;

use super::{CertificationId, Day};

/// One line of a reader's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchItem {
    /// The service.
    pub certification: CertificationId,
    /// The day on which the reader signed up (a month or year given stands for its first day).
    pub signed_up_on: Day,
    /// The day of the reader's last review; then that is the baseline, and the sign-up stays visible.
    pub reviewed_on: Option<Day>,
    /// The reader's own word for it, echoed and never interpreted.
    pub label: Option<String>,
}

/// One line of a list as the reader wrote it. What cannot be read, or is not on the register, keeps its place.
///
/// Written `supplier/service@2025-09-04!2026-06-30~Label`: the day of the last review and the label may be left out,
/// and anything may stand for the service. This is how addresses of lists have it, so it is frozen: bookmarks last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListEntry {
    /// `supplier/service`, or what the reader calls a service that is not on the register. Holds no `~`.
    pub service: String,
    /// The day of signing up as it was written; may be empty. Holds neither `@`, `!` nor `~`.
    pub signed_up_on: String,
    /// The day of the last review as it was written. Holds neither `@` nor `~`.
    pub reviewed_on: Option<String>,
    /// The reader's own word for it.
    pub label: Option<String>,
}

impl ListEntry {
    /// Makes an entry of parts that somebody wrote; marks that part the parts become spaces.
    pub fn of(service: &str, signed_up_on: &str, reviewed_on: Option<&str>, label: Option<&str>) -> ListEntry {
        let without = |text: &str, marks: &[char]| text.replace(marks, " ").trim().to_owned();
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        ListEntry {
            service: without(service, &['~', '@']),
            signed_up_on: without(signed_up_on, &['~', '@', '!']),
            reviewed_on: reviewed_on.and_then(|day| filled(without(day, &['~', '@', '!']))),
            label: label.and_then(|label| filled(label.trim().to_owned())),
        }
    }

    /// Reads one entry. Never fails: whatever stands there is somebody's line.
    pub fn parse(text: &str) -> ListEntry {
        let (text, label) = text.split_once('~').map_or((text, None), |(text, label)| (text, Some(label)));
        let (service, days) = text.rsplit_once('@').unwrap_or((text, ""));
        let (signed_up_on, reviewed_on) =
            days.split_once('!').map_or((days, None), |(signed_up, reviewed)| (signed_up, Some(reviewed)));
        ListEntry::of(service, signed_up_on, reviewed_on, label)
    }

    /// The certification, where the service is written as one.
    pub fn certification(&self) -> Option<CertificationId> {
        self.service.parse().ok()
    }
}

impl fmt::Display for ListEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.service, self.signed_up_on)?;
        if let Some(day) = &self.reviewed_on {
            write!(f, "!{day}")?;
        }
        if let Some(label) = &self.label {
            write!(f, "~{label}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_has_a_service_two_days_and_a_label() {
        let whole = ListEntry::parse("acme/lms@2025-09-04!2026-06-30~Oakfield ~ main @ site");
        assert_eq!(whole, ListEntry::of("acme/lms", "2025-09-04", Some("2026-06-30"), Some("Oakfield ~ main @ site")));
        assert_eq!(whole.certification(), "acme/lms".parse().ok());
        assert_eq!(ListEntry::parse("acme/lms").to_string(), "acme/lms@");
        let unlisted = ListEntry::parse("Some School Payments@2024~Office");
        assert_eq!((unlisted.service.as_str(), unlisted.certification()), ("Some School Payments", None));
    }

    proptest! {
        #[test]
        fn what_was_read_once_reads_back_the_same(text in "\\PC{0,60}", marks in "[a/@!~ 0-9-]{0,30}") {
            for text in [text, marks] {
                let entry = ListEntry::parse(&text);
                prop_assert_eq!(ListEntry::parse(&entry.to_string()), entry);
            }
        }
    }
}
