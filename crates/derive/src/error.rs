//! A mistake in the input of a macro, shown by the compiler where it was made.

use proc_macro::{Span, TokenStream};

use crate::template::expand;

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A message and the place it is about.
#[derive(Debug)]
pub(crate) struct Error {
    span: Span,
    message: String,
}

impl Error {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// The tokens that make the compiler report this error.
    pub(crate) fn into_compile_error(self) -> TokenStream {
        let text = format!("::core::compile_error! {{ {:?} }}", self.message);
        expand(&text, self.span, &[])
    }
}
