//! The struct a derive is put on: its name, generics, fields and `#[module(…)]` attributes.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::attributes::{Attributes, split_attributes};
use crate::error::{Error, Result};
use crate::generics::Generics;
use crate::template::expand;

/// A parsed struct.
pub(crate) struct Input {
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<Field>,
    /// The path of the crate that the generated code names: `::tenon_layers` unless told.
    pub(crate) layers: TokenStream,
}

/// One field that belongs to the module, that is, one without `#[module(skip)]`.
pub(crate) struct Field {
    /// How the field is reached from `self`: its name, or its position in a tuple struct.
    pub(crate) member: TokenStream,
    /// The segment it adds to the path of the parameters inside it, if it is not flattened.
    pub(crate) segment: Option<String>,
    pub(crate) ty: TokenStream,
    /// Where the type is written.
    pub(crate) span: Span,
}

impl Input {
    /// Parses the item that `#[derive(derive_name)]` is put on.
    pub(crate) fn parse(item: TokenStream, derive_name: &str) -> Result<Self> {
        let (attributes, rest) = split_attributes(item)?;
        let layers = Attributes::of_struct(attributes)?;

        let mut tokens = rest.into_iter().peekable();
        let keyword = tokens
            .find(|token| is_ident(token, &["struct", "enum", "union"]))
            .expect("a derive is put on a struct, an enum or a union");
        let name = match tokens.next() {
            Some(TokenTree::Ident(name)) => name,
            _ => unreachable!("the compiler has checked that the item has a name"),
        };
        if !is_ident(&keyword, &["struct"]) {
            let message = format!(
                "#[derive({derive_name})] is for structs, but `{name}` is {} {keyword}",
                if is_ident(&keyword, &["enum"]) { "an" } else { "a" },
            );
            return Err(Error::new(keyword.span(), message));
        }

        let mut generics = Generics::parse(&mut tokens);
        let (body, where_clause) = split_body(tokens.collect());
        generics.where_clause = where_clause;
        let fields = match body {
            Some(body) => parse_fields(&body)?,
            None => Vec::new(),
        };
        Ok(Self { name, generics, fields, layers })
    }

    /// Whether `ty` can only be checked once the generic parameters of the struct are known.
    pub(crate) fn depends_on_parameters(&self, ty: &TokenStream) -> bool {
        mentions(ty, &|name| self.generics.declares(name))
    }

    /// Whether `ty` contains the struct itself, as the children of a tree do.
    pub(crate) fn is_recursive(&self, ty: &TokenStream) -> bool {
        let own_name = self.name.to_string();
        mentions(ty, &|name| name == own_name || name == "Self")
    }

    /// `wish`, lengthened until it is the name of nothing that the struct mentions.
    pub(crate) fn fresh_name(&self, wish: &str) -> TokenStream {
        let mut name = wish.to_owned();
        while self.generics.declares(&name)
            || self.fields.iter().any(|field| mentions(&field.ty, &|other| other == name))
        {
            name.push('_');
        }
        TokenTree::from(Ident::new(&name, Span::call_site())).into()
    }
}

/// Separates the group that holds the fields, if any, from the predicates of the where clause.
fn split_body(mut tokens: Vec<TokenTree>) -> (Option<Group>, TokenStream) {
    let body = match (tokens.first(), tokens.last()) {
        (_, Some(TokenTree::Group(group))) if group.delimiter() == Delimiter::Brace => {
            let body = group.clone();
            tokens.pop();
            Some(body)
        }
        (Some(TokenTree::Group(group)), _) if group.delimiter() == Delimiter::Parenthesis => {
            let body = group.clone();
            tokens.remove(0);
            Some(body)
        }
        _ => None,
    };
    let predicates =
        tokens.into_iter().filter(|token| !is_ident(token, &["where"]) && !is_punct(token, ';')).collect();
    (body, predicates)
}

