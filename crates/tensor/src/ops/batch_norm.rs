//! Normalization of channels over a batch.

use tenon_kernels::batch_norm::{self as kernel, Backward, Normalization, Sizes};
use tenon_shape::{Axis, Channels, StaticDim};

use crate::proof::{Domain, Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Cpu, Dims, Element, Fused, Op, Query, Reads, Tensor, Value, Vjp};

use super::shift::Shift;
use super::sqrt::Sqrt;
use super::square::Square;
use super::sum::Sum;

impl<S: Axis<1>, B: Backend> Tensor<S, B> {
    /// Batch normalization of axis 1, the channels: `y = (x − μ) / √(σ² + ε) · γ + β`, where `μ` and
    /// `σ²` are the mean and the variance of the channel over all other axes.
    ///
    /// Also gives these statistics, the variance divided by the number of elements; they are not
    /// tracked.
    ///
    /// # Shapes
    /// `x: (N, C, …), weight γ: (C,), bias β: (C,) → (N, C, …)`
    ///
    /// # Gradient
    /// With `x̂` the normalized input and means over the channel:
    /// `dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy x̂))`, `dγ = Σ dy x̂`, `dβ = Σ dy`.
    /// Keeps `x` and the statistics.
    ///
    /// # Source
    /// Ioffe and Szegedy 2015, "Batch normalization", algorithm 1; PyTorch's `batch_norm`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U1)> = Tensor::from([[1.0], [3.0]]);
    /// let (y, moments) = x.batch_norm(&Tensor::ones(), &Tensor::<(U1,)>::zeros(), 0.0);
    /// assert_eq!(y.to_vec(), [-1.0, 1.0]);
    /// assert_eq!((moments.mean.to_vec(), moments.variance.to_vec()), (vec![2.0], vec![1.0]));
    /// ```
    pub fn batch_norm<C: StaticDim>(
        &self,
        weight: &Tensor<(C,), B>,
        bias: &Tensor<(C,), B>,
        epsilon: f64,
    ) -> (Tensor<S, B>, Moments<C, B::Elem>)
    where
        S::Dim: Channels<C>,
    {
        let (args, moments) = self.normalization(weight, bias);
        (Tensor { shape: self.shape, value: BatchNorm { epsilon }.on(args) }, moments)
    }

    /// What the operations of this family take, and the statistics for the caller.
    pub(super) fn normalization<C: StaticDim>(
        &self,
        weight: &Tensor<(C,), B>,
        bias: &Tensor<(C,), B>,
    ) -> ([Value<B>; 5], Moments<C, B::Elem>)
    where
        S::Dim: Channels<C>,
    {
        self.shape.dim().check_channels(C::default());
        let args = with_moments([self.value.clone(), weight.value.clone(), bias.value.clone()]);
        let plain = |moment: &Value<B>| {
            Tensor { shape: (C::default(),), value: Value::constant(moment.array().clone()) }
        };
        let moments = Moments { mean: plain(&args[3]), variance: plain(&args[4]) };
        (args, moments)
    }
}

/// The statistics of each channel of a batch.
#[derive(Clone, Debug)]
pub struct Moments<C: StaticDim, E: Element> {
    /// The mean.
    pub mean: Tensor<(C,), Cpu<E>>,
    /// The mean square of the deviations from the mean.
    pub variance: Tensor<(C,), Cpu<E>>,
}

/// An input, a weight and a bias, together with the statistics of the input.
pub(super) fn with_moments<B: Backend>([x, weight, bias]: [Value<B>; 3]) -> [Value<B>; 5] {
    let [mean, variance] = ChannelMoments.on([&x]).map(Value::constant);
    [x, weight, bias, mean, variance]
}

/// The query of the statistics of each channel: mean and variance.
#[derive(Clone, Copy, Debug)]
pub struct ChannelMoments;

