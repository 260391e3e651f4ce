//! A map with parameters, under any backend.

use tenon_tensor::Backend;
use tenon_tensor::prelude::{Dyn, U2, U3, U4};
use tenon_tensor::proof::{Domain, Naive};

use crate::activation::Tanh;
use crate::context::Context;
use crate::linear::Linear;
use crate::proof::times_transposed;

/// A map from `X` to an output, under backend `B`.
///
/// `forward` is pure: the same parameters, input and context give the same bits.
///
/// A tuple of layers is a layer that applies them in order.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let mut rng = SeededRng::new(0);
/// let net: (Linear<U4, U8>, ReLU, Linear<U8, U2>) = Init::init(&mut rng);
/// let x: Tensor<(U3, U4)> = Tensor::ones();
/// let y: Tensor<(U3, U2)> = net.forward(x, &mut Context::eval());
/// ```
#[diagnostic::on_unimplemented(
    message = "layer `{Self}` does not take an input of type `{X}`",
    label = "this layer does not take that input"
)]
pub trait Layer<X, B: Backend> {
    /// What comes out.
    type Output;

    /// The output for an input.
    fn forward(&self, x: X, ctx: &mut Context<B>) -> Self::Output;
}

macro_rules! sequential {
    // Chains the bounds: each layer takes the output of the one before.
    (@ [$($Layer:ident $i:tt)*] [$($bounds:tt)*] $Input:ty; $Next:ident $n:tt $($rest:tt)*) => {
        sequential!(@ [$($Layer $i)* $Next $n] [$($bounds)* $Next: Layer<$Input, Back>,] <$Next as Layer<$Input, Back>>::Output; $($rest)*);
    };
    (@ [$($Layer:ident $i:tt)*] [$($bounds:tt)*] $Output:ty;) => {
        impl<X, Back: Backend, $($Layer),*> Layer<X, Back> for ($($Layer,)*)
        where
            $($bounds)*
        {
            type Output = $Output;
            fn forward(&self, x: X, ctx: &mut Context<Back>) -> Self::Output {
                $(let x = self.$i.forward(x, ctx);)*
                x
            }
        }
    };
    ($($layers:tt)*) => { sequential!(@ [] [] X; $($layers)*); };
}
sequential!(A 0);
sequential!(A 0 B 1);
sequential!(A 0 B 1 C 2);
sequential!(A 0 B 1 C 2 D 3);
sequential!(A 0 B 1 C 2 D 3 E 4);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
sequential!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);

crate::prove_layer! {
    SequenceProof "(Linear, Tanh, Linear)": [(Linear<U3, U4>, Tanh, Linear<U4, U2>)] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight0, bias0, weight2, bias2]| {
        let affine = |x: &Naive, weight: &Naive, bias: &Naive| {
            let product = times_transposed(x, weight);
            Naive::from_fn(product.dims, |at| product.at(at) + bias.at(&[at[1]]))
        };
        affine(&affine(x, weight0, bias0).map(f64::tanh), weight2, bias2)
    }
}
