//! Activations as layers, for tuples and derived sequences; elsewhere call the tensor's method.

use tenon_tensor::ops::gelu::Gelu;
use tenon_tensor::prelude::{Dyn, U3};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::shape::{Shape, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, elements};
use crate::init::Init;
use crate::layer::Layer;

macro_rules! activations {
    ($($Activation:ident $method:ident: $cost:ident;)*) => {$(
        #[doc = concat!("[`Tensor::", stringify!($method), "`] as a layer, under PyTorch's name.")]
        ///
        /// # Shapes
        /// `S → S`
        #[derive(Clone, Copy, Debug, Default, tenon_derive::Module)]
        pub struct $Activation;

        impl Init for $Activation {
            fn init(_: &mut impl rand::Rng) -> Self {
                $Activation
            }
        }

        impl<S: Shape, B: Backend> Layer<Tensor<S, B>, B> for $Activation {
            type Output = Tensor<S, B>;

            fn forward(&self, x: Tensor<S, B>, _: &mut Context<B>) -> Tensor<S, B> {
                x.$method()
            }
        }

        impl<S: StaticShape> StaticCost<Tensor<S>> for $Activation {
            const COST: Cost = $cost::<S>();
        }
    )*};
}
activations! {
    ReLU relu: from_result;
    SiLU silu: soft_step;
    Sigmoid sigmoid: from_result;
    Tanh tanh: from_result;
}

/// The cost of a function whose derivative is known from its result.
const fn from_result<S: Shape>() -> Cost {
    Cost::of(Operation { reads_output: true, ..Operation::between::<S, S>() })
}

/// The cost of `x` times a soft step of `x`.
const fn soft_step<S: Shape>() -> Cost {
    let flops = 4 * elements::<S>() as u64;
    Cost::of(Operation { flops, reads_input: true, ..Operation::between::<S, S>() })
}

/// [`Tensor::gelu`] as a layer, or [`Tensor::gelu_tanh`], under PyTorch's name.
///
/// # Shapes
/// `S → S`
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_layers::tensor::ops::gelu::Gelu;
/// let gelu = GELU { approximate: Gelu::Tanh };
/// let y: Tensor<(U3,)> = gelu.forward(Tensor::<(U3,)>::zeros(), &mut Context::eval());
/// ```
#[derive(Clone, Copy, Debug, Default, tenon_derive::Module)]
pub struct GELU {
    /// How the normal distribution is computed; exactly by default, as in PyTorch.
    #[module(skip)]
    pub approximate: Gelu,
}

impl Init for GELU {
    fn init(_: &mut impl rand::Rng) -> Self {
        GELU::default()
    }
}

impl<S: Shape, B: Backend> Layer<Tensor<S, B>, B> for GELU {
    type Output = Tensor<S, B>;

    fn forward(&self, x: Tensor<S, B>, _: &mut Context<B>) -> Tensor<S, B> {
        match self.approximate {
            Gelu::Exact => x.gelu(),
            Gelu::Tanh => x.gelu_tanh(),
        }
    }
}

impl<S: StaticShape> StaticCost<Tensor<S>> for GELU {
    const COST: Cost = soft_step::<S>();
}

crate::prove_layer! {
    ReLUProof "ReLU": [ReLU] on |n| (Dyn(n), U3::new()),
    within Domain::AwayFromZero { gap: 0.05, bound: 1.0 },
    oracle |[x]| x.map(|x| x.max(0.0))

    GeluProof "GELU": [GELU] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-3.0, 3.0),
    oracle |[x]| Proof::oracle(&Gelu::Exact, [x])

    SiluProof "SiLU": [SiLU] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-3.0, 3.0),
    oracle |[x]| x.map(|x| x / (1.0 + (-x).exp()))

    SigmoidProof "Sigmoid": [Sigmoid] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-3.0, 3.0),
    oracle |[x]| x.map(|x| 1.0 / (1.0 + (-x).exp()))

    TanhProof "Tanh": [Tanh] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-3.0, 3.0),
    oracle |[x]| x.map(f64::tanh)
}
