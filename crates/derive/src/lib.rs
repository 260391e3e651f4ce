//! Procedural macros of Tenon, written with the standard library only.

mod literal;

use proc_macro::TokenStream;

/// The typenum number of an integer literal; `tenon_shape::d!` calls this with the path of typenum.
#[proc_macro]
pub fn number(input: TokenStream) -> TokenStream {
    literal::number(input)
}

/// The tuple of axes; `tenon_shape::shape!` calls this with the path of typenum.
#[proc_macro]
pub fn tuple(input: TokenStream) -> TokenStream {
    literal::tuple(input)
}
