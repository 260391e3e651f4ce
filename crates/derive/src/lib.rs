//! Procedural macros of Tenon.
//!
//! They read tokens with the standard library alone, so that a crate that derives pays for no
//! parser of the whole language.

mod attributes;
mod error;
mod generics;
mod input;
mod literal;
mod module;
mod numerals;
mod sequential;
mod template;

use proc_macro::TokenStream;

/// Implements `Module` for a struct whose fields are modules.
///
/// Visiting the struct visits its fields in the order of their declaration; the path of a
/// parameter is the names of the fields that lead to it, joined by dots (`"fc1.weight"`), and the
/// positions of a tuple struct (`"0.weight"`).
/// A generic struct is a module for every choice of its parameters that makes each field one.
///
/// # Attributes
/// On a field:
/// - `#[module(skip)]` leaves the field out: it holds nothing that is learned;
/// - `#[module(rename = "name")]` puts `name` in the paths instead of the field's own name;
/// - `#[module(flatten)]` puts nothing there: what is in the field counts as the struct's own.
///
/// On the struct, `#[module(crate = path)]` names the crate that defines `Module`, if that is not
/// `::tenon_layers`.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    module::derive(item).unwrap_or_else(error::Error::into_compile_error)
}

/// Implements `Layer` for a struct of layers, applied in the order of their declaration.
///
/// The input and output of each layer follow from the first one's input; a layer that does not
/// fit the one before it is reported where the struct is given an input.
/// Where each layer says what it costs, so does the struct: it implements `StaticCost`.
/// The attributes are those of `#[derive(Module)]`; a field with `#[module(skip)]` is not applied.
#[proc_macro_derive(Sequential, attributes(module))]
pub fn derive_sequential(item: TokenStream) -> TokenStream {
    sequential::derive(item).unwrap_or_else(error::Error::into_compile_error)
}

/// The typenum number of an integer literal; `tenon_shape::d!` passes the path of typenum first.
#[proc_macro]
pub fn number(input: TokenStream) -> TokenStream {
    literal::number(input).unwrap_or_else(error::Error::into_compile_error)
}

/// The tuple of axes; `tenon_shape::shape!` passes the path of typenum first.
#[proc_macro]
pub fn tuple(input: TokenStream) -> TokenStream {
    literal::tuple(input).unwrap_or_else(error::Error::into_compile_error)
}

/// The types that name numbers in compile errors; `tenon_shape` passes the path of typenum.
#[proc_macro]
pub fn numerals(typenum: TokenStream) -> TokenStream {
    numerals::numerals(typenum)
}
