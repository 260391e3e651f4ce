//! Generated code, written as text with `$name` placeholders.

use proc_macro::{Group, Span, TokenStream, TokenTree};

/// Parses `text` and puts `tokens` in the place of every `$name` for each `(name, tokens)`.
///
/// The tokens of the template itself report their errors at `span`, so that a mistake in a field
/// is shown at that field; the tokens put in keep their own places.
pub(crate) fn expand(text: &str, span: Span, values: &[(&str, &TokenStream)]) -> TokenStream {
    let template = text.parse().expect("the template is valid Rust");
    substitute(template, Span::call_site().located_at(span), values)
}

fn substitute(template: TokenStream, span: Span, values: &[(&str, &TokenStream)]) -> TokenStream {
    let mut output = TokenStream::new();
    let mut tokens = template.into_iter();
    while let Some(mut token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '$' => {
                let name = tokens.next().expect("a name follows `$`").to_string();
                let (_, value) = values
                    .iter()
                    .find(|(key, _)| *key == name)
                    .unwrap_or_else(|| panic!("the template names an unknown value `${name}`"));
                output.extend((*value).clone());
                continue;
            }
            TokenTree::Group(group) => {
                let inner = substitute(group.stream(), span, values);
                token = Group::new(group.delimiter(), inner).into();
            }
            _ => {}
        }
        token.set_span(span);
        output.extend([token]);
    }
    output
}
