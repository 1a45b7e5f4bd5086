//! Small pictures, drawn here as SVG. Each carries its meaning as text too; colours come from the stylesheet.

use crate::{domain::Day, index::VersionRow};

/// The versions as dots on a line of time, from the first of `rows` (newest first) to today.
///
/// Places are percentages, so that letters keep their size however narrow the screen is.
pub fn timeline(rows: &[VersionRow], today: Day) -> String {
    let days: Vec<(u32, Day)> =
        rows.iter().map(|row| (row.publication.version, row.publication.published_at.day_in_london())).collect();
    let Some(&(_, first)) = days.last() else { return String::new() };
    let span = today.days_since(first).max(1);
    // From 3 to 97 per cent, in tenths.
    let place = |day: Day| 30 + day.days_since(first).clamp(0, span) * 940 / span;
    let percent = |tenths: i64| format!("{}.{}%", tenths / 10, tenths % 10);
    let mut drawn = String::new();
    let mut free_from = i64::MIN;
    for &(version, day) in days.iter().rev() {
        let at = place(day);
        let x = percent(at);
        drawn.push_str(&format!("<circle class=\"dot\" cx=\"{x}\" cy=\"34\" r=\"6\"/>"));
        // A label only where the one before it leaves room on the narrowest screen.
        if at >= free_from {
            drawn.push_str(&format!("<text x=\"{x}\" y=\"18\" text-anchor=\"middle\">{version}</text>"));
            free_from = at + 80;
        }
    }
    let count = days.len();
    let versions = if count == 1 { "1 version".to_owned() } else { format!("{count} versions") };
    let words = format!("{versions}, from {} to {}", first.in_words(), today.in_words());
    format!(
        "<svg width=\"100%\" height=\"70\" role=\"img\" aria-label=\"Timeline: {words}\">\
         <line class=\"axis\" x1=\"3%\" y1=\"34\" x2=\"97%\" y2=\"34\" stroke-width=\"2\"/>{drawn}\
         <text x=\"0\" y=\"62\">{}</text><text x=\"100%\" y=\"62\" text-anchor=\"end\">Today</text></svg>\
         <figcaption class=\"hint\">{words}. Each dot is a version.</figcaption>",
        first.in_words(),
    )
}

/// How many of something there are in each of some named groups, as bars.
pub fn bars(title: &str, groups: &[(&str, usize)]) -> String {
    let most = groups.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let mut drawn = String::new();
    for (at, (name, count)) in groups.iter().enumerate() {
        let (y, width) = (28 * at, count * 35 / most);
        drawn.push_str(&format!(
            "<text x=\"0\" y=\"{}\">{name}</text><rect class=\"bar\" x=\"52%\" y=\"{}\" width=\"{width}%\" height=\"16\" rx=\"3\"/>\
             <text x=\"{}%\" y=\"{}\">{count}</text>",
            y + 18,
            y + 6,
            54 + width,
            y + 18
        ));
    }
    let said: Vec<String> = groups.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    let height = 28 * groups.len() + 6;
    format!(
        "<svg width=\"100%\" height=\"{height}\" role=\"img\" aria-label=\"{title}. {}\">{drawn}</svg>",
        said.join(", ")
    )
}
