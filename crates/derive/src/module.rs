//! `#[derive(Module)]`: the named parameters of a struct are those of its fields, in order.

use proc_macro::{TokenStream, TokenTree};

use crate::error::Result;
use crate::input::{Field, Input};
use crate::template::expand;

/// Implements `Module` for the struct `item`.
pub(crate) fn derive(item: TokenStream) -> Result<TokenStream> {
    let input = Input::parse(item, "Module")?;
    let name = TokenStream::from(TokenTree::from(input.name.clone()));
    let visits = |call| each_field(&input, |field| visit(call, &input, field));
    Ok(expand(
        "#[automatically_derived]
        #[allow(unused_variables)]
        impl<$declarations> $layers::Module for $name<$arguments>
        where
            $bounds
            $predicates
        {
            fn visit(&self, path: &mut $layers::Path, visitor: &mut dyn $layers::Visitor) {
                $visits
            }

            fn visit_mut(
                &mut self,
                path: &mut $layers::Path,
                visitor: &mut dyn $layers::VisitorMut,
            ) {
                $visits_mut
            }
        }",
        input.name.span(),
        &[
            ("name", &name),
            ("layers", &input.layers),
            ("declarations", &input.generics.declarations()),
            ("arguments", &input.generics.arguments()),
            ("bounds", &each_field(&input, |field| bound(&input, field))),
            ("predicates", &input.generics.where_clause),
            ("visits", &visits(VISIT)),
            ("visits_mut", &visits(VISIT_MUT)),
        ],
    ))
}

const VISIT: &str = "$layers::Module::visit(&self.$member, path, visitor)";
const VISIT_MUT: &str = "$layers::Module::visit_mut(&mut self.$member, path, visitor)";

fn each_field(input: &Input, code: impl Fn(&Field) -> TokenStream) -> TokenStream {
    input.fields.iter().map(code).collect()
}

/// One statement of `visit` or `visit_mut`: the call, inside of the field's segment if it has one.
fn visit(call: &str, input: &Input, field: &Field) -> TokenStream {
    let call = expand(call, field.span, &[("member", &field.member), ("layers", &input.layers)]);
    let Some(segment) = &field.segment else { return expand("$call;", field.span, &[("call", &call)]) };
    let segment = format!("{segment:?}").parse().expect("a quoted string is valid Rust");
    expand("path.enter($segment, |path| $call);", field.span, &[("segment", &segment), ("call", &call)])
}

/// Asks a field for `Module` where only the user of a generic struct can say whether it has it.
fn bound(input: &Input, field: &Field) -> TokenStream {
    // Bounding a type by itself would never end; its other fields carry what it needs.
    if !input.depends_on_parameters(&field.ty) || input.is_recursive(&field.ty) {
        return TokenStream::new();
    }
    let values = [("ty", &field.ty), ("layers", &input.layers)];
    expand("$ty: $layers::Module,", field.span, &values)
}
