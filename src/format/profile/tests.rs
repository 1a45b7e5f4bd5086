//! The profile's rules, one by one and as properties.

use super::*;

mod properties;

fn faults_of(result: Result<Node, Faults>) -> String {
    result.expect_err("refused").to_string()
}

fn canonical(text: &str) -> String {
    let node = parse_lenient(text.as_bytes()).unwrap();
    String::from_utf8(print(&node)).unwrap()
}

#[test]
fn takes_and_gives_the_same_bytes() {
    let text = "{\n  \"a\": [\n    \"“Quoted” – \\\"plain\\\" \\\\ é\",\n    -7,\n    true\n  ],\n  \"b.c_d-1\": {\n    \
                \"n\": 9007199254740991\n  }\n}\n";
    let node = parse(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(print(&node)).unwrap(), text);
}

#[test]
fn names_every_fault_at_once_with_its_place() {
    let text = r#"{
  "b": {"x/y": 1, "z~": ""},
  "a": [null, 1.5, false, " x ", "e\u0301", "a\u200bb"],
  "b": -0,
  "c": 9007199254740992,
  "d": {}
}"#;
    insta::assert_snapshot!(faults_of(parse(text.as_bytes())), @r#"
    /b: line 2 is not spaced as it must be (two spaces an indent, one member a line, one space after a colon); run `certreg fmt` [white-space]
    /b/x~1y: a member's name is a lowercase letter, then lowercase letters, digits, '_', '.' or '-'; correct it on line 2 [member-name]
    /b/z~0: a member's name is a lowercase letter, then lowercase letters, digits, '_', '.' or '-'; correct it on line 2 [member-name]
    /b/z~0: the text is empty; leave the member out [empty]
    /a: members must be sorted; this one stands too late; run `certreg fmt` [unsorted-members]
    /a/0: what is not there is left out; leave the member out [null]
    /a/1: write a whole number, without fraction or exponent [not-an-integer]
    /a/2: a flag that is not set is left out; leave the member out [false]
    /a/3: the text begins or ends with white space; run `certreg fmt` [untrimmed]
    /a/4: only \" and \\ are escaped, all else is written plainly; run `certreg fmt` [escape]
    /a/4: letters with accents must be single characters (NFC); run `certreg fmt` [not-nfc]
    /a/5: only \" and \\ are escaped, all else is written plainly; run `certreg fmt` [escape]
    /a/5: the text holds invisible or unassigned characters (U+200B); remove them; a new line is a new paragraph, an item of its own in the array [refused-code-point]
    /b: this member stands twice; keep one (the second is on line 4) [duplicate-member]
    /b: write 0 without a sign [negative-zero]
    /c: a whole number must lie between -(2^53 - 1) and 2^53 - 1 [number-range]
    /d: this holds nothing: leave the member out [empty]
    "#);
}

