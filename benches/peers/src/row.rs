//! Rows of the table.

use crate::meter::{Cost, Effort};

/// Makes what a row needs, such as keys, and returns one run of it.
pub type Setup = Box<dyn FnOnce() -> Box<dyn FnMut() -> Cost>>;

/// One protocol of one library.
pub struct Row {
    what: String,
    who: &'static str,
    setup: Setup,
}

impl Row {
    pub fn new<R: FnMut() -> Cost + 'static>(
        what: impl Into<String>,
        who: &'static str,
        setup: impl FnOnce() -> R + 'static,
    ) -> Self {
        Self { what: what.into(), who, setup: Box::new(|| Box::new(setup())) }
    }

    pub fn matches(&self, text: &str) -> bool {
        self.what.contains(text) || self.who.contains(text)
    }

    /// Measures the row and prints its line.
    pub fn print(self, effort: Effort) {
        let cost = effort.measure(&mut (self.setup)());
        let sent = if cost.sent == 0 { "–".to_owned() } else { cost.sent.to_string() };
        println!("| {} | {} | {:.3} | {sent} |", self.what, self.who, cost.cpu.as_secs_f64() * 1e3);
    }
}

/// A line between rows.
pub fn head(title: &str) {
    println!("| **{title}** | | | |");
}

/// The head of the table.
pub fn start() {
    println!("| | library | CPU of one party, ms | bytes it sends |\n|--|--|--:|--:|");
}
