//! Softmax cross-entropy of scores against class labels.

use tenon_kernels::{Float, softmax};
use tenon_shape::{Dim, Scores, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Ids, Indices, Op, Reads, Tensor, Value, Vjp};

use super::gather::Gather;
use super::log_softmax::LogSoftmax;
use super::sum::{Sum, sum_axis};

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
        self.cross_entropy_with(labels, &LabelWeights::default())
    }

    /// [`cross_entropy`](Tensor::cross_entropy) in which a part ε of the weight of every label is
    /// spread over all classes, or rows of one label do not count:
    /// `l = −(1/n) Σᵢ ((1 − ε) ln pᵢ[labelᵢ] + ε meanₖ ln pᵢ[k])` over the n rows that count.
    ///
    /// # Shapes
    /// `x: (N, C), labels: N ids below C → ()`
    ///
    /// # Gradient
    /// `dx = dl/n · (softmax(x) − (1 − ε) onehot(labels) − ε/C)` in rows that count, 0 in the others.
    ///
    /// # Domain
    /// `ε` in `[0, 1]`. The loss is NaN where no row counts, as in PyTorch.
    ///
    /// # Panics
    /// When the run-time batch sizes differ, or ε is not in its domain.
    ///
    /// # Source
    /// Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", section 7;
    /// `label_smoothing` and `ignore_index` of PyTorch's `cross_entropy`.
    pub fn cross_entropy_with<L: Shape, V: Dim>(
        &self,
        labels: &Ids<L, V>,
        weights: &LabelWeights,
    ) -> Tensor<(), B>
    where
        S: Scores<L, V>,
    {
        let weights = *weights;
        self.shape.check_scores(&labels.shape(), labels.vocabulary());
        let smoothing = weights.smoothing;
        assert!((0.0..=1.0).contains(&smoothing), "cross_entropy: the smoothing {smoothing} is not in [0, 1]");
        let op = CrossEntropy { labels: labels.shared(), weights };
        Tensor { shape: (), value: op.on([self.value.clone()]) }
    }
}

/// How labels count in [`Tensor::cross_entropy_with`]; by default, each as much as any other, and
/// for nothing but its class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LabelWeights {
    /// ε: the part of the weight of a label that is spread over all classes.
    pub smoothing: f64,
    /// Rows of this label do not count: padding, say.
    pub ignored: Option<u32>,
}

/// The operation of [`Tensor::cross_entropy_with`].
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// The class of each row.
    pub labels: Indices,
    /// How they count.
    pub weights: LabelWeights,
}

impl CrossEntropy {
    /// What each row is multiplied by in the mean: `number` over how many count, or 0.
    fn shares<E: Element>(&self, number: E) -> Array<E> {
        let counts = |label: &u32| Some(*label) != self.weights.ignored;
        let share = number / E::from_usize(self.labels.iter().filter(|&label| counts(label)).count());
        Array::write(Dims::new(&[self.labels.len()]), |shares| {
            for (out, label) in shares.iter_mut().zip(self.labels.iter()) {
                *out = if counts(label) { share } else { E::ZERO };
            }
        })
    }
}

impl Fused<1> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const READS: Reads<1> = Reads::ARGS;
    /// The logarithm of the sum of the exponentials of each row.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let dims = x.dims();
        let smoothing = self.weights.smoothing;
        let log_probabilities = LogSoftmax { axis: 1 }.on([x]);
        let picked = Gather { planes: dims[0], indices: self.labels.clone(), dims: dims.without(1) };
        let mut gains = picked.on([log_probabilities.clone()]).scaled(1.0 - smoothing);
        if smoothing > 0.0 {
            gains = gains + Sum { axis: 1 }.on([log_probabilities]).scaled(smoothing / dims[1] as f64);
        }
        let shares = Value::constant(self.shares(B::Elem::ONE));
        -Sum { axis: 0 }.on([gains * shares])
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, Array<E>) {
        let dims = x.dims();
        let x = x.contiguous();
        let logits = x.as_slice().expect("contiguous");
        let smoothing = self.weights.smoothing;
        let mut log_sum_exp = Array::write(dims.without(1), |_| ());
        let losses = Array::write(dims.without(1), |losses| {
            softmax::cross_entropy(logits, dims[1], &self.labels, smoothing, losses, log_sum_exp.make_mut());
        });
        (sum_axis(losses.zip(&self.shares(E::ONE), |loss, share| loss * share), 0), log_sum_exp)
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        // Maximum, difference, exponential and sum for each score.
        4 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, log_sum_exp: &Array<E>) -> [Option<Array<E>>; 1] {
        let x = at.arg(0).contiguous();
        let logits = x.as_slice().expect("contiguous");
        let log_sum_exp = log_sum_exp.as_slice().expect("contiguous");
        let dlosses = self.shares(at.dy.item());
        let dlosses = dlosses.as_slice().expect("contiguous");
        let (classes, smoothing) = (x.dims()[1], self.weights.smoothing);
        [Some(Array::write(x.dims(), |dx| {
            let labels = &self.labels;
            softmax::cross_entropy_backward(logits, log_sum_exp, classes, labels, smoothing, dlosses, dx);
        }))]
    }
}

impl Proof<1> for CrossEntropy {
    const PROVES: &'static str = "cross_entropy";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let dims = draw.dims(2);
        let labels: Indices = (0..dims[0]).map(|_| draw.below(dims[1]) as u32).collect();
        // A label that not every row has, so that some row counts.
        let ignored = labels.iter().copied().find(|&label| label != labels[0]);
        let ignored = draw.one_of(&[None, ignored]);
        let weights = LabelWeights { smoothing: draw.one_of(&[0.0, 0.1, 1.0]), ignored };
        (CrossEntropy { labels, weights }, [dims])
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
        let LabelWeights { smoothing, ignored } = self.weights;
        let counted = || self.labels.iter().enumerate().filter(|&(_, &label)| Some(label) != ignored);
        let log_p = |row: usize, class: usize| {
            let sum: f64 = (0..x.dims[1]).map(|class| x.at(&[row, class]).exp()).sum();
            x.at(&[row, class]) - sum.ln()
        };
        let row_loss = |(row, &label): (usize, &u32)| {
            let all: f64 = (0..x.dims[1]).map(|class| log_p(row, class)).sum();
            -(1.0 - smoothing) * log_p(row, label as usize) - smoothing / x.dims[1] as f64 * all
        };
        let losses: f64 = counted().map(row_loss).sum();
        Naive { dims: Dims::new(&[]), data: vec![losses / counted().count() as f64] }
    }
}

register!(CrossEntropy);
