//! Root-mean-square normalization: each row divided by its root mean square, then scaled.

use tenon_kernels::row_norm::Center;
use tenon_shape::{InFeatures, Last, StaticDim};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Reads, Tensor, Value, Vjp};

use super::layer_norm::{draw_rows, normalize, normalize_backward, over_root_mean_square};

impl<S: Last, B: Backend> Tensor<S, B> {
    /// Root-mean-square normalization over the last axis: `y = γ x / √(mean x² + ε)`.
    ///
    /// # Shapes
    /// `x: (…, D), weight γ: (D,) → (…, D)`
    ///
    /// # Gradient
    /// With `r = 1/√(mean x² + ε)` and `g = γ dy`: `dγ = Σ dy x r` over the rows,
    /// `dx = r (g − x r mean(g x r))`. Keeps `x`, `γ` and two numbers per row.
    ///
    /// # Source
    /// Zhang and Sennrich 2019, "Root mean square layer normalization", equation 4; PyTorch's
    /// `rms_norm`, which has ε inside of the root.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1.0, 7.0]]);
    /// let y = x.rms_norm(&Tensor::<(U2,)>::ones(), 0.0);
    /// assert_eq!(y.to_vec(), [0.2, 1.4]);
    /// ```
    pub fn rms_norm<D: StaticDim>(&self, weight: &Tensor<(D,), B>, epsilon: f64) -> Self
    where
        S::Last: InFeatures<D>,
    {
        let value = RmsNorm { epsilon }.on([self.value.clone(), weight.value.clone()]);
        Tensor { shape: self.shape, value }
    }
}

/// The operation of [`Tensor::rms_norm`], on `x` and `γ`.
#[derive(Clone, Copy, Debug)]
pub struct RmsNorm {
    /// ε: keeps the division finite where a row is zero.
    pub epsilon: f64,
}

impl Fused<2> for RmsNorm {
    const NAME: &'static str = "rms_norm";
    const READS: Reads<2> = Reads::ARGS;
    /// Zero and the inverse root mean square of each row.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [x, weight]: [Value<B>; 2]) -> Value<B> {
        let dims = x.dims();
        over_root_mean_square(x, self.epsilon) * weight.expanded(dims)
    }

    fn forward<E: Element>(&self, [x, weight]: [Array<E>; 2]) -> (Array<E>, Array<E>) {
        normalize(Center::Zero, self.epsilon, x, weight, None)
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 2>, moments: &Array<E>) -> [Option<Array<E>>; 2] {
        let (dy, dims) = (at.dy.clone(), at.dims(0));
        let [dx, dweight, _] = normalize_backward(Center::Zero, dims, at.arg(0), at.arg(1), dy, moments);
        [Some(dx), Some(dweight)]
    }

    fn flops(&self, _: &[Dims; 2], output: Dims) -> u64 {
        4 * output.numel() as u64
    }
}

impl Proof<2> for RmsNorm {
    const PROVES: &'static str = "rms_norm";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let epsilon = draw.one_of(&[0.1, 0.5]);
        let (dims, row) = draw_rows(draw);
        (RmsNorm { epsilon }, [dims, row])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 2]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight]: [&Naive; 2]) -> Naive {
        let last = x.dims.len() - 1;
        Naive::from_fn(x.dims, |at| {
            let mut along = at.to_vec();
            let squares: f64 = (0..x.dims[last])
                .map(|i| {
                    along[last] = i;
                    x.at(&along).powi(2)
                })
                .sum();
            weight.at(&[at[last]]) * x.at(at) / (squares / x.dims[last] as f64 + self.epsilon).sqrt()
        })
    }
}

register!(RmsNorm);
