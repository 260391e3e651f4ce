//! The embedding of tokens.

use std::fmt::Debug;
use std::marker::PhantomData;

use rand::Rng;
use tenon_tensor::ops::index_select::IndexSelect;
use tenon_tensor::ops::select::Select;
use tenon_tensor::prelude::{Ids, U2, U3, U5};
use tenon_tensor::proof::{Draw, Naive, Proof, ProofVisitor};
use tenon_tensor::shape::typenum::{UInt, Unsigned, consts};
use tenon_tensor::shape::{Append, Dim, Shape, StaticDim, StaticShape, Vocabulary as OfVocabulary};
use tenon_tensor::{Backend, Dims, Op, Tensor, Value};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, bytes, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;
use crate::rng::SeededRng;

/// A table with a row for each token: `y[…, :] = W[ids[…], :]`.
///
/// The ids carry the type of their vocabulary, so those of another one do not compile. The gradient
/// of a row is the sum over the places where its token stands, in their order.
///
/// `Padding` is the number of the token that fills up short texts, or [`NoPadding`]. The row of that
/// token begins as zeros and has no gradient.
///
/// # Shapes
/// `(…) ids of Vocab → (…, Width)`
///
/// # Parameters
/// - `weight: (Vocab, Width)`, normal with mean 0 and deviation 1
///
/// # Source
/// Names, layout and initial distribution are those of PyTorch's `nn.Embedding`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: Embedding<U5, U2> = Init::init(&mut SeededRng::new(0));
/// let ids: Ids<(U3,), U5> = Ids::try_from_vec(Default::default(), vec![4, 0, 4])?;
/// let y: Tensor<(U3, U2)> = layer.forward(ids.clone(), &mut Context::eval());
/// assert_eq!(y.to_vec()[0], y.to_vec()[4]);
///
/// let padded: Embedding<U5, U2, U0> = Init::init(&mut SeededRng::new(0));
/// let y: Tensor<(U3, U2)> = padded.forward(ids, &mut Context::eval());
/// assert_eq!(y.to_vec()[2..4], [0.0, 0.0]);
/// # Ok::<(), tenon_layers::tensor::IdsError>(())
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Embedding<Vocab: StaticDim, Width: StaticDim, Padding = NoPadding> {
    /// One row per token.
    pub weight: Param<(Vocab, Width)>,
    #[module(skip)]
    padding: PhantomData<Padding>,
}

/// No token is there to fill up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoPadding;

/// The token that fills up short texts: a number of `typenum`, or [`NoPadding`].
pub trait PaddingIndex: Clone + Debug + Send + Sync + 'static {
    /// The number of the token.
    const INDEX: Option<u32>;
}

impl PaddingIndex for NoPadding {
    const INDEX: Option<u32> = None;
}

impl PaddingIndex for consts::U0 {
    const INDEX: Option<u32> = Some(0);
}

impl<U, D> PaddingIndex for UInt<U, D>
where
    Self: Unsigned + Clone + Debug + Send + Sync + 'static,
{
    const INDEX: Option<u32> = Some(<Self as Unsigned>::U32);
}

impl<Vocab: StaticDim, Width: StaticDim, Padding: PaddingIndex> Embedding<Vocab, Width, Padding> {
    /// The embedding with these rows.
    pub fn new(weight: Param<(Vocab, Width)>) -> Self {
        const {
            if let Some(index) = Padding::INDEX {
                assert!((index as usize) < Vocab::N, "the padding token is one of the vocabulary");
            }
        }
        Embedding { weight, padding: PhantomData }
    }
}

impl<Vocab: StaticDim, Width: StaticDim, Padding: PaddingIndex> Init for Embedding<Vocab, Width, Padding> {
    fn init(rng: &mut impl Rng) -> Self {
        let weight = init::normal(rng, 0.0, 1.0);
        let Some(index) = Padding::INDEX else { return Embedding::new(weight) };
        let mut rows = weight.value().to_vec();
        rows[index as usize * Width::N..][..Width::N].fill(0.0);
        Embedding::new(Param::new(Tensor::from_vec(Default::default(), rows)))
    }
}

