//! Numbers and shapes as types: an integer literal becomes typenum's tower of bits.

use std::iter;

use proc_macro::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

use crate::error::{Error, Result};
use crate::template::expand;

/// `[path of typenum] literal` → the number as a type.
pub(crate) fn number(input: TokenStream) -> Result<TokenStream> {
    let (typenum, rest) = path_and_rest(input);
    let tokens: Vec<TokenTree> = transparent(rest).collect();
    match &tokens[..] {
        [TokenTree::Literal(literal)] => Ok(tower(value(literal)?, &typenum)),
        [] => Err(Error::new(Span::call_site(), "expected an integer literal")),
        [first, ..] => Err(Error::new(first.span(), "expected a single integer literal")),
    }
}

/// `[path of typenum] axis, axis, …` → a tuple type; each axis is an integer literal or a type.
pub(crate) fn tuple(input: TokenStream) -> Result<TokenStream> {
    let (typenum, rest) = path_and_rest(input);
    let mut fields = TokenStream::new();
    for axis in split_at_commas(rest) {
        let axis = match &axis[..] {
            [TokenTree::Literal(literal)] => tower(value(literal)?, &typenum),
            _ => axis.into_iter().collect(),
        };
        fields.extend(expand("$axis,", Span::call_site(), &[("axis", &axis)]));
    }
    Ok(TokenTree::from(Group::new(Delimiter::Parenthesis, fields)).into())
}

/// Splits off the leading bracketed path, which the calling macro made with `$crate`.
fn path_and_rest(input: TokenStream) -> (TokenStream, TokenStream) {
    let mut tokens = input.into_iter();
    match tokens.next() {
        Some(TokenTree::Group(path)) => (path.stream(), tokens.collect()),
        _ => panic!("the calling macro passes the path of typenum first"),
    }
}

/// The tokens without the invisible groups that wrap what a `macro_rules` fragment matched.
fn transparent(tokens: TokenStream) -> Box<dyn Iterator<Item = TokenTree>> {
    Box::new(tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => transparent(group.stream()),
        token => Box::new(iter::once(token)),
    }))
}

/// Splits at the commas that are not inside the angle brackets of a type's own parameters.
fn split_at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut axes = Vec::new();
    let mut axis = Vec::new();
    let mut depth = 0usize;
    for token in transparent(tokens) {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    axes.push(std::mem::take(&mut axis));
                    continue;
                }
                _ => {}
            }
        }
        axis.push(token);
    }
    axes.push(axis);
    axes.retain(|axis| !axis.is_empty());
    axes
}

/// The value of an integer literal without a suffix.
fn value(literal: &Literal) -> Result<u64> {
    let text = literal.to_string().replace('_', "");
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (&text[..], 10),
    };
    u64::from_str_radix(digits, radix).map_err(|_| {
        let message = format!("`{literal}` is not an integer in 0 ..= {}", u64::MAX);
        Error::new(literal.span(), message)
    })
}

/// `UInt<UInt<…, B1>, B0>`: the bits of `value`, the highest innermost.
fn tower(value: u64, typenum: &TokenStream) -> TokenStream {
    let bits = u64::BITS - value.leading_zeros();
    let mut text = "$typenum::UInt<".repeat(bits as usize) + "$typenum::UTerm";
    for position in (0..bits).rev() {
        text += match value >> position & 1 {
            1 => ", $typenum::B1>",
            _ => ", $typenum::B0>",
        };
    }
    expand(&text, Span::call_site(), &[("typenum", typenum)])
}
