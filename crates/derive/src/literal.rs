//! Numbers and shapes as types: an integer literal becomes typenum's tower of bits.

use std::iter;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// `[path of typenum] literal` → the number as a type.
pub(crate) fn number(input: TokenStream) -> TokenStream {
    let (typenum, rest) = path_and_rest(input);
    let tokens: Vec<TokenTree> = transparent(rest).collect();
    match &tokens[..] {
        [TokenTree::Literal(literal)] => match parse(literal) {
            Ok(value) => tower(value, &typenum),
            Err(message) => error(&message, literal.span()),
        },
        [] => error("expected an integer literal", Span::call_site()),
        [first, ..] => error("expected a single integer literal", first.span()),
    }
}

/// `[path of typenum] axis, axis, …` → a tuple type; each axis is an integer literal or a type.
pub(crate) fn tuple(input: TokenStream) -> TokenStream {
    let (typenum, rest) = path_and_rest(input);
    let mut fields = TokenStream::new();
    for axis in split_at_commas(rest) {
        match &axis[..] {
            [TokenTree::Literal(literal)] => match parse(literal) {
                Ok(value) => fields.extend(tower(value, &typenum)),
                Err(message) => return error(&message, literal.span()),
            },
            _ => fields.extend(axis),
        }
        fields.extend([punct(',')]);
    }
    TokenTree::from(Group::new(Delimiter::Parenthesis, fields)).into()
}

/// Splits off the leading bracketed path, which the calling macro made with `$crate`.
fn path_and_rest(input: TokenStream) -> (TokenStream, TokenStream) {
    let mut tokens = input.into_iter();
    match tokens.next() {
        Some(TokenTree::Group(path)) => (path.stream(), tokens.collect()),
        _ => (TokenStream::new(), TokenStream::new()),
    }
}

/// The tokens without the invisible groups that wrap what a `macro_rules` fragment matched.
fn transparent(tokens: TokenStream) -> Box<dyn Iterator<Item = TokenTree>> {
    Box::new(tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            transparent(group.stream())
        }
        token => Box::new(iter::once(token)),
    }))
}

/// Splits at the commas that are not inside the angle brackets of a type's own parameters.
fn split_at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut axes = vec![Vec::new()];
    let mut depth = 0usize;
    for token in transparent(tokens) {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    axes.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        if let Some(axis) = axes.last_mut() {
            axis.push(token);
        }
    }
    axes.retain(|axis| !axis.is_empty());
    axes
}

/// The value of an integer literal without a suffix.
fn parse(literal: &Literal) -> Result<u64, String> {
    let text = literal.to_string().replace('_', "");
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (&text[..], 10),
    };
    u64::from_str_radix(digits, radix)
        .map_err(|_| format!("`{literal}` is not an unsigned integer below 2⁶⁴"))
}

/// `UInt<UInt<…, B1>, B0>`: the bits of `value`, the highest innermost.
fn tower(value: u64, typenum: &TokenStream) -> TokenStream {
    let mut number = item(typenum, "UTerm");
    for position in (0..u64::BITS - value.leading_zeros()).rev() {
        let bit = if value >> position & 1 == 1 {
            "B1"
        } else {
            "B0"
        };
        let mut next = item(typenum, "UInt");
        next.extend([punct('<')]);
        next.extend(number);
        next.extend([punct(',')]);
        next.extend(item(typenum, bit));
        next.extend([punct('>')]);
        number = next;
    }
    number
}

/// `path::name`.
fn item(path: &TokenStream, name: &str) -> TokenStream {
    let mut tokens = path.clone();
    tokens.extend([
        TokenTree::from(Punct::new(':', Spacing::Joint)),
        punct(':'),
        Ident::new(name, Span::call_site()).into(),
    ]);
    tokens
}

fn punct(character: char) -> TokenTree {
    Punct::new(character, Spacing::Alone).into()
}

/// `::core::compile_error! { "message" }`, reported at `span`.
fn error(message: &str, span: Span) -> TokenStream {
    let message = TokenTree::from(Literal::string(message));
    let tokens: [TokenTree; 8] = [
        Punct::new(':', Spacing::Joint).into(),
        punct(':'),
        Ident::new("core", span).into(),
        Punct::new(':', Spacing::Joint).into(),
        punct(':'),
        Ident::new("compile_error", span).into(),
        punct('!'),
        Group::new(Delimiter::Parenthesis, message.into()).into(),
    ];
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}
