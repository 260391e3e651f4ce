//! Normalization of channels by statistics that are given.

use tenon_kernels::batch_norm::{self as kernel, Backward};
use tenon_shape::{Axis, Channels, StaticDim};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::batch_norm::{draw_dims, inverse_deviation, normalize, sizes, slice, spread};
use super::shift::Shift;
use super::sqrt::Sqrt;

impl<S: Axis<1>, B: Backend> Tensor<S, B> {
    /// Batch normalization of axis 1, the channels, by given statistics:
    /// `y = (x − μ) / √(σ² + ε) · γ + β`, as with running statistics after training.
    ///
    /// # Shapes
    /// `x: (N, C, …), mean μ, variance σ², weight γ, bias β: (C,) → (N, C, …)`
    ///
    /// # Gradient
    /// With `s = γ/√(σ² + ε)`: `dx = dy s`, `dγ = Σ dy x̂`, `dβ = Σ dy`, `dμ = −s Σ dy`,
    /// `dσ² = −½ s Σ dy x̂ / √(σ² + ε)`. Keeps all arguments but the bias.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U1)> = Tensor::from([[1.0], [3.0]]);
    /// let (one, two): (Tensor<(U1,)>, Tensor<(U1,)>) = (Tensor::ones(), Tensor::from([2.0]));
    /// let y = x.batch_norm_with(&two, &one, &one, &Tensor::zeros(), 0.0);
    /// assert_eq!(y.to_vec(), [-1.0, 1.0]);
    /// ```
    pub fn batch_norm_with<C: StaticDim>(
        &self,
        mean: &Tensor<(C,), B>,
        variance: &Tensor<(C,), B>,
        weight: &Tensor<(C,), B>,
        bias: &Tensor<(C,), B>,
        epsilon: f64,
    ) -> Tensor<S, B>
    where
        S::Dim: Channels<C>,
    {
        self.shape.dim().check_channels(C::default());
        let parameters = [weight, bias, mean, variance].map(|tensor| tensor.value.clone());
        let [weight, bias, mean, variance] = parameters;
        let args = [self.value.clone(), weight, bias, mean, variance];
        Tensor { shape: self.shape, value: BatchNormWith { epsilon }.on(args) }
    }
}

/// The operation of [`Tensor::batch_norm_with`], on an input, a weight, a bias, a mean and a
/// variance.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormWith {
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Fused<5> for BatchNormWith {
    const NAME: &'static str = "batch_norm_with";
    const READS: Reads<5> = Reads { args: [true, true, false, true, true], output: false };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x, weight, bias, mean, variance]: [Value<B>; 5]) -> Value<B> {
        let dims = x.dims();
        let scale = weight / Sqrt.on([Shift { offset: self.epsilon }.on([variance])]);
        (x - spread(mean, dims)) * spread(scale, dims) + spread(bias, dims)
    }

    fn forward<E: Element>(&self, args: [Array<E>; 5]) -> (Array<E>, ()) {
        (normalize(args, self.epsilon, None, false), ())
    }

    fn flops(&self, args: &[Dims; 5], _: Dims) -> u64 {
        // Difference, product and sum for each element.
        3 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 5>, (): &()) -> [Option<Array<E>>; 5] {
        let [x, weight, mean, variance] = [0, 1, 3, 4].map(|i| at.arg(i).contiguous());
        let (dy, sizes) = (at.dy.clone().contiguous(), sizes(x.dims()));
        let inverse = inverse_deviation(&variance, self.epsilon);
        let scale = inverse.clone().zip(&weight, |inverse, weight| inverse * weight);
        let nothing = Array::full(mean.dims(), E::ZERO).contiguous();
        let dx = at.wrt(0, |_| {
            let (mean, scale, nothing) = (slice(&mean), slice(&scale), slice(&nothing));
            let by = Backward { mean, scale, slope: nothing, shift: nothing };
            Array::write(x.dims(), |dx| kernel::input_gradient(&sizes, slice(&x), slice(&dy), None, by, dx))
        });
        if !(1..5).any(|i| at.needs(i)) {
            return [dx, None, None, None, None];
        }
        let mut products = nothing;
        let sums = Array::write(mean.dims(), |sums| {
            let products = products.make_mut();
            kernel::gradient_sums(&sizes, slice(&x), slice(&dy), None, slice(&mean), sums, products);
        });
        let products = products.zip(&inverse, |product, inverse| product * inverse);
        let half = E::from_f64(0.5);
        let dmean = sums.clone().zip(&scale, |sum, scale| -sum * scale);
        let dvariance = products.clone().zip(&scale, move |product, scale| -half * product * scale);
        let dvariance = dvariance.zip(&inverse, |dvariance, inverse| dvariance * inverse);
        [dx, Some(products), Some(sums), Some(dmean), Some(dvariance)]
    }
}

impl Proof<5> for BatchNormWith {
    const PROVES: &'static str = "batch_norm_with";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 5]) {
        let [x, channels, _] = draw_dims(draw);
        (BatchNormWith { epsilon: 0.25 }, [x, channels, channels, channels, channels])
    }

    fn domains(&self) -> [Domain; 5] {
        let (any, positive) = (Domain::Within(-2.0, 2.0), Domain::Within(0.25, 2.0));
        [any, any, any, any, positive]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 5]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 5]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight, bias, mean, variance]: [&Naive; 5]) -> Naive {
        Naive::from_fn(x.dims, |at| {
            let channel = &at[1..2];
            let normalized = (x.at(at) - mean.at(channel)) / (variance.at(channel) + self.epsilon).sqrt();
            normalized * weight.at(channel) + bias.at(channel)
        })
    }
}

register!(BatchNormWith);
