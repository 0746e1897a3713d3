//! A strict reader of JSON (RFC 8259): what it reads, every reader of the standard reads the same way.
//!
//! Readers of JSON differ where the standard is silent: two members of one name, lone surrogates, what follows the value. A
//! signed text that two readers read in two ways is an attack, so all of that is refused here, at any depth and also in
//! members that nobody asks for. Numbers are checked by the grammar and stay text: nothing here needs their value, and their
//! range is where readers differ most.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::Chars;

/// What a text may have at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Objects and arrays inside each other, the outermost counted. Bounds the stack.
    pub depth: usize,
    /// Members of one object. Their names are compared with each other.
    pub members: usize,
}

/// Why a text is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonFault {
    /// It is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// It is not JSON, or not an object.
    #[error("not a JSON object")]
    Syntax,
    /// An escape names half of a surrogate pair.
    #[error("a lone surrogate")]
    Surrogate,
    /// Objects and arrays are nested too deep.
    #[error("nested too deep")]
    Depth,
    /// An object has too many members.
    #[error("too many members")]
    Members,
    /// An object has two members of one name, compared after unescaping.
    #[error("two members of one name")]
    Duplicate,
    /// Something but white space follows.
    #[error("bytes after the end")]
    Trailing,
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// An object: members in the order of the text, no two of one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads a text that is one object, with white space around it, and nothing else.
    ///
    /// The caller bounds the text's length. Memory and time are then bounded by it: at most about 60 bytes for each byte.
    ///
    /// # Errors
    /// [`JsonFault`].
    pub fn read(bytes: &[u8], limits: Limits) -> Result<Self, JsonFault> {
        let text = core::str::from_utf8(bytes).map_err(|_| JsonFault::Utf8)?;
        let mut parser = Parser { rest: text, members: limits.members };
        parser.space();
        parser.expect('{')?;
        let object = parser.object(limits.depth)?;
        parser.space();
        if parser.rest.is_empty() { Ok(object) } else { Err(JsonFault::Trailing) }
    }

    /// The member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The members, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

struct Parser<'a> {
    rest: &'a str,
    members: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes this character, if it is next.
    fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), JsonFault> {
        if self.take(wanted) { Ok(()) } else { Err(JsonFault::Syntax) }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonFault> {
        self.rest = self.rest.strip_prefix(word).ok_or(JsonFault::Syntax)?;
        Ok(value)
    }

    /// A value, with this many levels still allowed.
    fn value(&mut self, depth: usize) -> Result<Value, JsonFault> {
        match self.rest.chars().next().ok_or(JsonFault::Syntax)? {
            '{' => {
                self.expect('{')?;
                self.object(depth).map(Value::Object)
            }
            '[' => {
                self.expect('[')?;
                self.array(depth).map(Value::Array)
            }
            '"' => {
                self.expect('"')?;
                self.string().map(Value::String)
            }
            't' => self.word("true", Value::Bool(true)),
            'f' => self.word("false", Value::Bool(false)),
            'n' => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    /// What follows `{`.
    fn object(&mut self, depth: usize) -> Result<Object, JsonFault> {
        let depth = depth.checked_sub(1).ok_or(JsonFault::Depth)?;
        let mut members: Vec<(String, Value)> = Vec::new();
        self.space();
        if self.take('}') {
            return Ok(Object(members));
        }
        loop {
            if members.len() >= self.members {
                return Err(JsonFault::Members);
            }
            self.space();
            self.expect('"')?;
            let name = self.string()?;
            if members.iter().any(|(other, _)| *other == name) {
                return Err(JsonFault::Duplicate);
            }
            self.space();
            self.expect(':')?;
            self.space();
            let value = self.value(depth)?;
            members.push((name, value));
            self.space();
            if self.take('}') {
                return Ok(Object(members));
            }
            self.expect(',')?;
        }
    }

    /// What follows `[`.
    fn array(&mut self, depth: usize) -> Result<Vec<Value>, JsonFault> {
        let depth = depth.checked_sub(1).ok_or(JsonFault::Depth)?;
        let mut items = Vec::new();
        self.space();
        if self.take(']') {
            return Ok(items);
        }
        loop {
            self.space();
            items.push(self.value(depth)?);
            self.space();
            if self.take(']') {
                return Ok(items);
            }
            self.expect(',')?;
        }
    }

    /// What follows the opening quote.
    fn string(&mut self) -> Result<String, JsonFault> {
        let mut out = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().ok_or(JsonFault::Syntax)? {
                '"' => {
                    self.rest = chars.as_str();
                    return Ok(out);
                }
                '\\' => out.push(escape(&mut chars)?),
                '\0'..='\u{1f}' => return Err(JsonFault::Syntax),
                other => out.push(other),
            }
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<String, JsonFault> {
        let start = self.rest;
        self.take('-');
        if !self.take('0') {
            self.digits()?;
        }
        if self.take('.') {
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            if !self.take('+') {
                self.take('-');
            }
            self.digits()?;
        }
        let length = start.len() - self.rest.len();
        start.get(..length).map(String::from).ok_or(JsonFault::Syntax)
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == self.rest.len() {
            return Err(JsonFault::Syntax);
        }
        self.rest = rest;
        Ok(())
    }
}

/// What follows a backslash.
fn escape(chars: &mut Chars<'_>) -> Result<char, JsonFault> {
    match chars.next() {
        Some(same @ ('"' | '\\' | '/')) => Ok(same),
        Some('b') => Ok('\u{8}'),
        Some('f') => Ok('\u{c}'),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('u') => code_point(chars),
        _ => Err(JsonFault::Syntax),
    }
}

/// What follows `\u`: a code point, or a pair of surrogates.
fn code_point(chars: &mut Chars<'_>) -> Result<char, JsonFault> {
    let first = unit(chars)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).ok_or(JsonFault::Surrogate);
    }
    if (chars.next(), chars.next()) != (Some('\\'), Some('u')) {
        return Err(JsonFault::Surrogate);
    }
    let second = unit(chars)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(JsonFault::Surrogate);
    }
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(JsonFault::Surrogate)
}

fn unit(chars: &mut Chars<'_>) -> Result<u32, JsonFault> {
    (0..4).try_fold(0, |sum, _| {
        let digit = chars.next().and_then(|c| c.to_digit(16)).ok_or(JsonFault::Syntax)?;
        Ok(sum << 4 | digit)
    })
}
