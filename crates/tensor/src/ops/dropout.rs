//! Random zeros, for regularization.

use tenon_kernels::random::Stream;
use tenon_shape::Shape;

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Tensor, Value};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Inverted dropout: `yᵢ = xᵢ mᵢ / (1 − p)`, where each `mᵢ` is 0 with probability `p` and
    /// else 1, drawn from a counter-based stream: the same stream gives the same mask for any
    /// number of threads.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy m / (1 − p)`. Keeps the mask.
    ///
    /// # Domain
    /// `p` is the probability of dropping, in `[0, 1)`.
    ///
    /// # Panics
    /// When `p` is not in `[0, 1)`.
    ///
    /// # Source
    /// Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    /// overfitting"; scaled in training, as everywhere since, so that evaluation does nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Stream};
    /// let x: Tensor<(U100,)> = Tensor::ones();
    /// let y = x.dropout(0.5, Stream { seed: 1, stream: 0 });
    /// assert!(y.to_vec().iter().all(|&y| y == 0.0 || y == 2.0));
    /// ```
    pub fn dropout(self, p: f64, stream: Stream) -> Self {
        assert!((0.0..1.0).contains(&p), "dropout: the probability {p} is not in [0, 1)");
        Tensor { shape: self.shape, value: dropout(self.value, p, stream) }
    }
}

/// Dropout of a value: a product with a constant mask.
pub fn dropout<B: Backend>(x: Value<B>, p: f64, stream: Stream) -> Value<B> {
    let mask = Value::constant(mask(x.dims(), p, stream));
    x * mask
}

/// Zeros with probability `p`, `1 / (1 − p)` elsewhere.
fn mask<E: Element>(dims: Dims, p: f64, stream: Stream) -> Array<E> {
    Array::write(dims, |out| tenon_kernels::random::mask(stream, 0, p, 1.0 / (1.0 - p), out))
}

/// The proof of [`Tensor::dropout`].
#[derive(Clone, Debug)]
pub struct Dropout {
    /// The probability of dropping.
    pub p: f64,
    /// Where the mask is drawn from.
    pub stream: Stream,
}

impl Proof<1> for Dropout {
    const PROVES: &'static str = "dropout";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let stream = Stream { seed: draw.below(256) as u64, stream: 3 };
        (Dropout { p: draw.one_of(&[0.0, 0.25, 0.5, 0.9]), stream }, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        dropout(x, self.p, self.stream)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut uniform = vec![0.0f64; x.data.len()];
        tenon_kernels::random::uniform(self.stream, 0, &mut uniform);
        let drop = |(&x, &u): (&f64, &f64)| if u < self.p { 0.0 } else { x / (1.0 - self.p) };
        Naive { dims: x.dims, data: x.data.iter().zip(&uniform).map(drop).collect() }
    }
}

register!(Dropout);