fn parse_fields(body: &Group) -> Result<Vec<Field>> {
    let is_named = body.delimiter() == Delimiter::Brace;
    let mut fields: Vec<Field> = Vec::new();
    for (position, declaration) in split_at_commas(body.stream()).into_iter().enumerate() {
        let (attributes, declaration) = split_attributes(declaration)?;
        let attributes = Attributes::of_field(attributes)?;
        let (name, ty) = match is_named {
            true => split_name(declaration),
            false => (position.to_string(), skip_visibility(declaration)),
        };
        if attributes.skip {
            continue;
        }

        let span = ty.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
        let segment = match attributes.rename {
            Some(segment) => Some(segment),
            None if attributes.flatten => None,
            None => Some(name.trim_start_matches("r#").to_owned()),
        };
        if let Some(segment) = &segment
            && fields.iter().any(|field| field.segment.as_ref() == Some(segment))
        {
            let message = format!("two fields have the name `{segment}`");
            return Err(Error::new(span, message));
        }
        fields.push(Field { member: expand(&name, span, &[]), segment, ty, span });
    }
    Ok(fields)
}

/// `pub name: Type` as the name and the type.
fn split_name(declaration: TokenStream) -> (String, TokenStream) {
    let mut tokens = declaration.into_iter();
    let mut name = String::new();
    for token in tokens.by_ref() {
        if is_punct(&token, ':') {
            break;
        }
        name = token.to_string();
    }
    (name, tokens.collect())
}

/// `pub(crate) Type` without its visibility.
fn skip_visibility(declaration: TokenStream) -> TokenStream {
    let mut tokens = declaration.into_iter().peekable();
    match tokens.peek() {
        Some(token) if is_ident(token, &["pub"]) => {
            tokens.next();
            // `pub (A, B)` is a public tuple, `pub (in a::b)` a visibility.
            tokens.next_if(|token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    let first = group.stream().into_iter().next();
                    first.is_some_and(|word| is_ident(&word, &["crate", "self", "super", "in"]))
                }
                _ => false,
            });
        }
        // A visibility handed on by a macro is an invisible group, empty for a private field.
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
            let first = group.stream().into_iter().next();
            if first.is_none_or(|word| is_ident(&word, &["pub"])) {
                tokens.next();
            }
        }
        _ => {}
    }
    tokens.collect()
}

/// Splits a list at the commas that are not inside `<…>`; a trailing comma ends the last element.
pub(crate) fn split_at_commas(list: TokenStream) -> Vec<TokenStream> {
    let mut elements = Vec::new();
    let mut current = TokenStream::new();
    let mut angles = AngleDepth::default();
    for token in list {
        if angles.enter(&token) == 0 && is_punct(&token, ',') {
            elements.push(std::mem::take(&mut current));
        } else {
            current.extend([token]);
        }
    }
    if !current.is_empty() {
        elements.push(current);
    }
    elements
}

/// Counts open `<`, which, unlike brackets, are not groups of tokens.
#[derive(Default)]
pub(crate) struct AngleDepth {
    depth: usize,
    after_minus: bool,
}

impl AngleDepth {
    /// Takes one more token into account and returns the depth after it.
    pub(crate) fn enter(&mut self, token: &TokenTree) -> usize {
        // The `>` of the arrow in `Fn(A) -> B` closes nothing.
        let after_minus = std::mem::replace(&mut self.after_minus, is_punct(token, '-'));
        if is_punct(token, '<') {
            self.depth += 1;
        } else if is_punct(token, '>') && !after_minus {
            self.depth -= 1;
        }
        self.depth
    }
}

pub(crate) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

pub(crate) fn is_ident(token: &TokenTree, names: &[&str]) -> bool {
    matches!(token, TokenTree::Ident(ident) if names.contains(&ident.to_string().as_str()))
}

/// Whether any identifier of `tokens`, at any depth, is one that `predicate` looks for.
fn mentions(tokens: &TokenStream, predicate: &dyn Fn(&str) -> bool) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => predicate(&ident.to_string()),
        TokenTree::Group(group) => mentions(&group.stream(), predicate),
        _ => false,
    })
}
