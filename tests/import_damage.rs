//! Damage that published forms have when they arrive as text, on the form of a made-up supplier.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod edition_reader;
mod made_up_form;

use certreg::{
    domain::{AnswerId, Edition, edition::Question},
    import::{self, Imported},
};
use made_up_form::{DETAILS, answer, answers, form, found, table_row};

fn gdpr() -> Edition {
    let [_, gdpr] = edition_reader::both();
    gdpr
}

fn read(text: &str) -> Imported {
    let [dpa, gdpr] = edition_reader::both();
    import::statement(text, &[&dpa, &gdpr])
}

fn id(text: &str) -> AnswerId {
    text.parse().unwrap()
}

fn codes(imported: &Imported) -> Vec<String> {
    let usual = |code: &str| code == "codes-not-recorded";
    let doubts = imported.doubts.iter().filter(|doubt| !usual(doubt.code));
    doubts.map(|doubt| format!("{} {}", doubt.about, doubt.code)).collect()
}

/// The form with every row printed by `row`.
fn with_rows(row: &dyn Fn(&Question) -> String) -> String {
    form(&gdpr(), DETAILS, row)
}

/// The form with one row printed by `row`, the others as usual.
fn with_row(number: &str, row: &dyn Fn(&Question) -> String) -> String {
    with_rows(&|question| if question.id.number() == number { row(question) } else { table_row(question) })
}

/// Asserts that every answer was found; shows only those that differ.
fn assert_answers(imported: &Imported) {
    let (found, answers) = (found(imported), answers(&gdpr()));
    let differ: Vec<_> = answers.iter().filter(|(id, text)| found.get(id) != Some(text)).collect();
    let instead: Vec<_> = differ.iter().map(|(id, _)| (id, found.get(id))).collect();
    assert!(differ.is_empty(), "{instead:#?}\ndoubts: {:#?}\nunplaced: {:#?}", imported.doubts, imported.unplaced);
    assert_eq!(found.len(), answers.len());
}

/// Asserts that every answer was found, with nothing left over and nothing doubtful but `doubts`.
fn assert_whole(text: &str, doubts: &[&str]) {
    let imported = read(text);
    assert_answers(&imported);
    assert_eq!(imported.unplaced, []);
    assert_eq!(codes(&imported), doubts);
    let found = imported.found;
    let texts = [found.supplier_name, found.contact_name, found.contact_email, found.contact_telephone];
    let texts = texts.map(|quote| quote.unwrap().text);
    assert_eq!(texts, ["Example Learning Ltd", "Ada Jones", "privacy@example.org", "0113 496 0000"]);
    assert_eq!(found.official_name.unwrap().text, "Grace Smith");
    assert_eq!(found.service_name.unwrap().text, "Example Cloud");
    assert_eq!(found.service_url.unwrap().text, "www.example.org");
    assert_eq!(found.edition.unwrap().as_str(), "dfe-2018-gdpr");
    assert_eq!(found.commitments.len(), 5);
}

#[test]
fn a_form_without_damage_leaves_no_doubt() {
    assert_whole(&with_rows(&table_row), &[]);
}

#[test]
fn the_other_edition_is_told_by_its_wording() {
    let [dpa, _] = edition_reader::both();
    let imported = read(&form(&dpa, DETAILS, &table_row));
    assert_eq!(imported.found.edition, Some(dpa.id));
    assert_eq!(codes(&imported), [""; 0]);
}

#[test]
fn line_ends_page_breaks_and_invisible_characters_change_nothing() {
    let text = with_rows(&table_row);
    assert_whole(&text.replace('\n', "\r\n"), &[]);
    assert_whole(&text.replace('\n', "\r"), &[]);
    assert_whole(&format!("\u{feff}{text}"), &[]);
    assert_whole(&text.replace("\n\n", "\n\u{c}\n"), &[]);
    assert_whole(&text.replace(' ', "\u{a0}"), &[]);
    assert_whole(&text.replace("contract", "con\u{ad}tract").replace("measure", "meas\u{200b}ure"), &[]);
    assert_whole(&text.replace('\'', "’").replace("\"", "”"), &[]);
}