impl Query<1> for ChannelMoments {
    const NAME: &'static str = "channel_moments";
    type Output<E: Element> = [Array<E>; 2];

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> [Array<E>; 2] {
        let sizes = sizes(x.dims());
        let x = x.contiguous();
        let channels = Dims::new(&[sizes.channels]);
        let mut variance = Array::write(channels, |variance| variance.fill(E::ZERO));
        let mean = Array::write(channels, |mean| kernel::moments(&sizes, slice(&x), mean, variance.make_mut()));
        [mean, variance]
    }
}

/// The operation of [`Tensor::batch_norm`], on an input, a weight, a bias, and the statistics of the
/// input as [`ChannelMoments`] gives them.
///
/// The statistics are arguments so that they are computed once, for this operation and for whoever
/// keeps a running average of them. They follow from the input, so they have no cotangents of
/// their own.
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm {
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Fused<5> for BatchNorm {
    const NAME: &'static str = "batch_norm";
    const READS: Reads<5> = Reads { args: [true, true, false, true, true], output: false };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x, weight, bias, _, _]: [Value<B>; 5]) -> Value<B> {
        let [mean, variance] = moments(x.clone());
        let dims = x.dims();
        let scale = weight / Sqrt.on([Shift { offset: self.epsilon }.on([variance])]);
        (x - spread(mean, dims)) * spread(scale, dims) + spread(bias, dims)
    }

    fn forward<E: Element>(&self, args: [Array<E>; 5]) -> (Array<E>, ()) {
        (normalize(args, self.epsilon, None, false), ())
    }

    fn flops(&self, args: &[Dims; 5], _: Dims) -> u64 {
        // Difference, product and sum for each element, given the statistics.
        3 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 5>, (): &()) -> [Option<Array<E>>; 5] {
        cotangents(&at, at.dy.clone(), None, self.epsilon)
    }
}

/// The statistics in terms of other operations, so that they can be differentiated.
fn moments<B: Backend>(x: Value<B>) -> [Value<B>; 2] {
    let (dims, sizes) = (x.dims(), sizes(x.dims()));
    let mean_of = |x: Value<B>| {
        let x = x.reshaped(Dims::new(&[sizes.batch, sizes.channels, sizes.positions]));
        let sums = Sum { axis: 0 }.on([Sum { axis: 2 }.on([x])]);
        sums.scaled(1.0 / sizes.per_channel() as f64)
    };
    let mean = mean_of(x.clone());
    let variance = mean_of(Square.on([x - spread(mean.clone(), dims)]));
    [mean, variance]
}

/// A number of each channel, repeated to `dims`, whose axis 1 are the channels.
pub(super) fn spread<B: Backend>(per_channel: Value<B>, dims: Dims) -> Value<B> {
    let mut aligned = per_channel.dims();
    for axis in 2..dims.len() {
        aligned = aligned.inserted(axis - 1, 1);
    }
    per_channel.reshaped(aligned).expanded(dims)
}

pub(super) fn sizes(dims: Dims) -> Sizes {
    Sizes { batch: dims[0], channels: dims[1], positions: dims[2..].iter().product() }
}

pub(super) fn slice<E: Element>(array: &Array<E>) -> &[E] {
    array.as_slice().expect("contiguous")
}

/// `1/√(σ² + ε)` of each channel.
pub(super) fn inverse_deviation<E: Element>(variance: &Array<E>, epsilon: f64) -> Array<E> {
    variance.clone().map(move |variance| E::ONE / (variance + E::from_f64(epsilon)).sqrt())
}

/// The forward kernel of this family: the normalized input, plus a residual if there is one, then
/// rectified or not.
pub(super) fn normalize<E: Element>(
    args: [Array<E>; 5],
    epsilon: f64,
    residual: Option<&Array<E>>,
    rectify: bool,
) -> Array<E> {
    let [x, weight, shift, mean, variance] = args.map(Array::contiguous);
    let scale = inverse_deviation(&variance, epsilon).zip(&weight, |inverse, weight| inverse * weight);
    let by = Normalization { mean: slice(&mean), scale: slice(&scale), shift: slice(&shift) };
    let (sizes, residual) = (sizes(x.dims()), residual.map(slice));
    Array::write(x.dims(), |y| kernel::normalize(&sizes, slice(&x), by, residual, rectify, y))
}

