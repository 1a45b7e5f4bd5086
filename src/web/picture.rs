//! Small pictures, drawn here as SVG. Each carries its meaning as text too; colours come from the stylesheet.

use crate::{domain::Day, index::VersionRow};

/// How wide pictures are drawn, in units of the picture.
const WIDTH: i64 = 720;
/// Room at both ends of an axis.
const MARGIN: i64 = 20;

/// The versions as dots on a line of time, from the first of `rows` (newest first) to today.
pub fn timeline(rows: &[VersionRow], today: Day) -> String {
    let days: Vec<(u32, Day)> =
        rows.iter().map(|row| (row.publication.version, row.publication.published_at.day_in_london())).collect();
    let Some(&(_, first)) = days.last() else { return String::new() };
    let span = today.days_since(first).max(1);
    let place = |day: Day| MARGIN + day.days_since(first).clamp(0, span) * (WIDTH - 2 * MARGIN) / span;
    let mut drawn = String::new();
    let mut free_from = i64::MIN;
    for &(version, day) in days.iter().rev() {
        let x = place(day);
        drawn.push_str(&format!("<circle class=\"dot\" cx=\"{x}\" cy=\"34\" r=\"6\"/>"));
        // A label only where the one before it leaves room.
        if x >= free_from {
            drawn.push_str(&format!("<text x=\"{x}\" y=\"18\" text-anchor=\"middle\">{version}</text>"));
            free_from = x + 22;
        }
    }
    let count = days.len();
    let versions = if count == 1 { "1 version".to_owned() } else { format!("{count} versions") };
    let words = format!("{versions}, from {} to {}", first.in_words(), today.in_words());
    format!(
        "<svg viewBox=\"0 0 {WIDTH} 70\" width=\"{WIDTH}\" height=\"70\" role=\"img\" aria-label=\"Timeline: {words}\">\
         <line class=\"axis\" x1=\"{MARGIN}\" y1=\"34\" x2=\"{}\" y2=\"34\" stroke-width=\"2\"/>{drawn}\
         <text x=\"{MARGIN}\" y=\"62\">{}</text><text x=\"{}\" y=\"62\" text-anchor=\"end\">Today</text></svg>\
         <figcaption class=\"hint\">{words}. Each dot is a version.</figcaption>",
        WIDTH - MARGIN,
        first.in_words(),
        WIDTH - MARGIN
    )
}

/// How many of something there are in each of some named groups, as bars.
pub fn bars(title: &str, groups: &[(&str, usize)]) -> String {
    let most = groups.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let height = 28 * groups.len() + 6;
    let mut drawn = String::new();
    for (at, (name, count)) in groups.iter().enumerate() {
        let y = 28 * at;
        let width = count * 380 / most;
        drawn.push_str(&format!(
            "<text x=\"0\" y=\"{}\">{name}</text><rect class=\"bar\" x=\"240\" y=\"{}\" width=\"{width}\" height=\"16\" rx=\"3\"/>\
             <text x=\"{}\" y=\"{}\">{count}</text>",
            y + 18,
            y + 6,
            248 + width,
            y + 18
        ));
    }
    let said: Vec<String> = groups.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{title}. {}\">{drawn}</svg>",
        said.join(", ")
    )
}
