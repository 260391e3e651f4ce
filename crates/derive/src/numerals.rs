//! Types named after the groups of three digits that decimal numbers are written with.

use proc_macro::{Span, TokenStream};

use crate::template::expand;

/// `[path of typenum]` → the types `_0` … `_99` and `_000` … `_999`, and which digits each of them names.
pub(crate) fn numerals(typenum: TokenStream) -> TokenStream {
    let mut text = String::new();
    for (width, count) in [(1, 10), (2, 100), (3, 1000)] {
        let smallest = if width == 2 { 10 } else { 0 };
        for number in smallest..count {
            let name = format!("_{number:0width$}");
            let digits = name[1..]
                .bytes()
                .fold("()".to_string(), |higher, digit| format!("($typenum::U{}, {higher})", digit - b'0'));
            text += &format!(
                "pub struct {name}<Rest = ()>(::core::marker::PhantomData<Rest>);
                 impl<Rest> Group<Rest> for {digits} {{ type Name = {name}<Rest>; }}"
            );
        }
    }
    expand(&text, Span::call_site(), &[("typenum", &typenum)])
}