#[test]
fn ligatures_are_read_as_their_letters_and_reported() {
    let text = with_rows(&table_row).replace("fi", "ﬁ").replace("ff", "ﬀ");
    let imported = read(&text);
    assert_answers(&imported);
    assert!(imported.doubts.iter().any(|doubt| doubt.code == "ligature"));
}

#[test]
fn labels_and_separators_vary() {
    for label in ["Q. ", "Q", "q ", "Question ", ""] {
        for dash in [" – ", " - ", ": ", " ", ". "] {
            let row = |q: &Question| format!("{label}{}{dash}{}\t\t{}\n", q.id.number(), q.text, answer(q.id.into()));
            assert_whole(&with_rows(&row), &[]);
        }
    }
    let without = |q: &Question| format!("{}\t\t{}\n", q.text, answer(q.id.into()));
    assert_whole(&with_rows(&without), &[]);
    let two_columns = |q: &Question| format!("{}\t{}\n", q.text, answer(q.id.into()));
    assert_whole(&with_rows(&two_columns), &[]);
    let pipes = |q: &Question| format!("| Q {} – {} | | {} |\n", q.id.number(), q.text, answer(q.id.into()));
    assert_whole(&with_rows(&pipes), &[]);
    let html = |q: &Question| {
        format!(
            "<tr><td>Q {} – {}</td>\t<td></td>\t<td><p>{}</p></td></tr>\n",
            q.id.number(),
            q.text,
            answer(q.id.into())
        )
    };
    assert_whole(&with_rows(&html), &[]);
}

#[test]
fn rows_arrive_as_loose_paragraphs() {
    let loose = |q: &Question| format!("\nQ {} – {}\n\n\n\n{}\n\n", q.id.number(), q.text, answer(q.id.into()));
    assert_whole(&with_rows(&loose), &[]);
    let one_line = |q: &Question| format!("\nQ {} – {} {}\n", q.id.number(), q.text, answer(q.id.into()));
    assert_whole(&with_rows(&one_line), &[]);
    let all_on_one = |q: &Question| format!("Q {} – {} {} ", q.id.number(), q.text, answer(q.id.into()));
    assert_whole(&with_rows(&all_on_one), &[]);
    let label_apart = |q: &Question| format!("\nQ {}\n\n{}\n\n{}\n\n", q.id.number(), q.text, answer(q.id.into()));
    assert_whole(&with_rows(&label_apart), &[]);
}

