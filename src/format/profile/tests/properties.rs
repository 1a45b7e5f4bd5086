//! What holds for every document.

use proptest::{collection, prelude::*};

use super::*;

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_.-]{0,8}"
}

fn plain_text() -> impl Strategy<Value = String> {
    let characters = prop_oneof!["[ -~]{1,12}", "[\u{A0}-\u{24F}“”–…€\u{301}\u{327}가-힣😀\u{2126}]{1,12}"];
    characters
        .prop_map(|text| text::mended(&text))
        .prop_filter("not in the profile", |text| !text.is_empty() && text::refused_in(text).is_none())
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        plain_text().prop_map(Node::Text),
        (-(1i64 << 53) + 1..1i64 << 53).prop_map(Node::Integer),
        Just(Node::True),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 1..5).prop_map(Node::Array),
            collection::btree_map(name(), inner, 1..5).prop_map(Node::Object),
        ]
    })
}

/// A document inside the profile.
pub(super) fn document() -> impl Strategy<Value = Node> {
    collection::btree_map(name(), node(), 1..6).prop_map(Node::Object)
}

/// Bytes near the grammar: a document with a few places overwritten, added or removed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0041", "\\ud83d", "\n", " ", "\t", "null", "0", "-", "1.0"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let edit = (any::<prop::sample::Index>(), 0..3usize, piece);
    (document(), collection::vec(edit, 1..4)).prop_map(|(node, edits)| {
        let mut bytes = print(&node);
        for (place, removed, added) in edits {
            let start = place.index(bytes.len());
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, added);
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn reading_gives_back_what_was_printed(node in document()) {
        let bytes = print(&node);
        prop_assert_eq!(parse(&bytes), Ok(node.clone()));
        prop_assert_eq!(parse_lenient(&bytes), Ok(node));
    }

    #[test]
    fn only_what_printing_gives_is_accepted(bytes in damaged()) {
        if let Ok(node) = parse(&bytes) {
            prop_assert_eq!(print(&node), bytes);
        }
    }

    #[test]
    fn what_was_mended_is_in_the_profile(bytes in damaged()) {
        if let Ok(node) = parse_lenient(&bytes) {
            prop_assert_eq!(parse(&print(&node)), Ok(node));
        }
    }

    #[test]
    fn a_reader_of_json_agrees_on_what_is_json(bytes in damaged()) {
        let not_json = |faults: Faults| faults.0.iter().any(|f| matches!(f.code, "not-json" | "not-utf8"));
        let ours = parse_lenient(&bytes).is_err_and(not_json);
        if ours {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_err());
        } else if let Ok(node) = parse(&bytes) {
            let theirs: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(theirs, as_serde(&node));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:\\\\u0-9a-f \n.eE+-]{0,60}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            for result in [parse(bytes), parse_lenient(bytes)] {
                if let Err(faults) = result {
                    prop_assert!(!faults.is_empty());
                }
            }
        }
    }
}

fn as_serde(node: &Node) -> serde_json::Value {
    match node {
        Node::Object(members) => members.iter().map(|(name, value)| (name.clone(), as_serde(value))).collect(),
        Node::Array(items) => items.iter().map(as_serde).collect(),
        Node::Text(text) => text.as_str().into(),
        Node::Integer(n) => (*n).into(),
        Node::True => true.into(),
    }
}
