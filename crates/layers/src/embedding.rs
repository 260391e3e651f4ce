//! The embedding of tokens.

use rand::Rng;
use tenon_tensor::ops::index_select::IndexSelect;
use tenon_tensor::prelude::{Ids, U2, U3, U5};
use tenon_tensor::proof::{Draw, Naive, Proof, ProofVisitor};
use tenon_tensor::shape::{Append, Dim, StaticDim, Vocabulary as OfVocabulary};
use tenon_tensor::{Backend, Dims, Op, Tensor, Value};

use crate::context::Context;
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;
use crate::rng::SeededRng;

/// A table with a row for each token: `y[…, :] = W[ids[…], :]`.
///
/// The ids carry the type of their vocabulary, so those of another one do not compile. The gradient
/// of a row is the sum over the places where its token stands, in their order.
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
/// let y: Tensor<(U3, U2)> = layer.forward(ids, &mut Context::eval());
/// assert_eq!(y.to_vec()[0], y.to_vec()[4]);
/// # Ok::<(), tenon_layers::tensor::IdsError>(())
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Embedding<Vocab: StaticDim, Width: StaticDim> {
    /// One row per token.
    pub weight: Param<(Vocab, Width)>,
}

impl<Vocab: StaticDim, Width: StaticDim> Init for Embedding<Vocab, Width> {
    fn init(rng: &mut impl Rng) -> Self {
        Embedding { weight: init::normal(rng, 0.0, 1.0) }
    }
}

impl<S: Append, V: Dim, Vocab: StaticDim, Width: StaticDim, B: Backend> Layer<Ids<S, V>, B>
    for Embedding<Vocab, Width>
where
    V: OfVocabulary<Vocab>,
{
    type Output = Tensor<S::Output<Width>, B>;

    fn forward(&self, ids: Ids<S, V>, ctx: &mut Context<B>) -> Self::Output {
        ids.vocabulary().check_vocabulary(Vocab::default());
        let rows = IndexSelect { axis: 0, ids: ids.shared() }.on([ctx.param(&self.weight).into_value()]);
        let shape = ids.shape().append(Width::default());
        Tensor::from_value(shape, rows.reshaped(Dims::new(tenon_tensor::shape::Shape::dims(&shape).as_ref())))
    }
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
