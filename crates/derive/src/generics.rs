//! The generic parameters of a struct, as an impl declares and names them.

use std::iter::Peekable;

use proc_macro::{Punct, Spacing, TokenStream, TokenTree};

use crate::input::{AngleDepth, is_ident, is_punct, split_at_commas};

/// Generic parameters and the predicates on them.
pub(crate) struct Generics {
    parameters: Vec<Parameter>,
    /// The predicates after `where`.
    pub(crate) where_clause: TokenStream,
}

struct Parameter {
    /// `'a`, `T` or `N`: how the parameter is named where it is used.
    name: TokenStream,
    /// `'a: 'b`, `T: Bound` or `const N: usize`: how an impl declares it.
    declaration: TokenStream,
}

impl Generics {
    /// Takes `<…>` from the front of `tokens`, if it is there.
    pub(crate) fn parse(tokens: &mut Peekable<impl Iterator<Item = TokenTree>>) -> Self {
        let mut parameters = Vec::new();
        if tokens.peek().is_some_and(|token| is_punct(token, '<')) {
            let mut angles = AngleDepth::default();
            let list = tokens.take_while(|token| angles.enter(token) > 0).skip(1);
            parameters = split_at_commas(list.collect()).into_iter().map(Parameter::parse).collect();
        }
        Self { parameters, where_clause: TokenStream::new() }
    }

    /// Whether `name` is one of the types or constants declared here.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.name.to_string() == name)
    }

    /// What stands between `impl<` and `>`, each parameter followed by a comma.
    pub(crate) fn declarations(&self) -> TokenStream {
        list(self.parameters.iter().map(|it| &it.declaration))
    }

    /// What stands between `Name<` and `>`, each parameter followed by a comma.
    pub(crate) fn arguments(&self) -> TokenStream {
        list(self.parameters.iter().map(|it| &it.name))
    }
}

impl Parameter {
    fn parse(parameter: TokenStream) -> Self {
        let mut angles = AngleDepth::default();
        let declaration: Vec<TokenTree> = parameter
            .into_iter()
            // A default belongs to the struct; an impl must not repeat it.
            .take_while(|token| angles.enter(token) > 0 || !is_punct(token, '='))
            .collect();
        let name = match declaration.as_slice() {
            [quote, lifetime, ..] if is_punct(quote, '\'') => vec![quote, lifetime],
            [keyword, name, ..] if is_ident(keyword, &["const"]) => vec![name],
            [name, ..] => vec![name],
            [] => Vec::new(),
        };
        Self { name: name.into_iter().cloned().collect(), declaration: declaration.into_iter().collect() }
    }
}

fn list<'a>(elements: impl Iterator<Item = &'a TokenStream>) -> TokenStream {
    let comma = || TokenTree::Punct(Punct::new(',', Spacing::Alone));
    elements.flat_map(|element| element.clone().into_iter().chain([comma()])).collect()
}
