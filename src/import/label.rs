//! Questions' numbers as people print them: `Q 3.1 –`, `Q. 4.3 –`, `Q5.6:`, `Question 5.6`, `5.6`.

/// A number at the start of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// `5.6`.
    pub number: String,
    /// A `Q` stands before it.
    pub has_q: bool,
    /// Bytes up to what follows it.
    pub length: usize,
}

/// Reads a number at the start of `text`.
pub(super) fn at(text: &str) -> Option<Label> {
    let mut rest = text.trim_start();
    let q = ["Question", "question", "QUESTION", "Q", "q"].into_iter().find_map(|q| rest.strip_prefix(q));
    let has_q = q.is_some();
    if let Some(after) = q {
        rest = after.trim_start_matches('.').trim_start();
    }
    let (section, after) = digits(rest)?;
    let (item, after) = digits(after.strip_prefix('.')?.trim_start())?;
    // "3.1.2" and "3.1%" are no labels.
    if after.starts_with(|c: char| c.is_alphanumeric() && !has_q || c == '%')
        || after.strip_prefix('.').is_some_and(|dot| dot.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let after = after.trim_start_matches(|c: char| c.is_whitespace() || ".:-–—)".contains(c));
    Some(Label { number: format!("{section}.{item}"), has_q, length: text.len() - after.len() })
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    ((1..=2).contains(&length) && !text.starts_with('0')).then(|| text.split_at(length))
}

/// A text without the question's number at its end.
pub(super) fn without_last(text: &str) -> &str {
    let tail_start = text.len().saturating_sub(24);
    let starts = text.char_indices().map(|(at, _)| at).filter(|at| *at >= tail_start);
    let is_label = |at: &usize| {
        let tail = &text[*at..];
        let begins = *at == 0 || !text[..*at].ends_with(char::is_alphanumeric);
        begins && self::at(tail).is_some_and(|label| label.has_q && label.length == tail.len())
    };
    let mut starts = starts.collect::<Vec<_>>().into_iter();
    starts.find(is_label).map_or(text, |at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<String> {
        at(text).map(|label| label.number)
    }

    #[test]
    fn labels_are_read_in_the_ways_forms_print_them() {
        for text in ["Q 5.6 – Does", "Q. 5.6 - Does", "Q5.6: Does", "Question 5.6 Does", "5.6 Does", "q 5.6) Does"] {
            let label = at(text).expect(text);
            assert_eq!((label.number.as_str(), &text[label.length..]), ("5.6", "Does"), "{text}");
        }
        for text in ["Does", "Q", "Q 5", "5.6.7 is", "99.9% of", "Quarter 1.2", "03.1 x", "100.1"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_label_before_the_next_question_is_no_part_of_the_answer() {
        assert_eq!(without_last("Yes. Q 3.2 – "), "Yes.");
        assert_eq!(without_last("As stated in 3.2"), "As stated in 3.2");
        assert_eq!(without_last("Yes."), "Yes.");
    }
}
