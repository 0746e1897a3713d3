//! One source file with all its mutants in it, each behind `crate::mutants::on(NUMBER)`.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::Result;
use crate::list::{Mutant, Place};

/// Text around a range of the source, or at one place of it.
struct Wrap {
    range: Range<usize>,
    /// The order of those that start at the same place: insertions first.
    rank: u8,
    before: String,
    after: String,
    ids: Vec<usize>,
}

/// The new text, and which mutants' text stands where in it.
pub struct Output {
    pub text: String,
    pub marks: Vec<(Range<usize>, Vec<usize>)>,
    /// Mutants with no form here.
    pub unfit: Vec<usize>,
}

/// Functions named in `constant` stay `const`, and have no mutants.
pub fn instrument(source: &str, mutants: &[Mutant], constant: &HashSet<String>) -> Result<Output> {
    let file = syn::parse_file(source)?;
    let lines = line_starts(source);
    let mut here: HashMap<(Place, &str), Vec<&Mutant>> = HashMap::new();
    for mutant in mutants {
        here.entry((mutant.start, genre(mutant))).or_default().push(mutant);
    }
    let mut finder = Finder {
        source,
        lines,
        here,
        constant,
        wraps: Vec::new(),
        edits: Vec::new(),
        inside_constant: false,
    };
    finder.visit_file(&file);
    let placed: HashSet<usize> = finder.wraps.iter().flat_map(|wrap| wrap.ids.iter().copied()).collect();
    let unfit = mutants.iter().map(|m| m.id).filter(|id| !placed.contains(id)).collect();
    let mut wraps = finder.wraps;
    // `const` before `fn` goes.
    wraps.extend(finder.edits.into_iter().map(|range| Wrap {
        range,
        rank: 9,
        before: "/*".into(),
        after: "*/".into(),
        ids: Vec::new(),
    }));
    wraps.sort_by_key(|wrap| (wrap.range.start, wrap.rank, Reverse(wrap.range.end)));
    let mut writer = Writer { source, wraps: &wraps, next: 0, text: String::new(), marks: Vec::new() };
    writer.write(0..source.len());
    Ok(Output { text: writer.text, marks: writer.marks, unfit })
}

/// Deletions of arms and of fields start where other things do.
fn genre(mutant: &Mutant) -> &str {
    mutant.genre.as_str()
}

fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.match_indices('\n').map(|(i, _)| i + 1)).collect()
}

struct Writer<'a> {
    source: &'a str,
    wraps: &'a [Wrap],
    next: usize,
    text: String,
    marks: Vec<(Range<usize>, Vec<usize>)>,
}

impl Writer<'_> {
    fn write(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(wrap) =
            self.wraps.get(self.next).filter(|w| w.range.start >= at && w.range.end <= range.end)
        {
            self.next += 1;
            self.text.push_str(&self.source[at..wrap.range.start]);
            let start = self.text.len();
            self.text.push_str(&wrap.before);
            self.marks.push((start..self.text.len(), wrap.ids.clone()));
            self.write(wrap.range.clone());
            self.text.push_str(&wrap.after);
            // The whole, for errors that the mutant causes beside itself.
            self.marks.push((start..self.text.len(), wrap.ids.clone()));
            at = wrap.range.end;
        }
        self.text.push_str(&self.source[at..range.end]);
    }
}

struct Finder<'a> {
    source: &'a str,
    lines: Vec<usize>,
    here: HashMap<(Place, &'a str), Vec<&'a Mutant>>,
    constant: &'a HashSet<String>,
    wraps: Vec<Wrap>,
    edits: Vec<Range<usize>>,
    inside_constant: bool,
}

fn on(id: usize) -> String {
    format!("crate::mutants::on({id})")
}

impl<'a> Finder<'a> {
    fn offset(&self, (line, column): Place) -> usize {
        let start = self.lines[line - 1];
        self.source[start..].char_indices().nth(column - 1).map_or(self.source.len(), |(i, _)| start + i)
    }

    fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = (span.start(), span.end());
        self.offset((start.line, start.column + 1))..self.offset((end.line, end.column + 1))
    }

    fn text(&self, span: Span) -> &'a str {
        &self.source[self.range(span)]
    }

    fn take(&mut self, span: Span, genre: &'static str) -> Vec<&'a Mutant> {
        if self.inside_constant {
            return Vec::new();
        }
        let start = span.start();
        self.here.remove(&((start.line, start.column + 1), genre)).unwrap_or_default()
    }

    fn wrap(&mut self, range: Range<usize>, before: String, after: &str, ids: Vec<usize>) {
        self.wraps.push(Wrap { range, rank: 1, before, after: after.into(), ids });
    }

    /// `(if on(1) { one } else if on(2) { another } else { the original })`
    fn choice(&mut self, range: Range<usize>, variants: Vec<(usize, String)>) {
        for (id, variant) in variants {
            self.wrap(range.clone(), format!("(if {} {{ {variant} }} else {{ ", on(id)), " })", vec![id]);
        }
    }

    fn body(&mut self, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        let found = self.take(first.span(), "FnValue");
        let at = self.range(first.span()).start;
        // A function that returns `impl Iterator` returns one type.
        for m in found.into_iter().filter(|m| !m.replacement.starts_with("::std::iter")) {
            let before = format!("if {} {{ return {}; }} ", on(m.id), m.replacement);
            self.wraps.push(Wrap { range: at..at, rank: 0, before, after: String::new(), ids: vec![m.id] });
        }
    }

    /// Whether the function stays const. A const function with mutants becomes an ordinary one.
    fn enter(&mut self, sig: &syn::Signature) -> bool {
        let before = self.inside_constant;
        if let Some(word) = &sig.constness {
            if self.constant.contains(&sig.ident.to_string()) {
                self.inside_constant = true;
            } else {
                self.edits.push(self.range(word.span()));
            }
        }
        before
    }
}