#[test]
fn lines_are_wrapped() {
    let loose = |q: &Question| format!("\nQ {} – {}\n{}\n\n", q.id.number(), q.text, answer(q.id.into()));
    let mut wrapped = String::new();
    for line in with_rows(&loose).replace('#', "").lines() {
        let mut width = 0;
        for word in line.split(' ') {
            if width + word.len() > 72 {
                wrapped.push('\n');
                width = 0;
            } else if width > 0 {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
            width += word.len() + 1;
        }
        wrapped.push('\n');
    }
    assert_whole(&wrapped, &[]);
}

/// Breaks a text into lines of at most `width` bytes.
fn lines_of(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + word.len() < width {
            last.push_str(&format!(" {word}"));
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[test]
fn columns_are_printed_with_spaces() {
    for (left, right) in [(40, 40), (60, 24), (24, 60)] {
        let row = |q: &Question| {
            let asked = lines_of(&format!("Q {} – {}", q.id.number(), q.text), left);
            let answered = lines_of(&answer(q.id.into()), right);
            let line = |lines: &[String], i: usize| lines.get(i).cloned().unwrap_or_default();
            let rows = (0..asked.len().max(answered.len())).map(|i| {
                let line = format!("{:<width$}{}", line(&asked, i), line(&answered, i), width = left + 8);
                line.trim_end().to_owned() + "\n"
            });
            rows.chain(["\n".to_owned()]).collect()
        };
        let imported = read(&with_rows(&row));
        assert_answers(&imported);
        assert_eq!(imported.unplaced, []);
        assert!(imported.doubts.iter().all(|doubt| matches!(doubt.code, "split-row" | "codes-not-recorded")));
    }
}

#[test]
fn a_row_split_at_any_word_is_put_together() {
    let edition = gdpr();
    let question = edition.questions.iter().find(|q| q.id.number() == "4.4").unwrap();
    let asked = format!("Q 4.4 – {}", question.text);
    let answered = answer(question.id.into());
    let cuts = |text: &str| -> Vec<usize> { text.match_indices(' ').map(|(at, _)| at).collect() };
    for cut in cuts(&asked).into_iter().skip(4) {
        for answer_cut in cuts(&answered).into_iter().skip(1).step_by(4) {
            let (q1, q2) = asked.split_at(cut);
            let (a1, a2) = answered.split_at(answer_cut);
            let text = with_row("4.4", &|_| format!("{q1}\t\t{a1}\n\n{q2}\t\t{a2}\n"));
            assert_whole(&text, &["q4.4 split-row", "q4.4 joined"]);
            // The rest as loose paragraphs, one after the other.
            let text = with_row("4.4", &|_| format!("{q1}\t\t{a1}\n\n{q2}\n\n{a2}\n\n"));
            let imported = read(&text);
            let statement = found(&imported)[&id("q4.4")].replace(" | ", " ");
            assert_eq!(statement, answered);
            assert_eq!(imported.unplaced, []);
        }
    }
    let (a1, a2) = answered.split_at(cuts(&answered)[5]);
    let text = with_row("4.4", &|_| format!("{asked}\t\t{a1}\n\n\t\t{a2}\n"));
    assert_whole(&text, &["q4.4 joined"]);
}

#[test]
fn spaces_are_lost() {
    let row = |q: &Question| format!("Q{}–{}{}\n\n", q.id.number(), q.text.replace(' ', ""), answer(q.id.into()));
    assert_whole(&with_rows(&row), &[]);
    let some = |q: &Question| {
        format!("Q {} – {}\t\t{}\n", q.id.number(), q.text.replace("your s", "yours"), answer(q.id.into()))
    };
    assert_whole(&with_rows(&some), &[]);
}

#[test]
fn a_supplier_response_label_stands_before_statements() {
    let mut text = with_rows(&table_row);
    for area in gdpr().support_areas {
        let statement = answer(area.id.into());
        text = text.replace(&statement, &format!("Supplier response:\n\n{statement}"));
    }
    assert_whole(&text, &[]);
    // What stood between guidance and label is nobody's answer.
    let text = text.replace(
        "Supplier response:\n\nYes - measure Support 3.4",
        "Our note.\n\nSupplier response:\n\nYes - measure Support 3.4",
    );
    let imported = read(&text);
    assert_answers(&imported);
    assert_eq!(imported.unplaced.iter().map(|words| words.text.as_str()).collect::<Vec<_>>(), ["Our note."]);
}

#[test]
fn guidance_that_was_altered_is_no_answer() {
    let text = with_rows(&table_row);
    let text = text.replace("significant media attention falling on the school", "much media attention on the school");
    let text = text.replace("suppliers should indicate the steps", "suppliers should tell us the steps");
    let imported = read(&text);
    assert_answers(&imported);
    let doubt = imported.doubts.iter().find(|doubt| doubt.code == "form-differs").unwrap();
    assert!(doubt.detail.contains("tell us"), "{}", doubt.detail);
}

#[test]
fn details_come_in_other_shapes() {
    let colons = "Supplier name: Example Learning Ltd\nAddress: 1 High Street, Leeds, LS1 1AA\nContact name: Ada Jones\n\
                  Contact e-mail: privacy@example.org\nTelephone: 0113 496 0000\n";
    let one_line = colons.replace('\n', " ") + "\n";
    let apart = "Supplier name\n\nExample Learning Ltd\n\nAddress\n\n1 High Street, Leeds, LS1 1AA\n\nContact name\n\n\
                 Ada Jones\n\nContact email\n\nprivacy@example.org\n\nContact telephone\n\n0113 496 0000\n";
    for details in [colons, &one_line, apart] {
        assert_whole(&form(&gdpr(), details, &table_row), &[]);
    }
    let lines =
        "Supplier name: Example Learning Ltd\nAddress: 1 High Street\nLeeds\nLS1 1AA\nContact name: Ada Jones\n";
    let imported = read(&form(&gdpr(), lines, &table_row));
    let address: Vec<String> = imported.found.address.into_iter().map(|quote| quote.text).collect();
    assert_eq!(address, ["1 High Street", "Leeds", "LS1 1AA"]);
}

#[test]
fn values_that_stand_apart_from_their_labels_are_not_guessed() {
    let columns = "Supplier name\nAddress\nContact name\n\nExample Learning Ltd\n1 High Street\nAda Jones\n";
    let imported = read(&form(&gdpr(), columns, &table_row));
    assert_eq!(imported.found.contact_name, None);
    let left: Vec<&str> = imported.unplaced.iter().map(|words| words.text.as_str()).collect();
    assert_eq!(left, ["Example Learning Ltd", "1 High Street", "Ada Jones"]);
    assert!(codes(&imported).contains(&"contact labels-without-values".to_owned()));
}

#[test]
fn the_templates_example_is_nobodys_contact() {
    let details = DETAILS.replace("privacy@example.org", "J.Smyth@company.com");
    let imported = read(&form(&gdpr(), &details, &table_row));
    assert_eq!(imported.found.contact_email, None);
    assert!(codes(&imported).contains(&"contact/email template-example".to_owned()));
    let text = with_rows(&table_row).replace("help@example.org or", "help@example.org, J.Smyth@company.com or");
    let imported = read(&text);
    assert_eq!(imported.found.support_contacts[0].email.as_deref(), Some("help@example.org"));
    assert!(codes(&imported).contains(&"s3.1 template-example".to_owned()));
    let text = with_rows(&table_row).replace("help@example.org or", "help@example.org, two@example.org or");
    let imported = read(&text);
    assert_eq!(imported.found.support_contacts, []);
    assert!(codes(&imported).contains(&"s3.1 support-contacts".to_owned()));
}

#[test]
fn missing_rows_and_empty_answers_are_said() {
    let text = with_rows(&|q| match q.id.number().as_str() {
        "5.7" => String::new(),
        "6.1" => format!("Q 6.1 – {}\t\t\n", q.text),
        _ => table_row(q),
    });
    let imported = read(&text);
    assert_eq!(codes(&imported), ["q5.7 not-found", "q6.1 no-answer"]);
    assert_eq!(found(&imported)[&id("q5.7")], "");
    assert_eq!(found(&imported).len(), 44);
}

#[test]
fn a_question_in_other_words_is_kept_and_said() {
    let text =
        with_row("7.2", &|q| format!("Q 7.2 – Does the service offer service levels?\t\t{}\n", answer(q.id.into())));
    assert_whole(&text, &["q7.2 question-differs"]);
    let text = with_row("7.2", &|q| {
        format!("\nQ 7.2 – Does your services offer guaranteed service level?\n\n{}\n", answer(q.id.into()))
    });
    assert_whole(&text, &["q7.2 question-differs"]);
}

#[test]
fn unknown_and_repeated_questions_are_left_and_said() {
    let extra = "Q 7.9 – Do you like tea?\t\tYes, very much.\n";
    let text = with_row("7.3", &|q| table_row(q) + extra);
    let imported = read(&text);
    assert_answers(&imported);
    let left: Vec<&str> = imported.unplaced.iter().map(|words| words.text.as_str()).collect();
    assert_eq!(left, ["Q 7.9 – Do you like tea?", "Yes, very much."]);
    assert_eq!(codes(&imported), ["text unknown-question"]);
    let text = with_row("7.3", &|q| table_row(q) + &format!("Q 7.3 – {}\t\tNo.\n", q.text));
    let imported = read(&text);
    assert_answers(&imported);
    assert_eq!(imported.unplaced[0].text, "No.");
    assert_eq!(codes(&imported), ["q7.3 asked-twice"]);
}

#[test]
fn mixed_and_undecided_editions_are_said() {
    let [dpa, _] = edition_reader::both();
    let text = with_row("4.3", &|q| {
        let asked = &dpa.question(q.id).unwrap().text;
        format!("Q 4.3 – {asked}\t\t{}\n", answer(q.id.into()))
    });
    assert_whole(&text, &["q4.3 edition-mixed"]);
    let text = with_rows(&|q| if q.id.number() == "3.3" { table_row(q) } else { String::new() });
    let imported = read(&text);
    assert_eq!(imported.found.edition, None);
    assert!(codes(&imported).contains(&"edition edition-undecided".to_owned()));
}

#[test]
fn colours_in_words_are_said_and_not_taken() {
    let text = with_row("7.2", &|q| table_row(q).replace("\t\t", "\tGREEN\t"));
    assert_whole(&text, &["q7.2 code-in-words"]);
}

#[test]
fn markup_links_and_lists_in_answers() {
    let marked = "<p>**Yes** - see *our* [policy](https://example.org/p) and <a href=\"https://example.org/\">example.org</a>.</p>\
                  <ul><li>one_two</li><li>5 * 3 < 20 & more</li></ul> <b>Ask</b> <help@example.org>, [or](#) call.";
    let text = with_row("7.2", &|q| format!("Q 7.2 – {}\t\t{marked}\n", q.text));
    let imported = read(&text);
    assert_eq!(
        found(&imported)[&id("q7.2")],
        "Yes - see our policy and example.org. | one_two | 5 * 3 < 20 & more | Ask help@example.org, or call."
    );
    let links = &imported.found.responses.values().flat_map(|answer| &answer.links).collect::<Vec<_>>();
    assert_eq!((links[0].words.as_str(), links[0].url.as_str(), links.len()), ("policy", "https://example.org/p", 1));
    assert_eq!(codes(&imported), ["q7.2 lost-link"]);
    let text = with_rows(&table_row).replace(
        "Yes - measure Support 3.4",
        "See [this page](https://example.org/r).\n\n- first\n- second\n\nYes - measure Support 3.4",
    );
    let imported = read(&text);
    assert!(found(&imported)[&id("s3.4")].starts_with("See this page (https://example.org/r). | first | second | Yes"));
}

#[test]
fn typographic_quotes_and_figures_in_answers_stay() {
    let said = "‘Scale-up’ – “99.9%” of £1,000.50 in 24/7, it’s £5…";
    let text = with_row("7.2", &|q| format!("Q 7.2 – {}\t\t{said}\n", q.text));
    assert_eq!(found(&read(&text))[&id("q7.2")], said);
}

#[test]
fn loose_words_after_a_finished_answer_are_left() {
    let text = with_row("7.2", &|q| table_row(q) + "\nPage 3 of 20\n\nThis table was printed in 2019.\n\n");
    let imported = read(&text);
    assert_answers(&imported);
    let left: Vec<&str> = imported.unplaced.iter().map(|words| words.text.as_str()).collect();
    assert_eq!(left, ["Page 3 of 20", "This table was printed in 2019."]);
}

#[test]
fn a_text_that_is_too_long_is_not_read() {
    let imported = read(&"a ".repeat(import::MAX_BYTES));
    assert_eq!(imported.doubts[0].code, "too-long");
    assert_eq!(imported.found, import::Found::default());
}

/// A passage of the form that broke off and goes on elsewhere still gives up the supplier's words inside it.
#[test]
fn words_inside_a_broken_passage_of_the_form_come_back() {
    let editions = edition_reader::both();
    let text = made_up_form::form(&editions[0], made_up_form::DETAILS, &made_up_form::table_row);
    let (before, after) = ("Schools are required to ensure that all cloud", " services used enable them");
    assert!(text.contains(&format!("{before}{after}")));
    let text = text.replace(&format!("{before}{after}"), &format!("{before}\n\n{after}"));
    let text = text.replacen("for its Example Cloud service", "for its Example Cloud Plus service", 1);
    let imported = import::statement(&text, &editions.iter().collect::<Vec<_>>());
    let said = format!("{:?}{:?}", imported.found.service_name, imported.doubts);
    assert!(said.contains("Example Cloud Plus"), "{said}");
}
