//! Reading and making JSON objects of known members.
//!
//! A [`Reader`] takes the values out of a tree, so that nothing is copied. It gathers every fault with its pointer
//! instead of stopping at the first, and refuses unknown members: a typing error in a signed document must be loud. An [`Object`] leaves empty members out, because
//! the profile has neither null nor empty values.

use std::{cell::RefCell, collections::BTreeMap, fmt::Display, str::FromStr};

use super::Node;
use crate::domain::{Fault, Faults};

/// One object being read; every member is taken once, and what is left at the end is unknown.
pub struct Reader<'d> {
    place: Place<'d>,
    left: BTreeMap<String, Node>,
    faults: &'d RefCell<Faults>,
}

/// Where an object stands. Written as a pointer only for a fault: nearly every object has none.
enum Place<'d> {
    Document,
    Member(&'d Place<'d>, &'d str),
    Item(&'d Place<'d>, &'d str, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Place::Document => String::new(),
            Place::Member(parent, name) => parent.pointer_to(name),
            Place::Item(parent, name, index) => format!("{}/{index}", parent.pointer_to(name)),
        }
    }

    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer(), name.replace('~', "~0").replace('/', "~1"))
    }
}

/// Reads a whole document with `read`, which takes the members it knows from the reader.
///
/// `read` returns `None` exactly when it noted a fault.
///
/// # Errors
/// All faults at once: those that `read` noted, unknown members, or a document that is no object.
pub fn read_document<T>(node: Node, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T, Faults> {
    let faults = RefCell::new(Faults::default());
    let value = match node {
        Node::Object(members) => Reader::read(Place::Document, members, &faults, read),
        _ => None,
    };
    let mut faults = faults.into_inner();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => {
            if faults.is_empty() {
                faults.add("", "not-an-object", "The document must be one JSON object.");
            }
            Err(faults)
        }
    }
}

impl Reader<'_> {
    /// Reads one object whole, and notes what `read` did not take.
    fn read<T>(
        place: Place<'_>,
        members: BTreeMap<String, Node>,
        faults: &RefCell<Faults>,
        read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut reader = Reader { place, left: members, faults };
        let value = read(&mut reader);
        reader.finish();
        value
    }

    /// The JSON pointer of member `name` of this object.
    pub fn pointer_to(&self, name: &str) -> String {
        self.place.pointer_to(name)
    }

    /// Notes a fault at member `name`.
    pub fn fault(&self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.borrow_mut().0.push(Fault::new(self.pointer_to(name), code, detail));
    }

    /// Whether the object has a member `name` that was not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Notes that member `name` must be there; returns `None` for use at the end of a chain.
    fn missing<T>(&self, name: &str) -> Option<T> {
        self.fault(name, "missing-member", format!("'{name}' is missing: add it."));
        None
    }

    fn wrong_type(&self, name: &str, wanted: &str) {
        self.fault(name, "wrong-type", format!("'{name}' must be {wanted}."));
    }

    /// Takes an optional text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.left.remove(name)? {
            Node::Text(text) => Some(text),
            _ => {
                self.wrong_type(name, "a text in quotes");
                None
            }
        }
    }

    /// Takes a text that must be there.
    pub fn required_text(&mut self, name: &str) -> Option<String> {
        if self.has(name) { self.text(name) } else { self.missing(name) }
    }

    /// Takes an optional text and parses it.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, "bad-value", format!("'{name}' cannot be read: {error}."));
                None
            }
        }
    }

    /// Takes a text that must be there and parses it.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        if self.has(name) { self.parsed(name) } else { self.missing(name) }
    }

    /// Takes an optional text that must be one of a closed set.
    pub fn one_of<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, choices: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(name, "unknown-value", format!("'{name}' must be one of {choices}."));
        }
        value
    }

    /// Takes a text of a closed set that must be there.
    pub fn required_one_of<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, choices: &str) -> Option<T> {
        if self.has(name) { self.one_of(name, parse, choices) } else { self.missing(name) }
    }

    /// Takes a positive whole number that must be there.
    pub fn required_number(&mut self, name: &str) -> Option<u32> {
        match self.left.remove(name) {
            None => self.missing(name),
            Some(Node::Integer(n)) => match u32::try_from(n) {
                Ok(number) if number <= i32::MAX as u32 => Some(number),
                _ => {
                    self.fault(name, "out-of-range", format!("'{name}' must be a number from 0 to {}.", i32::MAX));
                    None
                }
            },
            Some(_) => {
                self.wrong_type(name, "a whole number");
                None
            }
        }
    }

    /// Takes a flag: `true`, or left out.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.left.remove(name) {
            None => false,
            Some(Node::True) => true,
            Some(_) => {
                self.wrong_type(name, "true, or be left out");
                false
            }
        }
    }

    /// Takes an optional array of texts; absent gives an empty list.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(items) = self.array(name) else { return Vec::new() };
        let mut texts = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            match item {
                Node::Text(text) => texts.push(text),
                _ => {
                    let pointer = format!("{}/{i}", self.pointer_to(name));
                    let fault =
                        Fault::new(pointer, "wrong-type", format!("Every item of '{name}' must be a text in quotes."));
                    self.faults.borrow_mut().0.push(fault);
                }
            }
        }
        texts
    }

    fn array(&mut self, name: &str) -> Option<Vec<Node>> {
        match self.left.remove(name)? {
            Node::Array(items) => Some(items),
            _ => {
                self.wrong_type(name, "an array");
                None
            }
        }
    }

    /// Takes an optional object and reads it with `read`.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        let node = self.left.remove(name)?;
        self.object_in(name, node, read)
    }

    /// Reads `node`, which is member `name`, as an object.
    fn object_in<T>(&self, name: &str, node: Node, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        match node {
            Node::Object(members) => Reader::read(Place::Member(&self.place, name), members, self.faults, read),
            _ => {
                self.wrong_type(name, "an object");
                None
            }
        }
    }

    /// Takes an object that must be there.
    pub fn required_object<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        if self.has(name) { self.object(name, read) } else { self.missing(name) }
    }

    /// Takes an optional array of objects; absent gives an empty list.
    pub fn objects<T>(&mut self, name: &str, mut read: impl FnMut(&mut Reader<'_>) -> Option<T>) -> Vec<T> {
        let Some(items) = self.array(name) else { return Vec::new() };
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            match item {
                Node::Object(members) => {
                    let place = Place::Item(&self.place, name, i);
                    values.extend(Reader::read(place, members, self.faults, &mut read));
                }
                _ => self.wrong_type(name, "an array of objects"),
            }
        }
        values
    }

    /// Takes an optional object whose members are all named by parseable keys, such as answers by question.
    pub fn map<K: FromStr<Err: Display> + Ord, V>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Reader<'_>) -> Option<V>,
    ) -> BTreeMap<K, V> {
        let mut map = BTreeMap::new();
        self.object(name, |members| {
            for (name, node) in std::mem::take(&mut members.left) {
                match name.parse::<K>() {
                    Ok(key) => map.extend(members.object_in(&name, node, &mut read).map(|value| (key, value))),
                    Err(error) => {
                        let detail = format!("This member's name cannot be read: {error}.");
                        members.fault(&name, "unknown-member", detail);
                    }
                }
            }
            Some(())
        });
        map
    }

    /// Takes `format`, which must be exactly `wanted`.
    pub fn format(&mut self, wanted: &str) -> Option<()> {
        let found = self.required_text("format")?;
        if found == wanted {
            return Some(());
        }
        self.fault("format", "unknown-format", format!("This file must have format '{wanted}'."));
        None
    }

    /// The names of the members that were not taken yet, in order.
    pub fn names(&self) -> Vec<String> {
        self.left.keys().cloned().collect()
    }

    /// Leaves whatever was not taken unread, without a fault: for shapes of a later edition of a format.
    pub fn leave_the_rest(&mut self) {
        self.left.clear();
    }

    fn finish(self) {
        for name in self.left.keys() {
            self.fault(
                name,
                "unknown-member",
                format!("'{name}' is not a member of this object: correct or remove it."),
            );
        }
    }
}

