//! What the program may say of a fault and of its cure: the sentences that stand in its source, found by their place.
//! A part that is put in when it is said stands in braces, as in `format!`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};

/// What a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What is there, or what is wrong.
    What,
    /// What to do about it.
    Cure,
    /// A line of the log: an error, a warning, or what is worth to be known.
    Log,
}

/// A sentence of the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence {
    pub role: Role,
    pub text: String,
    /// The file that has it, below the root of the repository.
    pub file: String,
}

/// All sentences below these folders or in these files, without tests.
pub fn sentences(places: &[&str]) -> BTreeSet<Sentence> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut rest: Vec<_> = places.iter().map(|place| root.join(place)).collect();
    let mut found = BTreeSet::new();
    while let Some(path) = rest.pop() {
        if path.is_dir() {
            rest.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if !name.ends_with(".rs") || name.contains("tests") {
            continue;
        }
        let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut bound = Bound::default();
        bound.visit_file(&file);
        let mut reader = Reader { bound: &bound.0, found: Vec::new() };
        reader.visit_file(&file);
        let told = reader.found.into_iter().filter(|(_, text)| text.contains(' '));
        found.extend(told.map(|(role, text)| Sentence { role, text, file: name.clone() }));
    }
    found
}

/// Whether a part of a file is there for tests only.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// What stands in a `vec![]`, which the parser of files leaves alone. It lives as long as the test.
fn listed(call: &syn::Macro) -> &'static [syn::Expr] {
    type List = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
    if !call.path.is_ident("vec") {
        return &[];
    }
    let list = call.parse_body_with(List::parse_terminated).unwrap_or_default();
    Vec::leak(list.into_iter().collect())
}

/// The sentences of each constant, variable and function of a file, by its name.
#[derive(Default)]
struct Bound(BTreeMap<String, Vec<String>>);

impl Bound {
    fn keep(&mut self, name: String, inside: impl FnOnce(&mut Texts)) {
        let mut texts = Texts { bound: &self.0, found: Vec::new() };
        inside(&mut texts);
        let found = texts.found;
        self.0.entry(name).or_default().extend(found);
    }
}

impl<'ast> Visit<'ast> for Bound {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        listed(call).iter().for_each(|one| self.visit_expr(one));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.keep(item.ident.to_string(), |texts| texts.visit_expr(&item.expr));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(value)) = (&local.pat, &local.init) {
            self.keep(name.ident.to_string(), |texts| texts.visit_expr(&value.expr));
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_for_loop(&mut self, each: &'ast syn::ExprForLoop) {
        // A table of names and their values, row by row.
        if let (syn::Pat::Tuple(names), syn::Expr::Array(rows)) = (&*each.pat, &*each.expr) {
            for row in &rows.elems {
                let syn::Expr::Tuple(row) = row else { continue };
                for (name, value) in names.elems.iter().zip(&row.elems) {
                    if let syn::Pat::Ident(name) = name {
                        self.keep(name.ident.to_string(), |texts| texts.visit_expr(value));
                    }
                }
            }
        }
        visit::visit_expr_for_loop(self, each);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if matches!(&item.sig.output, syn::ReturnType::Type(_, kind) if is_text(kind)) {
            self.keep(item.sig.ident.to_string(), |texts| texts.visit_block(&item.block));
        }
        visit::visit_item_fn(self, item);
    }
}

fn is_text(kind: &syn::Type) -> bool {
    match kind {
        syn::Type::Path(path) => path.path.is_ident("String"),
        syn::Type::Reference(inner) => {
            matches!(&*inner.elem, syn::Type::Path(path) if path.path.is_ident("str"))
        }
        _ => false,
    }
}

/// The sentences that an expression may come to: not what it compares, asks or matches.
struct Texts<'a> {
    bound: &'a BTreeMap<String, Vec<String>>,
    found: Vec<String>,
}

impl<'ast> Visit<'ast> for Texts<'_> {
    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.found.push(text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("format")
            && let Some(proc_macro2::TokenTree::Literal(first)) = call.tokens.clone().into_iter().next()
            && let syn::Lit::Str(text) = syn::Lit::new(first)
        {
            self.found.push(text.value());
        }
        listed(call).iter().for_each(|one| self.visit_expr(one));
    }

    fn visit_pat(&mut self, _: &'ast syn::Pat) {}

    fn visit_expr_if(&mut self, choice: &'ast syn::ExprIf) {
        self.visit_block(&choice.then_branch);
        if let Some((_, other)) = &choice.else_branch {
            self.visit_expr(other);
        }
    }

    fn visit_expr_match(&mut self, choice: &'ast syn::ExprMatch) {
        choice.arms.iter().for_each(|arm| self.visit_expr(&arm.body));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        if ["unwrap_or", "unwrap_or_else", "map_or", "map_or_else"].iter().any(|name| call.method == name) {
            call.args.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(name) = path.path.segments.last() {
            self.found.extend(self.bound.get(&name.ident.to_string()).into_iter().flatten().cloned());
        }
    }
}

/// Looks for the places where a fault is told.
struct Reader<'a> {
    bound: &'a BTreeMap<String, Vec<String>>,
    found: Vec<(Role, String)>,
}

