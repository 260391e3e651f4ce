//! The `#[module(…)]` attributes of a struct and of its fields.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::error::{Error, Result};
use crate::input::{is_ident, is_punct, split_at_commas};

/// What `#[module(…)]` says about one field.
#[derive(Default)]
pub(crate) struct Attributes {
    /// `skip`: the field is not part of the module.
    pub(crate) skip: bool,
    /// `flatten`: the paths of the parameters inside the field do not name it.
    pub(crate) flatten: bool,
    /// `rename = "…"`: the segment of the field in the paths of its parameters.
    pub(crate) rename: Option<String>,
}

/// One entry of `#[module(…)]`: `key` or `key = value`.
struct Entry {
    key: String,
    value: Option<TokenStream>,
    span: Span,
}

impl Attributes {
    /// What is said about a field.
    pub(crate) fn of_field(entries: Vec<TokenStream>) -> Result<Self> {
        let mut attributes = Self::default();
        for Entry { key, value, span } in parse(entries)? {
            match (key.as_str(), value) {
                ("skip", None) => attributes.skip = true,
                ("flatten", None) => attributes.flatten = true,
                ("skip" | "flatten", Some(_)) => {
                    return Err(Error::new(span, format!("`{key}` takes no value")));
                }
                ("rename", value) => attributes.rename = Some(segment(value, span)?),
                _ => {
                    let message = format!(
                        "unknown key `{key}`: a field takes `skip`, `flatten` or `rename = \"name\"`"
                    );
                    return Err(Error::new(span, message));
                }
            }
            let Self { skip, flatten, rename } = &attributes;
            if usize::from(*skip) + usize::from(*flatten) + usize::from(rename.is_some()) > 1 {
                return Err(Error::new(span, "a field takes one of `skip`, `flatten` and `rename`"));
            }
        }
        Ok(attributes)
    }

    /// What is said about a struct: the path of the crate that defines `Module`.
    pub(crate) fn of_struct(entries: Vec<TokenStream>) -> Result<TokenStream> {
        let mut layers = "::tenon_layers".parse().expect("a path is valid Rust");
        for Entry { key, value, span } in parse(entries)? {
            layers = match (key.as_str(), value) {
                ("crate", Some(path)) => path,
                ("crate", None) => {
                    return Err(Error::new(span, "`crate` takes a path: `crate = ::my_layers`"));
                }
                _ => {
                    let message = format!("unknown key `{key}`: a struct takes `crate = path`");
                    return Err(Error::new(span, message));
                }
            };
        }
        Ok(layers)
    }
}

/// Separates the entries of the leading `#[module(…)]` attributes from what follows them;
/// other attributes, such as documentation, are dropped.
pub(crate) fn split_attributes(item: TokenStream) -> Result<(Vec<TokenStream>, TokenStream)> {
    let mut entries = Vec::new();
    let mut tokens = item.into_iter().peekable();
    while tokens.next_if(|token| is_punct(token, '#')).is_some() {
        let Some(TokenTree::Group(attribute)) = tokens.next() else {
            unreachable!("the compiler has checked that brackets follow `#`");
        };
        let mut content = attribute.stream().into_iter();
        match content.next() {
            Some(name) if is_ident(&name, &["module"]) => {
                let list = parenthesized(content.next()).ok_or_else(|| {
                    Error::new(name.span(), "expected a list in parentheses: `#[module(…)]`")
                })?;
                entries.extend(split_at_commas(list.stream()));
            }
            _ => {}
        }
    }
    Ok((entries, tokens.collect()))
}

fn parenthesized(token: Option<TokenTree>) -> Option<Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Some(group),
        _ => None,
    }
}

fn parse(entries: Vec<TokenStream>) -> Result<Vec<Entry>> {
    let parse_entry = |entry: TokenStream| {
        let mut tokens = entry.into_iter();
        let key = tokens.next().ok_or_else(|| {
            Error::new(Span::call_site(), "expected a key between the commas of `#[module(…)]`")
        })?;
        let span = key.span();
        let value = match tokens.next() {
            None => None,
            Some(equals) if is_punct(&equals, '=') => Some(tokens.collect::<TokenStream>()),
            Some(other) => {
                let message = format!("expected `=` or `,` after `{key}`, found `{other}`");
                return Err(Error::new(other.span(), message));
            }
        };
        if value.as_ref().is_some_and(TokenStream::is_empty) {
            return Err(Error::new(span, format!("expected a value after `{key} =`")));
        }
        Ok(Entry { key: key.to_string(), value, span })
    };
    entries.into_iter().map(parse_entry).collect()
}

/// The text of a string literal that can stand between the dots of a parameter's path.
fn segment(value: Option<TokenStream>, span: Span) -> Result<String> {
    let literal = value.map(|tokens| tokens.to_string()).unwrap_or_default();
    let text = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match text {
        Some(text) if is_segment(text) => Ok(text.to_owned()),
        _ => {
            let message = "`rename` takes a string of letters, digits and underscores: `rename = \"name\"`";
            Err(Error::new(span, message))
        }
    }
}

fn is_segment(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
