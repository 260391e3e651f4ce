//! `#[derive(Sequential)]`: a struct of layers is the layer that applies its fields in order, and
//! costs what they cost.

use proc_macro::{TokenStream, TokenTree};

use crate::error::{Error, Result};
use crate::input::Input;
use crate::template::expand;

/// Implements `Layer` and `StaticCost` for the struct `item`.
///
/// Each field must be a layer on what the field before it gives; these bounds are generated here,
/// so that nobody has to write the chain of shapes by hand.
pub(crate) fn derive(item: TokenStream) -> Result<TokenStream> {
    let input = Input::parse(item, "Sequential")?;
    if input.fields.is_empty() {
        let message = "#[derive(Sequential)] needs at least one field to apply";
        return Err(Error::new(input.name.span(), message));
    }

    let name = TokenStream::from(TokenTree::from(input.name.clone()));
    let first = input.fresh_name("X");
    let backend = input.fresh_name("B");

    let mut bounds = TokenStream::new();
    let mut applications = TokenStream::new();
    let mut value = first.clone();
    for field in &input.fields {
        let values = [
            ("ty", &field.ty),
            ("member", &field.member),
            ("layers", &input.layers),
            ("value", &value),
            ("backend", &backend),
        ];
        let put = |text| expand(text, field.span, &values);
        bounds.extend(put("$ty: $layers::Layer<$value, $backend>,"));
        applications.extend(put("let x = $layers::Layer::forward(&self.$member, x, context);"));
        value = put("<$ty as $layers::Layer<$value, $backend>>::Output");
    }

    // Pairs in pairs, `(A, (B, (C,)))`, which are tuples of layers however many fields there are.
    let mut fields = input.fields.iter().rev();
    let innermost = fields.next().map(|field| expand("($ty,)", field.span, &[("ty", &field.ty)]));
    let pairs = fields.fold(innermost.unwrap_or_default(), |rest, field| {
        expand("($ty, $rest)", field.span, &[("ty", &field.ty), ("rest", &rest)])
    });

    Ok(expand(
        "#[automatically_derived]
        impl<$declarations $first, $backend> $layers::Layer<$first, $backend> for $name<$arguments>
        where
            $backend: $layers::Backend,
            $bounds
            $predicates
        {
            type Output = $value;

            fn forward(&self, x: $first, context: &mut $layers::Context<$backend>) -> Self::Output {
                $applications
                x
            }
        }

        #[automatically_derived]
        impl<$declarations $first> $layers::StaticCost<$first> for $name<$arguments>
        where
            $pairs: $layers::StaticCost<$first>,
            $predicates
        {
            const COST: $layers::Cost = <$pairs as $layers::StaticCost<$first>>::COST;
        }",
        input.name.span(),
        &[
            ("name", &name),
            ("layers", &input.layers),
            ("first", &first),
            ("backend", &backend),
            ("declarations", &input.generics.declarations()),
            ("arguments", &input.generics.arguments()),
            ("bounds", &bounds),
            ("pairs", &pairs),
            ("predicates", &input.generics.where_clause),
            ("value", &value),
            ("applications", &applications),
        ],
    ))
}
