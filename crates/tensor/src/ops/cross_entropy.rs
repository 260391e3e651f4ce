//! Softmax cross-entropy of scores against class labels.

use tenon_kernels::softmax;
use tenon_shape::{Dim, Scores, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Ids, Indices, Op, Reads, Tensor, Value, Vjp};

use super::gather::Gather;
use super::log_softmax::LogSoftmax;
use super::mean::mean_all;
use super::sum::sum_axis;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The mean cross-entropy of logits against class labels, in nats:
    /// `l = −(1/N) Σᵢ ln softmax(xᵢ)[labelᵢ]`.
    ///
    /// The labels carry the type of their classes, so a loss of another size does not compile.
    ///
    /// # Shapes
    /// `x: (N, C), labels: N ids below C → ()`
    ///
    /// # Gradient
    /// `dx = dl/N · (softmax(x) − onehot(labels))`. Keeps the logits and one number per row.
    ///
    /// # Panics
    /// When the run-time batch sizes differ.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let logits: Tensor<(U1, U2)> = Tensor::from([[0.0, 0.0]]);
    /// let labels: Ids<(U1,), U2> = Ids::try_from_vec(Default::default(), vec![1])?;
    /// assert!((logits.cross_entropy(&labels).item() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), tenon_tensor::IdsError>(())
    /// ```
    pub fn cross_entropy<L: Shape, V: Dim>(&self, labels: &Ids<L, V>) -> Tensor<(), B>
    where
        S: Scores<L, V>,
    {
        self.shape.check_scores(&labels.shape(), labels.vocabulary());
        Tensor { shape: (), value: CrossEntropy { labels: labels.shared() }.on([self.value.clone()]) }
    }
}

/// The operation of [`Tensor::cross_entropy`].
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// The class of each row.
    pub labels: Indices,
}

impl Fused<1> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const READS: Reads<1> = Reads::ARGS;
    /// The logarithm of the sum of the exponentials of each row.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let dims = x.dims();
        let log_probabilities = LogSoftmax { axis: 1 }.on([x]);
        let picked = Gather { planes: dims[0], indices: self.labels.clone(), dims: dims.without(1) };
        -mean_all(picked.on([log_probabilities]))
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, Array<E>) {
        let dims = x.dims();
        let x = x.contiguous();
        let logits = x.as_slice().expect("contiguous");
        let mut log_sum_exp = Array::write(dims.without(1), |_| ());
        let losses = Array::write(dims.without(1), |losses| {
            softmax::cross_entropy(logits, dims[1], &self.labels, losses, log_sum_exp.make_mut());
        });
        let n = E::from_usize(dims[0]);
        (sum_axis(losses, 0).map(|sum| sum / n), log_sum_exp)
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        // Maximum, difference, exponential and sum for each score.
        4 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, log_sum_exp: &Array<E>) -> [Option<Array<E>>; 1] {
        let x = at.arg(0).contiguous();
        let logits = x.as_slice().expect("contiguous");
        let log_sum_exp = log_sum_exp.as_slice().expect("contiguous");
        let (n, classes) = (x.dims()[0], x.dims()[1]);
        let dlosses = Array::full(Dims::new(&[n]), at.dy.item() / E::from_usize(n)).contiguous();
        let dlosses = dlosses.as_slice().expect("contiguous");
        [Some(Array::write(x.dims(), |dx| {
            softmax::cross_entropy_backward(logits, log_sum_exp, classes, &self.labels, dlosses, dx);
        }))]
    }
}

impl Proof<1> for CrossEntropy {
    const PROVES: &'static str = "cross_entropy";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let dims = draw.dims(2);
        (CrossEntropy { labels: (0..dims[0]).map(|_| draw.below(dims[1]) as u32).collect() }, [dims])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.clone().on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let row_loss = |(row, &label): (usize, &u32)| {
            let sum: f64 = (0..x.dims[1]).map(|class| x.at(&[row, class]).exp()).sum();
            sum.ln() - x.at(&[row, label as usize])
        };
        let losses: f64 = self.labels.iter().enumerate().map(row_loss).sum();
        Naive { dims: Dims::new(&[]), data: vec![losses / x.dims[0] as f64] }
    }
}

register!(CrossEntropy);