/// The backward kernel of this family; `y` is the result if it was rectified, and then `dy` counts
/// only where that is above 0.
pub(super) fn cotangents<E: Element, const N: usize>(
    at: &Vjp<Array<E>, N>,
    dy: Array<E>,
    y: Option<&Array<E>>,
    epsilon: f64,
) -> [Option<Array<E>>; N] {
    let [x, weight, mean, variance] = [0, 1, 3, 4].map(|i| at.arg(i).contiguous());
    let (dy, y, sizes) = (dy.contiguous(), y.map(slice), sizes(x.dims()));
    let inverse = inverse_deviation(&variance, epsilon);
    let mut products = inverse.clone();
    let sums = Array::write(mean.dims(), |sums| {
        let products = products.make_mut();
        kernel::gradient_sums(&sizes, slice(&x), slice(&dy), y, slice(&mean), sums, products);
    });
    // Σ dy x̂, which is also the cotangent of the weight.
    let products = products.zip(&inverse, |product, inverse| product * inverse);

    let mut cotangents = [const { None }; N];
    cotangents[0] = at.wrt(0, |_| {
        let share = E::ONE / E::from_usize(sizes.per_channel());
        let scale = inverse.clone().zip(&weight, |inverse, weight| inverse * weight);
        let shift = sums.clone().zip(&scale, move |sum, scale| -sum * scale * share);
        let slope = products.clone().zip(&scale, move |product, scale| -product * scale * share);
        let slope = slope.zip(&inverse, |slope, inverse| slope * inverse);
        let by = Backward {
            mean: slice(&mean),
            scale: slice(&scale),
            slope: slice(&slope),
            shift: slice(&shift),
        };
        Array::write(x.dims(), |dx| kernel::input_gradient(&sizes, slice(&x), slice(&dy), y, by, dx))
    });
    cotangents[1] = at.wrt(1, |_| products.clone());
    cotangents[2] = at.wrt(2, |_| sums.clone());
    for (i, statistic) in [(3, &mean), (4, &variance)] {
        cotangents[i] = at.wrt(i, |_| Array::full(statistic.dims(), E::ZERO));
    }
    cotangents
}

/// Draws dims `(N, C, …)`, and those of a weight and a bias.
pub(super) fn draw_dims(draw: &mut Draw<'_>) -> [Dims; 3] {
    let rank = draw.between(2, 4);
    let x = draw.dims(rank);
    let channels = Dims::new(&[x[1]]);
    [x, channels, channels]
}

/// The normalization as its equation says, for oracles.
pub fn oracle_of([x, weight, bias]: [&Naive; 3], epsilon: f64) -> Naive {
    let n = sizes(x.dims).per_channel() as f64;
    let mut mean = Naive::zeros(weight.dims);
    for_each_index(x.dims, |at| *mean.at_mut(&at[1..2]) += x.at(at) / n);
    let mut variance = Naive::zeros(weight.dims);
    for_each_index(x.dims, |at| *variance.at_mut(&at[1..2]) += (x.at(at) - mean.at(&at[1..2])).powi(2) / n);
    Naive::from_fn(x.dims, |at| {
        let channel = &at[1..2];
        let normalized = (x.at(at) - mean.at(channel)) / (variance.at(channel) + epsilon).sqrt();
        normalized * weight.at(channel) + bias.at(channel)
    })
}

/// Of two examples that nearly agree, the normalization is as steep as ε allows: large enough here
/// for finite differences.
pub(super) const PROOF_EPSILON: f64 = 0.25;

impl Proof<3> for BatchNorm {
    const PROVES: &'static str = "batch_norm";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        (BatchNorm { epsilon: PROOF_EPSILON }, draw_dims(draw))
    }

    fn domains(&self) -> [Domain; 3] {
        [Domain::Within(-2.0, 2.0); 3]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        self.on(with_moments(args))
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, with_moments(args)))
    }

    fn oracle(&self, args: [&Naive; 3]) -> Naive {
        oracle_of(args, self.epsilon)
    }
}

register!(BatchNorm);
