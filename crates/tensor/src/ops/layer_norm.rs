//! Layer normalization: each row brought to mean 0 and variance 1, then scaled and shifted.

use tenon_kernels::row_norm::{self, Center};
use tenon_shape::{InFeatures, Last, StaticDim};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::shift::Shift;
use super::softmax::spread_sum;
use super::sqrt::Sqrt;
use super::square::Square;

impl<S: Last, B: Backend> Tensor<S, B> {
    /// Layer normalization over the last axis: `y = γ (x − μ) / √(σ² + ε) + β`, with the mean
    /// `μ = (1/D) Σ xᵢ` and the variance `σ² = (1/D) Σ (xᵢ − μ)²` of each row.
    ///
    /// # Shapes
    /// `x: (…, D), weight γ: (D,), bias β: (D,) → (…, D)`
    ///
    /// # Gradient
    /// With `x̂ = (x − μ)/√(σ² + ε)` and `g = γ dy`: `dγ = Σ dy x̂` and `dβ = Σ dy` over the rows,
    /// `dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε)`. Keeps `x`, `γ` and two numbers per row.
    ///
    /// # Source
    /// Ba, Kiros and Hinton 2016, "Layer normalization", equation 4; PyTorch's `layer_norm`, which
    /// has ε inside of the root.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[3.0, 7.0]]);
    /// let y = x.layer_norm(&Tensor::<(U2,)>::ones(), &Tensor::<(U2,)>::zeros(), 0.0);
    /// assert_eq!(y.to_vec(), [-1.0, 1.0]);
    /// ```
    pub fn layer_norm<D: StaticDim>(
        &self,
        weight: &Tensor<(D,), B>,
        bias: &Tensor<(D,), B>,
        epsilon: f64,
    ) -> Self
    where
        S::Last: InFeatures<D>,
    {
        let args = [self.value.clone(), weight.value.clone(), bias.value.clone()];
        Tensor { shape: self.shape, value: LayerNorm { epsilon }.on(args) }
    }
}

/// The operation of [`Tensor::layer_norm`], on `x`, `γ` and `β`.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    /// ε: keeps the division finite where a row is constant.
    pub epsilon: f64,
}

/// `x` divided by the square root of its mean square along the last axis plus ε.
pub(super) fn over_root_mean_square<B: Backend>(x: Value<B>, epsilon: f64) -> Value<B> {
    let axis = x.dims().len() - 1;
    let mean_square = spread_sum(Square.on([x.clone()]), axis).scaled(1.0 / x.dims()[axis] as f64);
    x / Sqrt.on([Shift { offset: epsilon }.on([mean_square])])
}

impl Fused<3> for LayerNorm {
    const NAME: &'static str = "layer_norm";
    const READS: Reads<3> = Reads { args: [true, true, false], output: false };
    /// The mean and the inverse deviation of each row.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [x, weight, bias]: [Value<B>; 3]) -> Value<B> {
        let dims = x.dims();
        let axis = dims.len() - 1;
        let mean = spread_sum(x.clone(), axis).scaled(1.0 / dims[axis] as f64);
        over_root_mean_square(x - mean, self.epsilon) * weight.expanded(dims) + bias.expanded(dims)
    }

    fn forward<E: Element>(&self, [x, weight, bias]: [Array<E>; 3]) -> (Array<E>, Array<E>) {
        normalize(Center::Mean, self.epsilon, x, weight, Some(bias))
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 3>, moments: &Array<E>) -> [Option<Array<E>>; 3] {
        let (dy, dims) = (at.dy.clone(), at.dims(0));
        normalize_backward(Center::Mean, dims, at.arg(0), at.arg(1), dy, moments).map(Some)
    }

    fn flops(&self, _: &[Dims; 3], output: Dims) -> u64 {
        // The mean, the squares of deviations and their sum, the quotient, the scale, the shift.
        8 * output.numel() as u64
    }
}

/// Normalized rows, and the moments of each.
pub(super) fn normalize<E: Element>(
    center: Center,
    epsilon: f64,
    x: Array<E>,
    weight: Array<E>,
    bias: Option<Array<E>>,
) -> (Array<E>, Array<E>) {
    let dims = x.dims();
    let (x, weight, bias) = (x.contiguous(), weight.contiguous(), bias.map(Array::contiguous));
    let x = x.as_slice().expect("contiguous");
    let weight = weight.as_slice().expect("contiguous");
    let bias = bias.as_ref().map(|bias| bias.as_slice().expect("contiguous"));
    let n_rows = dims[..dims.len() - 1].iter().product();
    let mut moments = Array::write(Dims::new(&[n_rows, 2]), |_| ());
    let y = Array::write(dims, |y| {
        row_norm::forward(center, epsilon, x, weight, bias, y, moments.make_mut());
    });
    (y, moments)
}

/// The gradients of the rows, of the weight and of the bias.
pub(super) fn normalize_backward<E: Element>(
    center: Center,
    dims: Dims,
    x: Array<E>,
    weight: Array<E>,
    dy: Array<E>,
    moments: &Array<E>,
) -> [Array<E>; 3] {
    let (x, weight, dy) = (x.contiguous(), weight.contiguous(), dy.contiguous());
    let len = weight.dims();
    let [x, weight, dy] = [&x, &weight, &dy].map(|array| array.as_slice().expect("contiguous"));
    let moments = moments.as_slice().expect("contiguous");
    let [mut dweight, mut dbias] = [(); 2].map(|()| Array::write(len, |_| ()));
    let dx = Array::write(dims, |dx| {
        row_norm::backward(center, x, weight, moments, dy, dx, dweight.make_mut(), dbias.make_mut());
    });
    [dx, dweight, dbias]
}

/// The dims of rows, and of what belongs to a row.
pub(super) fn draw_rows(draw: &mut Draw<'_>) -> (Dims, Dims) {
    let rank = draw.between(1, 4);
    let dims = draw.dims(rank);
    (dims, Dims::new(&[dims[rank - 1]]))
}

impl Proof<3> for LayerNorm {
    const PROVES: &'static str = "layer_norm";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        // An ε of the size of the variances keeps derivatives tame where a row is nearly constant.
        let epsilon = draw.one_of(&[0.1, 0.5]);
        let (dims, row) = draw_rows(draw);
        (LayerNorm { epsilon }, [dims, row, row])
    }

    fn domains(&self) -> [Domain; 3] {
        [Domain::Within(-2.0, 2.0); 3]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight, bias]: [&Naive; 3]) -> Naive {
        let last = x.dims.len() - 1;
        let size = x.dims[last] as f64;
        Naive::from_fn(x.dims, |at| {
            let mut along = at.to_vec();
            let row: Vec<f64> = (0..x.dims[last])
                .map(|i| {
                    along[last] = i;
                    x.at(&along)
                })
                .collect();
            let mean = row.iter().sum::<f64>() / size;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / size;
            let i = [at[last]];
            weight.at(&i) * (x.at(at) - mean) / (variance + self.epsilon).sqrt() + bias.at(&i)
        })
    }
}

register!(LayerNorm);
