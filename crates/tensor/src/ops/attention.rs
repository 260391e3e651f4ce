//! Scaled dot-product attention.

mod heads;

use std::sync::Arc;

use tenon_kernels::attention::{self as kernel, Point};
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Mask, Op, Reads, Value, Vjp};

use super::dropout::dropout;
use super::matmul::MatMul;
use super::select::Select;
use super::softmax::Softmax;

pub use tenon_kernels::attention::{Dropout, Order};

/// The operation of [`Tensor::attention`](crate::Tensor::attention), on queries, keys and values:
/// what a query sees.
///
/// # Shapes
/// `q: (N, H, T, D), k: (N, G, S, D), v: (N, G, S, D) → (N, H, T, D)`, where G divides H
///
/// # Gradient
/// As there; the scores are computed again from what is kept.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let present = Mask::from_vec((U1::new(), U3::new()), vec![true, true, false]);
/// let sees = Attention { scale: Some(1.0), ..Attention::causal().over(&present) };
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// Which keys a query sees by their places; all by default.
    pub order: Order,
    /// Which keys there are, one flag for each example and key; all by default.
    pub present: Option<Arc<[bool]>>,
    /// What the scores are multiplied by; `1/√D` by default.
    pub scale: Option<f64>,
    /// Whether weights are dropped; not by default.
    pub dropout: Option<Dropout>,
}

impl Attention {
    /// A query sees the keys up to its own place, where the last query stands at the last key.
    pub fn causal() -> Self {
        Attention { order: Order::Causal, ..Attention::default() }
    }

    /// Queries see those keys only for which the mask, `(N, S)`, is set: those that are not
    /// padding.
    pub fn over<M: Shape>(self, present: &Mask<M>) -> Self {
        Attention { present: Some(present.shared()), ..self }
    }

    fn scale(&self, size: usize) -> f64 {
        self.scale.unwrap_or(1.0 / (size as f64).sqrt())
    }

    fn with_sizes(&self, q: Dims, k: Dims) -> kernel::Attention<'_> {
        kernel::Attention {
            batch: q[0],
            heads: q[1],
            groups: k[1],
            queries: q[2],
            keys: k[2],
            size: q[3],
            scale: self.scale(q[3]),
            order: self.order,
            present: self.present.as_deref(),
            dropout: self.dropout,
        }
    }

    /// Whether a query of an example sees a key, out of so many each.
    fn sees(&self, example: usize, (i, queries): (usize, usize), (j, keys): (usize, usize)) -> bool {
        let in_order = self.order == Order::Any || j + queries <= i + keys;
        in_order && self.present.as_ref().is_none_or(|present| present[example * keys + j])
    }

    /// Who sees whom, `(N, H, T, S)`; nothing if all see all.
    fn mask(&self, dims: Dims) -> Option<Arc<[bool]>> {
        if self.order == Order::Any && self.present.is_none() {
            return None;
        }
        let (queries, keys) = (dims[2], dims[3]);
        let mut mask = Vec::with_capacity(dims.numel());
        crate::proof::for_each_index(dims, |at| mask.push(self.sees(at[0], (at[2], queries), (at[3], keys))));
        Some(mask.into())
    }
}

/// Keys or values `(N, G, S, D)` for each head of queries, `(N, H, S, D)`.
fn for_each_head<B: Backend>(x: Value<B>, heads: usize) -> Value<B> {
    let dims = x.dims();
    let one = dims.inserted(2, 1);
    x.reshaped(one).expanded(one.with(2, heads / dims[1])).reshaped(dims.with(1, heads))
}

