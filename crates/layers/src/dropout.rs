//! Dropout as a layer.

use tenon_tensor::ops::{attention, dropout as ops};
use tenon_tensor::prelude::{Dyn, U3};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::Stream;
use tenon_tensor::shape::{Shape, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::{Context, Mode};
use crate::cost::{Cost, Operation, StaticCost, bytes};
use crate::init::Init;
use crate::layer::Layer;

/// Drops each element with probability `p` in training and does nothing otherwise; see
/// [`Tensor::dropout`].
///
/// # Shapes
/// `S → S`
///
/// # Source
/// Srivastava et al. 2014; PyTorch's `nn.Dropout`, whose default probability is ½.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let dropout = Dropout::new(0.5);
/// let x: Tensor<(U100,)> = Tensor::ones();
/// assert_eq!(dropout.forward(x.clone(), &mut Context::eval()).to_vec(), x.to_vec());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Dropout {
    #[module(skip)]
    p: f64,
}

impl Dropout {
    /// Dropout with this probability of dropping.
    ///
    /// # Panics
    /// When `p` is not in `[0, 1)`.
    pub fn new(p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "the probability of dropping, {p}, is not in [0, 1)");
        Dropout { p }
    }

    /// What an attention is told of dropping its weights, which are nowhere as a tensor.
    pub fn of_weights<B: Backend>(&self, ctx: &mut Context<B>) -> Option<attention::Dropout> {
        let acts = ctx.mode() == Mode::Train && self.p > 0.0;
        acts.then(|| attention::Dropout { p: self.p, stream: ctx.stream() })
    }
}

impl Default for Dropout {
    fn default() -> Self {
        Dropout::new(0.5)
    }
}

impl Init for Dropout {
    fn init(_: &mut impl rand::Rng) -> Self {
        Dropout::default()
    }
}

impl<S: Shape, B: Backend> Layer<Tensor<S, B>, B> for Dropout {
    type Output = Tensor<S, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Tensor<S, B> {
        match ctx.mode() {
            Mode::Train if self.p > 0.0 => x.dropout(self.p, ctx.stream()),
            _ => x,
        }
    }
}

/// A product with a mask; both are kept.
impl<S: StaticShape> StaticCost<Tensor<S>> for Dropout {
    const COST: Cost =
        Cost::of(Operation { reads_input: true, kept_bytes: bytes::<S>(), ..Operation::between::<S, S>() });
}

crate::prove_layer! {
    DropoutProof "Dropout": [Dropout] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x]| Proof::oracle(&ops::Dropout { p: 0.5, stream: Stream { seed: 0, stream: 0 } }, [x])
}
