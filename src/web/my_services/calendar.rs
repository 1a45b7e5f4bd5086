//! When each service is to be confirmed, clarified or verified, as a calendar (RFC 5545).

use axum::{extract::State, response::Response};

use super::{
    answered, file,
    list::{Answered, Found, List},
};
use crate::{
    compare::freshness,
    domain::{Day, Instant},
    registry::{Registry, Result, door::Door},
    web::{address, ask::Asked, page::failed},
};

/// The longest line, in bytes, its end not counted.
const MAX_LINE_BYTES: usize = 75;

/// `/my-services/calendar.ics`
pub async fn calendar(State(door): State<Door>, asked: Asked) -> Response {
    match List::of(&asked) {
        Ok(list) => {
            let text = answered(&door, list, |registry, answered| written(registry, &answered)).await;
            file(&door, "text/calendar; charset=utf-8", Some("attachment; filename=\"my-services.ics\""), text)
        }
        Err(error) => failed(door.registry().settings(), &error),
    }
}

fn written(registry: &Registry, answered: &Answered) -> Result<String> {
    let settings = registry.settings();
    let today = registry.clock().now().day_in_london();
    let mut lines = Lines::default();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//certreg//my services//EN", "CALSCALE:GREGORIAN"] {
        lines.add(line);
    }
    let name = if settings.simulated_dates { "My services (simulated dates)" } else { "My services" };
    lines.add(&format!("X-WR-CALNAME:{name}"));
    let mut seen = std::collections::HashSet::new();
    for (_, found) in answered.found().filter(|(_, found)| seen.insert(found.item.certification.clone())) {
        let id = &found.item.certification;
        let address = format!("https://{}{}", settings.registry, address::certification(id));
        for (what, day, summary, since) in days(registry, found, today)? {
            lines.add("BEGIN:VEVENT");
            lines.add(&format!("UID:{}-{what}-{day}@{}", id.to_string().replace('/', "."), settings.registry));
            lines.add(&format!("DTSTAMP:{}", stamp(&since.compact())));
            lines.add(&format!("DTSTART;VALUE=DATE:{}", compact(day)));
            lines.add(&format!("DTEND;VALUE=DATE:{}", compact(day.next())));
            lines.add(&format!("SUMMARY:{}", text(&summary)));
            lines.add(&format!("DESCRIPTION:{}", text(&format!("See what stands now: {address}"))));
            lines.add(&format!("URL:{address}"));
            lines.add("TRANSP:TRANSPARENT");
            lines.add("END:VEVENT");
        }
    }
    lines.add("END:VCALENDAR");
    Ok(lines.0)
}

/// The days of one service: a word for its id, the day, what is due, and since when that is known.
fn days(registry: &Registry, found: &Found, today: Day) -> Result<Vec<(&'static str, Day, String, Instant)>> {
    let (id, service) = (&found.item.certification, found.service_name());
    let mut days = Vec::new();
    if let Some(at) = registry.certification(id)?.affirmed_at {
        let facts = freshness(at.day_in_london(), registry.settings().freshness, today);
        days.push(("due", facts.due_on, format!("{service}: supplier to confirm its self-certification"), at));
        days.push(("lapses", facts.lapses_on, format!("{service}: the supplier's confirmation lapses"), at));
    }
    for case in registry.case_standing(id, registry.present()?)?.cases.iter().filter(|case| case.closed.is_none()) {
        let what = match case.kind() {
            "verification_required" => "independent verification is due",
            "challenge" => "the supplier's clarification is due",
            _ => continue,
        };
        days.extend(case.due_on().map(|day| ("case", day, format!("{service}: {what}"), case.opening.stated_at)));
    }
    Ok(days)
}

/// `20261102093000Z` as iCalendar writes it: `20261102T093000Z`.
fn stamp(compact: &str) -> String {
    let (day, time) = compact.split_at(8.min(compact.len()));
    format!("{day}T{time}")
}

fn compact(day: Day) -> String {
    day.to_string().replace('-', "")
}

/// A value of type TEXT (RFC 5545 §3.3.11).
fn text(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Lines with their ends, long ones folded (RFC 5545 §3.1).
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        let mut used = 0;
        for c in line.chars() {
            if used + c.len_utf8() > MAX_LINE_BYTES {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_text_is_escaped() {
        let mut lines = Lines::default();
        lines.add(&format!("SUMMARY:{}", text(&"é, ;\n".repeat(30))));
        assert!(lines.0.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES));
        let unfolded = lines.0.replace("\r\n ", "");
        assert_eq!(unfolded, format!("SUMMARY:{}\r\n", "é\\, \\;\\n".repeat(30)));
        assert_eq!(stamp("20261102093000Z"), "20261102T093000Z");
    }
}