impl Reader<'_> {
    fn take(&mut self, role: Role, inside: impl FnOnce(&mut Texts)) {
        let mut texts = Texts { bound: self.bound, found: Vec::new() };
        inside(&mut texts);
        let whole = texts.found.into_iter().flat_map(|text| self.filled(text));
        self.found.extend(whole.map(|text| (role, text)).collect::<Vec<_>>());
    }

    /// Once for each sentence that is put into this one by its name.
    fn filled(&self, text: String) -> Vec<String> {
        let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        for (name, _) in names {
            let sentences = self.bound.get(name).into_iter().flatten().filter(|text| text.contains(' '));
            let filled: Vec<String> =
                sentences.map(|sentence| text.replace(&format!("{{{name}}}"), sentence)).collect();
            if !filled.is_empty() {
                return filled;
            }
        }
        vec![text]
    }

    /// What is told by a call of a function of this name.
    fn called<'b>(&mut self, name: &str, arguments: impl Iterator<Item = &'b syn::Expr>) {
        let arguments: Vec<_> = arguments.collect();
        match (name, &*arguments) {
            ("fault" | "warning" | "wrong" | "problem", [_, what, cure]) => {
                self.take(Role::What, |texts| texts.visit_expr(what));
                self.take(Role::Cure, |texts| texts.visit_expr(cure));
            }
            ("ok" | "skipped", [_, what]) => self.take(Role::What, |texts| texts.visit_expr(what)),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        listed(call).iter().for_each(|one| self.visit_expr(one));
        let name = call.path.segments.last().map(|name| name.ident.to_string()).unwrap_or_default();
        if ["error", "warn", "info"].contains(&name.as_str()) {
            // Fields stand before the sentence: `port = "camera", "it is gone"`.
            let mut before = None;
            for token in call.tokens.clone() {
                if let proc_macro2::TokenTree::Literal(literal) = &token
                    && before != Some('=')
                    && let syn::Lit::Str(text) = syn::Lit::new(literal.clone())
                {
                    self.take(Role::Log, |texts| texts.visit_lit_str(&text));
                    break;
                }
                before = match token {
                    proc_macro2::TokenTree::Punct(sign) => Some(sign.as_char()),
                    _ => None,
                };
            }
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("error")) {
            if let Ok(text) = attribute.parse_args_with(|input: syn::parse::ParseStream| {
                let text: syn::LitStr = input.parse()?;
                input.parse::<proc_macro2::TokenStream>()?;
                Ok(text)
            }) {
                self.take(Role::What, |texts| texts.visit_lit_str(&text));
            }
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.told_by(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.told_by(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(value) = &local.init {
            match &local.pat {
                syn::Pat::Ident(name) if name.ident == "cure" => {
                    self.take(Role::Cure, |texts| texts.visit_expr(&value.expr));
                }
                syn::Pat::Tuple(names) if names.elems.len() == 2 => {
                    if let syn::Expr::Match(choice) = &*value.expr
                        && matches!(&names.elems[1], syn::Pat::Ident(name) if name.ident == "cure")
                    {
                        for arm in &choice.arms {
                            let body = match &*arm.body {
                                syn::Expr::Block(block) => match block.block.stmts.last() {
                                    Some(syn::Stmt::Expr(last, _)) => last,
                                    _ => continue,
                                },
                                body => body,
                            };
                            if let syn::Expr::Tuple(pair) = body {
                                self.take(Role::What, |texts| texts.visit_expr(&pair.elems[0]));
                                self.take(Role::Cure, |texts| texts.visit_expr(&pair.elems[1]));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if let syn::Member::Named(name) = &field.member {
            match name.to_string().as_str() {
                "what" | "report" => self.take(Role::What, |texts| texts.visit_expr(&field.expr)),
                "cure" => self.take(Role::Cure, |texts| texts.visit_expr(&field.expr)),
                _ => {}
            }
        }
        visit::visit_field_value(self, field);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(name) = path.path.segments.last()
        {
            self.called(&name.ident.to_string(), call.args.iter());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.called(&call.method.to_string(), call.args.iter());
        visit::visit_expr_method_call(self, call);
    }
}

impl Reader<'_> {
    /// `what()` and `cure()` of an error, and what is often meant by a line of TOML.
    fn told_by(&mut self, name: &syn::Ident, block: &syn::Block) {
        if name == "what" || name == "cure" || name == "toml_slip" {
            let role = if name == "what" { Role::What } else { Role::Cure };
            self.take(role, |texts| texts.visit_block(block));
        }
    }
}
