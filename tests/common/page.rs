//! Reading pages as a person does.

use axum::http::StatusCode;

use super::registry::MadeUp;

/// What a reader reads: the text between the tags, with single spaces.
pub fn words(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    plain(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text of a page without its escapes.
pub fn plain(html: &str) -> String {
    let escapes = [
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("&#38;", "&"),
    ];
    escapes.iter().fold(html.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

/// Every value of an attribute, for example `href`.
pub fn attributes(html: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    let values = html.split(&start).skip(1);
    values.filter_map(|rest| rest.split('"').next()).map(plain).collect()
}

/// Checks that each of `sentences` stands in `text`.
#[track_caller]
pub fn reads(text: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(text.contains(sentence), "“{sentence}” is missing in: {text}");
    }
}

impl MadeUp {
    /// A page that must be there.
    pub async fn page(&self, address: &str) -> String {
        let answer = self.get_with(address, &[("accept", "text/html")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{address}");
        answer.text()
    }
}
