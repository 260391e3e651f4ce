//! The proofs of layers: every layer is an operation on its input and its parameters.

use tenon_autodiff::LeafId;
use tenon_tensor::proof::Naive;
use tenon_tensor::{Array, Backend, Dims, Value};

use crate::context::{Context, Mode};
use crate::module::{Module, Path};

/// Registers layers with the proof harness: the derivatives with respect to the input and every
/// parameter are held against finite differences, and the output against an oracle, as for
/// operations.
///
/// `[…]` names the type of the layer; `on |n|` its input for a batch of `n`; `oracle |[…]|` the
/// output from the input and the parameters, in the order in which they are visited.
///
/// # Example
/// ```
/// use tenon_layers::{prelude::*, prove_layer};
/// use tenon_layers::tensor::proof::Domain;
///
/// prove_layer! {
///     TwoReLUs "two ReLUs": [(ReLU, ReLU)] on |n| (Dyn(n), U3::new()),
///     within Domain::AwayFromZero { gap: 0.1, bound: 1.0 },
///     oracle |[x]| x.map(|x| x.max(0.0))
/// }
/// ```
#[macro_export]
macro_rules! prove_layer {
    ($(
        $Proof:ident $name:literal: [$Layer:ty] on |$n:ident| $shape:expr,
        within $domain:expr,
        oracle |[$($arg:ident),+]| $oracle:expr
    )+) => {
        $(
            #[doc = concat!("The proof of `", $name, "`.")]
            #[derive(Clone, Debug)]
            struct $Proof;

            impl $crate::tensor::proof::Proof<{ [$(stringify!($arg)),+].len() }> for $Proof {
                const PROVES: &'static str = $name;

                fn draw(
                    draw: &mut $crate::tensor::proof::Draw<'_>,
                ) -> (Self, [$crate::tensor::Dims; { [$(stringify!($arg)),+].len() }]) {
                    use $crate::tensor::shape::Shape;
                    let layer = <$Layer as $crate::Init>::init(&mut $crate::SeededRng::new(0));
                    let $n = draw.size();
                    ($Proof, $crate::proof::argument_dims(&layer, $shape.dims().as_ref()))
                }

                fn domains(&self) -> [$crate::tensor::proof::Domain; { [$(stringify!($arg)),+].len() }] {
                    [$domain; { [$(stringify!($arg)),+].len() }]
                }

                fn run<B: $crate::Backend>(
                    &self,
                    args: [$crate::tensor::Value<B>; { [$(stringify!($arg)),+].len() }],
                ) -> $crate::tensor::Value<B> {
                    let layer = <$Layer as $crate::Init>::init(&mut $crate::SeededRng::new(0));
                    let (x, mut ctx) = $crate::proof::bind_arguments(&layer, args);
                    let $n = x.dims()[0];
                    let x = $crate::tensor::Tensor::from_value($shape, x);
                    $crate::Layer::forward(&layer, x, &mut ctx).into_value()
                }

                fn oracle(
                    &self,
                    [$($arg),+]: [&$crate::tensor::proof::Naive; { [$(stringify!($arg)),+].len() }],
                ) -> $crate::tensor::proof::Naive {
                    $oracle
                }
            }
        )+

        /// Shows the proofs of this file to the visitor.
        pub(crate) fn proofs(visitor: &mut impl $crate::tensor::proof::ProofVisitor) {
            $(visitor.visit::<$Proof, _>();)+
        }
    };
}

/// The dims of an input and of every parameter.
///
/// # Panics
/// When there are not `N` of them.
pub fn argument_dims<const N: usize>(layer: &impl Module, input: &[usize]) -> [Dims; N] {
    let mut dims = vec![Dims::new(input)];
    layer.visit(&mut Path::root(), &mut |_: &str, _: LeafId, value: &Array<f32>| dims.push(value.dims()));
    dims.try_into()
        .unwrap_or_else(|dims: Vec<Dims>| panic!("the layer has {} arguments, not {N}", dims.len()))
}

/// The input, and a context in which the layer's parameters are the other arguments.
pub fn bind_arguments<B: Backend, const N: usize>(
    layer: &impl Module,
    args: [Value<B>; N],
) -> (Value<B>, Context<B>) {
    let mut args = args.into_iter();
    let x = args.next().expect("a layer has an input");
    let mut ctx = Context::eval().with_mode(Mode::Train);
    layer.visit(&mut Path::root(), &mut |path: &str, id: LeafId, _: &Array<f32>| {
        ctx.bind(id, args.next().unwrap_or_else(|| panic!("no argument for {path}")));
    });
    (x, ctx)
}

/// The product of a row-major matrix `(N, K)` with the transpose of `(M, K)`, for oracles.
pub(crate) fn times_transposed(x: &Naive, weight: &Naive) -> Naive {
    Naive::from_fn(Dims::new(&[x.dims[0], weight.dims[0]]), |at| {
        (0..x.dims[1]).map(|k| x.at(&[at[0], k]) * weight.at(&[at[1], k])).sum()
    })
}