impl<S, V, Vocab, Width, Padding, B> Layer<Ids<S, V>, B> for Embedding<Vocab, Width, Padding>
where
    S: Append,
    V: Dim + OfVocabulary<Vocab>,
    Vocab: StaticDim,
    Width: StaticDim,
    Padding: PaddingIndex,
    B: Backend,
{
    type Output = Tensor<S::Output<Width>, B>;

    fn forward(&self, ids: Ids<S, V>, ctx: &mut Context<B>) -> Self::Output {
        ids.vocabulary().check_vocabulary(Vocab::default());
        let mut rows = IndexSelect { axis: 0, ids: ids.shared() }.on([ctx.param(&self.weight).into_value()]);
        if let Some(padding) = Padding::INDEX {
            let is_padding = |&id: &u32| std::iter::repeat_n(id == padding, Width::N);
            let mask = ids.as_slice().iter().flat_map(is_padding).collect();
            // The same numbers, through which no gradient flows.
            let constant = Value::constant(rows.array().clone());
            rows = Select { mask }.on([constant, rows]);
        }
        let shape = ids.shape().append(Width::default());
        Tensor::from_value(shape, rows.reshaped(Dims::new(shape.dims().as_ref())))
    }
}

/// Rows are copied, which is no arithmetic. The ids are kept, and where there is padding a flag for
/// each number of the result.
impl<S, V, Vocab, Width, Padding> StaticCost<Ids<S, V>> for Embedding<Vocab, Width, Padding>
where
    S: Append + StaticShape,
    V: Dim + OfVocabulary<Vocab>,
    Vocab: StaticDim,
    Width: StaticDim,
    Padding: PaddingIndex,
{
    const COST: Cost = {
        let flags = if Padding::INDEX.is_some() { elements::<S::Output<Width>>() } else { 0 };
        Cost::of(Operation {
            parameters: Vocab::N * Width::N,
            flops: 0,
            kept_bytes: bytes::<S>() + flags,
            ..Operation::between::<S, S::Output<Width>>()
        })
    };
}

/// The proof of [`Embedding`], whose input is not a tensor.
#[derive(Clone, Debug)]
struct EmbeddingProof {
    ids: Ids<(U2, U3), U5>,
}

impl Proof<1> for EmbeddingProof {
    const PROVES: &'static str = "Embedding";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let ids = (0..6).map(|_| draw.below(5) as u32).collect();
        let ids = Ids::try_from_vec(Default::default(), ids).expect("below five");
        (EmbeddingProof { ids }, [Dims::new(&[5, 3])])
    }

    fn run<B: Backend>(&self, [weight]: [Value<B>; 1]) -> Value<B> {
        let layer: Embedding<U5, U3> = Init::init(&mut SeededRng::new(0));
        let mut ctx = Context::eval();
        ctx.bind(layer.weight.id(), weight);
        layer.forward(self.ids.clone(), &mut ctx).into_value()
    }

    fn oracle(&self, [weight]: [&Naive; 1]) -> Naive {
        let row = |at: &[usize]| self.ids.as_slice()[at[0] * 3 + at[1]] as usize;
        Naive::from_fn(Dims::new(&[2, 3, 3]), |at| weight.at(&[row(at), at[2]]))
    }
}

/// Shows the proofs of this file to the visitor.
pub(crate) fn proofs(visitor: &mut impl ProofVisitor) {
    visitor.visit::<EmbeddingProof, _>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn padding_is_read_as_it_is_and_has_no_gradient() {
        let weight: Param<(U3, U2)> = Param::new(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
        let layer: Embedding<U3, U2, U1> = Embedding::new(weight);
        let ids: Ids<(U4,), U3> = Ids::try_from_vec(Default::default(), vec![0, 1, 2, 0]).unwrap();
        let mut ctx = Context::<Autodiff<Cpu>>::train(0, 0);
        let y: Tensor<(U4, U2), _> = layer.forward(ids, &mut ctx);
        assert_eq!(y.to_vec(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 2.0]);
        let gradients = y.sum_all().backward();
        assert_eq!(layer.weight.gradient(&gradients).unwrap().to_vec(), [2.0, 2.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