fn has_let(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(b) => has_let(&b.left) || has_let(&b.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, f: &'ast syn::ItemFn) {
        let before = self.enter(&f.sig);
        self.body(&f.block);
        visit::visit_item_fn(self, f);
        self.inside_constant = before;
    }

    fn visit_impl_item_fn(&mut self, f: &'ast syn::ImplItemFn) {
        let before = self.enter(&f.sig);
        self.body(&f.block);
        visit::visit_impl_item_fn(self, f);
        self.inside_constant = before;
    }

    fn visit_trait_item_fn(&mut self, f: &'ast syn::TraitItemFn) {
        if let Some(block) = &f.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, f);
    }

    // What must be known when it is compiled: cargo-mutants lists nothing here, but for array lengths inside of functions.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}

    fn visit_expr_repeat(&mut self, e: &'ast syn::ExprRepeat) {
        self.visit_expr(&e.expr);
    }

    fn visit_expr_binary(&mut self, e: &'ast syn::ExprBinary) {
        let found = self.take(e.op.span(), "BinaryOperator");
        if !(has_let(&e.left) || has_let(&e.right)) {
            let assign = self.text(e.op.span()).ends_with('=')
                && !["==", "!=", "<=", ">="].contains(&self.text(e.op.span()));
            let (left, right) = (self.text(e.left.span()), self.text(e.right.span()));
            let variants = found.iter().map(|m| {
                let text = if assign {
                    format!("{left} {} {right}", m.replacement)
                } else {
                    format!("({left}) {} ({right})", m.replacement)
                };
                (m.id, text)
            });
            let variants = variants.collect();
            self.choice(self.range(e.span()), variants);
        }
        visit::visit_expr_binary(self, e);
    }

    fn visit_expr_unary(&mut self, e: &'ast syn::ExprUnary) {
        let found = self.take(e.op.span(), "UnaryOperator");
        let inner = self.text(e.expr.span());
        let variants = found.iter().map(|m| (m.id, inner.to_owned())).collect();
        self.choice(self.range(e.span()), variants);
        visit::visit_expr_unary(self, e);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let deleted = self.take(arm.span(), "MatchArm");
        if let Some((_, guard)) = &arm.guard {
            let range = self.range(guard.span());
            for m in deleted {
                self.wrap(range.clone(), format!("(!{} && (", on(m.id)), "))", vec![m.id]);
            }
            for m in self.take(guard.span(), "MatchArmGuard") {
                let before = if m.replacement == "true" {
                    format!("({} || (", on(m.id))
                } else {
                    format!("(!{} && (", on(m.id))
                };
                self.wrap(range.clone(), before, "))", vec![m.id]);
            }
        } else {
            let end = self.range(arm.pat.span()).end;
            for m in deleted {
                let before = format!(" if !{} ", on(m.id));
                self.wraps.push(Wrap {
                    range: end..end,
                    rank: 0,
                    before,
                    after: String::new(),
                    ids: vec![m.id],
                });
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_if(&mut self, e: &'ast syn::ExprIf) {
        let range = self.range(e.cond.span());
        for m in self.take(e.span(), "DeleteIf") {
            // Lets stand in a chain of `&&`, which takes one more link; anything else is put in brackets.
            let (before, after) = if has_let(&e.cond) { ("", String::new()) } else { ("(", ")".into()) };
            self.wrap(range.clone(), before.into(), &format!("{after} && !{}", on(m.id)), vec![m.id]);
        }
        visit::visit_expr_if(self, e);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        if let syn::Stmt::Expr(e @ syn::Expr::Try(_), Some(_)) = statement {
            for m in self.take(e.span(), "DeleteTry") {
                self.wrap(self.range(e.span()), format!("if !{} {{ ", on(m.id)), "; }", vec![m.id]);
            }
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_struct(&mut self, e: &'ast syn::ExprStruct) {
        if let Some(base) = &e.rest {
            let base = self.text(base.span());
            for field in &e.fields {
                for m in self.take(field.span(), "StructField") {
                    let name = self.text(field.member.span());
                    let shorthand =
                        if field.colon_token.is_none() { format!("{name}: ") } else { String::new() };
                    let range = self.range(field.expr.span());
                    self.wrap(
                        range,
                        format!("{shorthand}(if {} {{ ({base}).{name} }} else {{ ", on(m.id)),
                        " })",
                        vec![m.id],
                    );
                }
            }
        }
        visit::visit_expr_struct(self, e);
    }
}
