//! Mutants that cargo-mutants does not have: each deletes one check whole. `if condition { .. }` without an else never is entered, and
//! `something(..)?;` is not called.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::Span;
use serde_json::{Value, json};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::Result;

/// Adds them to the list: for the files that are in it, and to `out`.
pub fn checks(list: &str, original: &Path, out: &str) -> Result<()> {
    let mut list: Vec<Value> = serde_json::from_slice(&fs::read(list)?)?;
    let files: BTreeSet<String> = list.iter().filter_map(|m| Some(m["file"].as_str()?.to_owned())).collect();
    for file in files {
        let source = fs::read_to_string(original.join(&file))?;
        let mut finder = Finder {
            file: &file,
            lines: source.lines().collect(),
            function: String::new(),
            found: Vec::new(),
        };
        finder.visit_file(&syn::parse_file(&source)?);
        println!("{} {file}", finder.found.len());
        list.extend(finder.found);
    }
    Ok(fs::write(out, serde_json::to_vec(&list)?)?)
}

struct Finder<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    function: String,
    found: Vec<Value>,
}

impl Finder<'_> {
    fn add(&mut self, genre: &str, span: Span) {
        let (start, end) = (span.start(), span.end());
        let place = |at: proc_macro2::LineColumn| json!({"line": at.line, "column": at.column + 1});
        let text: String = self.lines[start.line - 1].chars().skip(start.column).take(70).collect();
        let name = format!(
            "{}:{}:{}: delete `{}` in {}",
            self.file,
            start.line,
            start.column + 1,
            text.trim_end_matches('{').trim(),
            self.function
        );
        let span = json!({"start": place(start), "end": place(end)});
        self.found
            .push(json!({"file": self.file, "genre": genre, "name": name, "replacement": "", "span": span}));
    }

    fn within(&mut self, name: &syn::Ident, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.function, name.to_string());
        visit(self);
        self.function = before;
    }
}

fn for_tests(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|a| {
        a.path().is_ident("cfg") && a.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, m: &'ast syn::ItemMod) {
        if !for_tests(&m.attrs) {
            visit::visit_item_mod(self, m);
        }
    }

    fn visit_item_fn(&mut self, f: &'ast syn::ItemFn) {
        if !for_tests(&f.attrs) {
            self.within(&f.sig.ident, |finder| visit::visit_item_fn(finder, f));
        }
    }

    fn visit_impl_item_fn(&mut self, f: &'ast syn::ImplItemFn) {
        if !for_tests(&f.attrs) {
            self.within(&f.sig.ident, |finder| visit::visit_impl_item_fn(finder, f));
        }
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        match statement {
            syn::Stmt::Expr(syn::Expr::If(e), _) if e.else_branch.is_none() => self.add("DeleteIf", e.span()),
            syn::Stmt::Expr(e @ syn::Expr::Try(_), Some(_)) => self.add("DeleteTry", e.span()),
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }
}