impl Fused<3> for Attention {
    const NAME: &'static str = "attention";
    const READS: Reads<3> = Reads { args: [true; 3], output: true };
    /// The logarithm of the sum of the exponentials of each query's scores.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [q, k, v]: [Value<B>; 3]) -> Value<B> {
        let (heads, size) = (q.dims()[1], q.dims()[3]);
        let (k, v) = (for_each_head(k, heads), for_each_head(v, heads));
        let scores = MatMul.on([q, k.transposed()]).scaled(self.scale(size));
        let mut weights = match self.mask(scores.dims()) {
            None => Softmax { axis: 3 }.on([scores]),
            Some(mask) => {
                // Far below every score but finite, so that a query that sees nothing is not NaN.
                let hidden = scores.full_like(-1e30);
                let weights = Softmax { axis: 3 }.on([Select { mask: mask.clone() }.on([scores, hidden])]);
                let zeros = weights.full_like(0.0);
                Select { mask }.on([weights, zeros])
            }
        };
        if let Some(Dropout { p, stream }) = self.dropout {
            weights = dropout(weights, p, stream);
        }
        MatMul.on([weights, v])
    }

    fn forward<E: Element>(&self, [q, k, v]: [Array<E>; 3]) -> (Array<E>, Array<E>) {
        let dims = q.dims();
        let sizes = self.with_sizes(dims, k.dims());
        let mut log_sum_exp = Array::write(dims.without(3), |_| ());
        let by_place = dims.with(1, dims[2]).with(2, dims[1]);
        let out = Array::write(by_place, |out| {
            kernel::forward(&sizes, q.view(), k.view(), v.view(), out, log_sum_exp.make_mut());
        });
        (out.permuted(&[0, 2, 1, 3]), log_sum_exp)
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 3>, log_sum_exp: &Array<E>) -> [Option<Array<E>>; 3] {
        let [q, k, v] = [0, 1, 2].map(|i| at.arg(i));
        let out = at.output();
        let sizes = self.with_sizes(q.dims(), k.dims());
        let point = Point {
            inputs: [q.view(), k.view(), v.view()],
            out: out.view(),
            dout: at.dy.view(),
            log_sum_exp: log_sum_exp.as_slice().expect("contiguous"),
        };
        let by_place = |dims: Dims| Array::write(dims.with(1, dims[2]).with(2, dims[1]), |_| ());
        let [mut dq, mut dk, mut dv] = [q.dims(), k.dims(), v.dims()].map(by_place);
        kernel::backward(&sizes, point, dq.make_mut(), dk.make_mut(), dv.make_mut());
        [dq, dk, dv].map(|gradient| Some(gradient.permuted(&[0, 2, 1, 3])))
    }

    fn flops(&self, [q, k, _]: &[Dims; 3], _: Dims) -> u64 {
        // Two products of all queries with all keys, and the softmax between them; what is not
        // looked at is counted too, as it is in the definition.
        let scores = (q[0] * q[1] * q[2] * k[2]) as u64;
        scores * (4 * q[3] as u64 + 5)
    }
}

impl Proof<3> for Attention {
    const PROVES: &'static str = "attention";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        let mut sizes = [draw.size(), draw.size(), draw.size()];
        sizes.rotate_left(draw.below(3));
        let [n, t, s] = sizes;
        let (groups, per_group, size) = (draw.between(1, 2), draw.between(1, 2), draw.between(1, 5));
        let keys = Dims::new(&[n, groups, s, size]);
        let present = (draw.below(2) == 1).then(|| (0..n * s).map(|_| draw.below(4) > 0).collect());
        let stream = crate::Stream { seed: draw.below(256) as u64, stream: 5 };
        let attention = Attention {
            order: draw.one_of(&[Order::Any, Order::Causal]),
            present,
            scale: draw.one_of(&[None, Some(0.3)]),
            dropout: (draw.below(3) == 0).then_some(Dropout { p: 0.4, stream }),
        };
        (attention, [Dims::new(&[n, groups * per_group, t, size]), keys, keys])
    }

    fn domains(&self) -> [Domain; 3] {
        [Domain::Within(-1.5, 1.5); 3]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        self.clone().on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [q, k, v]: [&Naive; 3]) -> Naive {
        let [heads, queries, keys, size] = [q.dims[1], q.dims[2], k.dims[2], q.dims[3]];
        let per_group = heads / k.dims[1];
        let weight_dims = Dims::new(&[q.dims[0], heads, queries, keys]);
        let score = |at: &[usize]| -> f64 {
            let products = (0..size)
                .map(|d| q.at(&[at[0], at[1], at[2], d]) * k.at(&[at[0], at[1] / per_group, at[3], d]));
            self.scale(size) * products.sum::<f64>()
        };
        let exponentials = Naive::from_fn(weight_dims, |at| {
            if self.sees(at[0], (at[2], queries), (at[3], keys)) { score(at).exp() } else { 0.0 }
        });
        let mut uniform = vec![1.0f64; weight_dims.numel()];
        let p = self.dropout.map_or(0.0, |dropout| {
            tenon_kernels::random::uniform(dropout.stream, 0, &mut uniform);
            dropout.p
        });
        Naive::from_fn(q.dims, |at| {
            let place = |j: usize| [at[0], at[1], at[2], j];
            let sum: f64 = (0..keys).map(|j| exponentials.at(&place(j))).sum();
            if sum == 0.0 {
                return 0.0;
            }
            let kept = (0..keys).filter(|&j| uniform[exponentials.position(&place(j))] >= p);
            kept.map(|j| {
                exponentials.at(&place(j)) / sum / (1.0 - p) * v.at(&[at[0], at[1] / per_group, j, at[3]])
            })
            .sum()
        })
    }
}

register!(Attention);