/// An object in the making; empty values are left out.
#[derive(Default)]
pub struct Object(BTreeMap<String, Node>);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member as it is.
    pub fn node(mut self, name: &str, node: Node) -> Self {
        self.0.insert(name.to_owned(), node);
        self
    }

    /// Adds a text, written by its `Display`.
    pub fn text(self, name: &str, value: impl Display) -> Self {
        let text = value.to_string();
        if text.is_empty() { self } else { self.node(name, Node::Text(text)) }
    }

    /// Adds a text if there is one.
    pub fn optional(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a whole number.
    pub fn number(self, name: &str, value: u32) -> Self {
        self.node(name, Node::Integer(value.into()))
    }

    /// Adds a flag if it is set.
    pub fn flag(self, name: &str, value: bool) -> Self {
        if value { self.node(name, Node::True) } else { self }
    }

    /// Adds an array of texts if there are any.
    pub fn texts(self, name: &str, values: &[String]) -> Self {
        self.array(name, values.iter().map(|text| Node::Text(text.clone())).collect())
    }

    /// Adds an array if it has items.
    pub fn array(self, name: &str, items: Vec<Node>) -> Self {
        if items.is_empty() { self } else { self.node(name, Node::Array(items)) }
    }

    /// Adds an object if it has members.
    pub fn object(self, name: &str, object: Object) -> Self {
        if object.0.is_empty() { self } else { self.node(name, Node::Object(object.0)) }
    }

    /// The finished value.
    pub fn build(self) -> Node {
        Node::Object(self.0)
    }
}

impl<N: Into<String>> FromIterator<(N, Node)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, Node)>>(members: I) -> Self {
        Object(members.into_iter().map(|(name, node)| (name.into(), node)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_every_fault_with_its_pointer() {
        let inner = Object::new().number("code", 1).text("colour", "green").build();
        let node = Object::new().object("a", Object::from_iter([("q1.1", inner)])).text("extra", "x").build();
        let faults = read_document(node, |reader| {
            reader.object("a", |a| a.object("q1.1", |q| q.required_text("code").zip(q.required_text("statement"))));
            reader.required_text("missing")
        });
        let places: Vec<_> = faults.expect_err("faulty").0.into_iter().map(|f| (f.pointer, f.code)).collect();
        assert_eq!(
            places,
            [
                ("/a/q1.1/code".to_owned(), "wrong-type"),
                ("/a/q1.1/statement".to_owned(), "missing-member"),
                ("/a/q1.1/colour".to_owned(), "unknown-member"),
                ("/missing".to_owned(), "missing-member"),
                ("/extra".to_owned(), "unknown-member"),
            ]
        );
    }
}