#[test]
fn leaves_to_people_only_what_needs_a_decision() {
    let text = "\u{FEFF}{\r\n\t\"b\": 1, \"c\": null, \"d\": [\"\", {\"e\": false}], \"a\" : \" e\u{301}\\u00e9\\/\\ud83d\\ude00 \" }";
    assert_eq!(canonical(text), "{\n  \"a\": \"éé/😀\",\n  \"b\": 1\n}\n");
    let text = r#"{"a": 1, "a": null, "B": 1e3, "c": "\n", "d": "\ud800", "e": -0, "f": 9007199254740992}"#;
    insta::assert_snapshot!(faults_of(parse_lenient(text.as_bytes())), @r#"
    /a: this member stands twice; keep one (the second is on line 1) [duplicate-member]
    /B: a member's name is a lowercase letter, then lowercase letters, digits, '_', '.' or '-'; correct it on line 1 [member-name]
    /B: write a whole number, without fraction or exponent [not-an-integer]
    /c: the text holds invisible or unassigned characters (U+000A); remove them; a new line is a new paragraph, an item of its own in the array [refused-code-point]
    /d: half of a surrogate pair stands alone; write the character itself [refused-code-point]
    /e: write 0 without a sign [negative-zero]
    /f: a whole number must lie between -(2^53 - 1) and 2^53 - 1 [number-range]
    "#);
}

#[test]
fn says_which_departures_of_form_fmt_mends() {
    let of = |text: &str| faults_of(parse(text.as_bytes()));
    insta::assert_snapshot!(of("\u{FEFF}{\n  \"a\": 1\n}\n"), @"(whole file): the file begins with a byte order mark; run `certreg fmt` [byte-order-mark]");
    insta::assert_snapshot!(of("{\r\n  \"a\": 1\r\n}\r\n"), @"(whole file): lines must end with a line feed alone, not CR LF; run `certreg fmt` [line-ending]");
    insta::assert_snapshot!(of("{\n  \"a\": 1\n}"), @"(whole file): the file must end with one line feed; run `certreg fmt` [final-newline]");
    insta::assert_snapshot!(of("{\n  \"a\": 1\n}\n\n"), @"(whole file): the file must end with one line feed; run `certreg fmt` [final-newline]");
    insta::assert_snapshot!(of("{\n  \"a\": 1,\n   \"b\":2\n}\n"), @"(whole file): line 3 is not spaced as it must be (two spaces an indent, one member a line, one space after a colon); run `certreg fmt` [white-space]");
    insta::assert_snapshot!(of("{\n  \"a\": \"\\u00e9\"\n}\n"), @r#"/a: only \" and \\ are escaped, all else is written plainly; run `certreg fmt` [escape]"#);
}

#[test]
fn says_where_it_is_not_json() {
    let of = |text: &str| faults_of(parse(text.as_bytes()));
    for text in [
        "",
        " ",
        "{",
        "{\n\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\":1}x",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":-}",
    ]
    .into_iter()
    .chain([
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\r\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":[1 2]}",
    ]) {
        assert!(of(text).contains("[not-json]"), "{text}: {}", of(text));
        assert!(faults_of(parse_lenient(text.as_bytes())).contains("[not-json]"), "{text}");
    }
    insta::assert_snapshot!(of("{\n  \"a\": {\n    \"b\": yes\n  }\n}\n"), @"/a/b: line 3 is not JSON: a value should stand here: an object, an array, a string, a number or true [not-json]");
}

#[test]
fn wants_an_object_outside() {
    for text in ["[\n  1\n]\n", "1\n", "\"a\"\n", "true\n", "null\n", "{}\n"] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
        assert!(parse_lenient(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn counts_depth_from_the_outermost_object() {
    let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(parse_lenient(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(faults_of(parse_lenient(nested(MAX_DEPTH + 1).as_bytes())).contains("[too-deep]"));
    let endless = "[".repeat(MAX_BYTES);
    assert!(faults_of(parse(endless.as_bytes())).contains("[too-deep]"));
}

#[test]
fn counts_size_in_bytes() {
    let document = |bytes: usize| format!("{{\n  \"a\": \"{}\"\n}}\n", "a".repeat(bytes - 14));
    assert_eq!(document(MAX_BYTES).len(), MAX_BYTES);
    assert!(parse(document(MAX_BYTES).as_bytes()).is_ok());
    let over = document(MAX_BYTES + 1);
    assert!(faults_of(parse(over.as_bytes())).contains("[too-large]"));
    assert!(faults_of(parse_lenient(over.as_bytes())).contains("[too-large]"));
    let spacious = format!("{}{}", " ".repeat(MAX_BYTES), document(MAX_BYTES));
    assert!(parse_lenient(spacious.as_bytes()).is_ok());
}

#[test]
fn stops_at_a_hundred_faults_and_bounds_pointers() {
    let nulls = format!("{{\"a\":[{}1]}}", "null,".repeat(50_000));
    let faults = parse(nulls.as_bytes()).unwrap_err();
    assert_eq!(faults.0.len(), 101);
    assert_eq!(faults.0[100].code, "more-faults");
    let long = format!("{{\"{}\u{1b}\": null}}", "A".repeat(50_000));
    assert!(parse(long.as_bytes()).unwrap_err().0.iter().all(|fault| fault.pointer.len() < 100));
    let escape = parse("{\"\u{1b}[2J\": 1}".as_bytes()).unwrap_err();
    assert_eq!(escape.0[1].pointer, "/\u{FFFD}[2J");
}

#[test]
fn freezes_the_tables_of_unicode_15_0() {
    assert_eq!(unicode_general_category::UNICODE_VERSION, (15, 0, 0));
    // U+2FFC was assigned in 15.1, U+1C89 in 16.0: both stay refused.
    let refused =
        ['\0', '\u{7F}', '\u{85}', '\u{AD}', '\u{200B}', '\u{200D}', '\u{202E}', '\u{2028}', '\u{2029}', '\u{FEFF}']
            .into_iter()
            .chain(['\u{E000}', '\u{FDD0}', '\u{FFFF}', '\u{10FFFF}', '\u{378}', '\u{E0001}', '\u{2FFC}', '\u{1C89}']);
    for c in refused {
        assert!(text::is_refused(c), "U+{:04X}", u32::from(c));
        assert!(faults_of(parse(format!("{{\n  \"a\": \"x{c}x\"\n}}\n").as_bytes())).contains("[refused-code-point]"));
    }
    for c in ['a', 'é', '–', '’', '\u{A0}', '\u{FFFD}', '😀', '\u{301}'] {
        assert!(!text::is_refused(c), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn trims_by_the_unicode_property() {
    let white_space = "\u{20}\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}";
    for c in white_space.chars() {
        let text = format!("{{\n  \"a\": \"{c}x\"\n}}\n");
        assert!(
            faults_of(parse(text.as_bytes())).contains("[untrimmed]")
                || faults_of(parse(text.as_bytes())).contains("[not-nfc]")
        );
        assert_eq!(canonical(&text), "{\n  \"a\": \"x\"\n}\n");
    }
    let all: Vec<char> =
        (0..=0x10FFFF).filter_map(char::from_u32).filter(|c| c.is_whitespace() && !text::is_refused(*c)).collect();
    assert_eq!(all.into_iter().collect::<String>(), white_space);
}
