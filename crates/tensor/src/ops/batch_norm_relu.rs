//! Normalization of channels over a batch, rectified in the same pass.

use tenon_shape::{Axis, Channels, SameShape, StaticDim};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::batch_norm::{
    BatchNorm, Moments, PROOF_EPSILON, cotangents, draw_dims, normalize, oracle_of, with_moments,
};
use super::relu::{Relu, StepTimes};

impl<S: Axis<1>, B: Backend> Tensor<S, B> {
    /// [`batch_norm`](Tensor::batch_norm), then [`relu`](Tensor::relu), in one pass over memory.
    ///
    /// # Shapes
    /// `x: (N, C, …), weight γ: (C,), bias β: (C,) → (N, C, …)`
    ///
    /// # Gradient
    /// That of the normalization, where `dy` counts only where the result is above 0. Keeps `x`, the
    /// statistics and the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U1)> = Tensor::from([[1.0], [3.0]]);
    /// let (y, _) = x.batch_norm_relu(&Tensor::ones(), &Tensor::<(U1,)>::zeros(), 0.0);
    /// assert_eq!(y.to_vec(), [0.0, 1.0]);
    /// ```
    pub fn batch_norm_relu<C: StaticDim>(
        &self,
        weight: &Tensor<(C,), B>,
        bias: &Tensor<(C,), B>,
        epsilon: f64,
    ) -> (Tensor<S, B>, Moments<C, B::Elem>)
    where
        S::Dim: Channels<C>,
    {
        let (args, moments) = self.normalization(weight, bias);
        (Tensor { shape: self.shape, value: BatchNormRelu { epsilon }.on(args) }, moments)
    }

    /// [`batch_norm`](Tensor::batch_norm), plus a residual, then [`relu`](Tensor::relu), in one pass
    /// over memory: what ends a residual block.
    ///
    /// # Shapes
    /// `x: (N, C, …), weight γ: (C,), bias β: (C,), residual: (N, C, …) → (N, C, …)`
    pub fn batch_norm_add_relu<C: StaticDim, R: tenon_shape::Shape>(
        &self,
        weight: &Tensor<(C,), B>,
        bias: &Tensor<(C,), B>,
        residual: Tensor<R, B>,
        epsilon: f64,
    ) -> (Tensor<S, B>, Moments<C, B::Elem>)
    where
        S: SameShape<R>,
        S::Dim: Channels<C>,
    {
        self.shape.check_same(&residual.shape, "batch_norm_add_relu");
        let ([x, weight, bias, mean, variance], moments) = self.normalization(weight, bias);
        let args = [x, weight, bias, mean, variance, residual.value];
        (Tensor { shape: self.shape, value: BatchNormAddRelu { epsilon }.on(args) }, moments)
    }
}

/// The operation of [`Tensor::batch_norm_relu`], on what [`BatchNorm`] takes.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormRelu {
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Fused<5> for BatchNormRelu {
    const NAME: &'static str = "batch_norm_relu";
    const READS: Reads<5> = Reads { args: [true, true, false, true, true], output: true };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, args: [Value<B>; 5]) -> Value<B> {
        Relu.on([Fused::definition(&BatchNorm { epsilon: self.epsilon }, args)])
    }

    fn forward<E: Element>(&self, args: [Array<E>; 5]) -> (Array<E>, ()) {
        (normalize(args, self.epsilon, None, true), ())
    }

    fn flops(&self, args: &[Dims; 5], _: Dims) -> u64 {
        // Difference, product, sum and comparison for each element, given the statistics.
        4 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 5>, (): &()) -> [Option<Array<E>>; 5] {
        let y = at.output().contiguous();
        cotangents(&at, at.dy.clone(), Some(&y), self.epsilon)
    }
}

/// The operation of [`Tensor::batch_norm_add_relu`], on what [`BatchNorm`] takes, and a residual.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormAddRelu {
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Fused<6> for BatchNormAddRelu {
    const NAME: &'static str = "batch_norm_add_relu";
    const READS: Reads<6> = Reads { args: [true, true, false, true, true, false], output: true };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x, weight, bias, mean, variance, residual]: [Value<B>; 6]) -> Value<B> {
        let normalized = Fused::definition(
            &BatchNorm { epsilon: self.epsilon },
            [x, weight, bias, mean, variance],
        );
        Relu.on([normalized + residual])
    }

    fn forward<E: Element>(&self, args: [Array<E>; 6]) -> (Array<E>, ()) {
        let [x, weight, bias, mean, variance, residual] = args;
        let residual = residual.contiguous();
        (normalize([x, weight, bias, mean, variance], self.epsilon, Some(&residual), true), ())
    }

    fn flops(&self, args: &[Dims; 6], _: Dims) -> u64 {
        // As above, and another sum.
        5 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 6>, (): &()) -> [Option<Array<E>>; 6] {
        // The residual needs this array of its own anyway, so it is made first and read from then on.
        let dy = StepTimes.forward([at.output(), at.dy.clone()]).contiguous();
        let mut cotangents = cotangents(&at, dy.clone(), None, self.epsilon);
        cotangents[5] = at.wrt(5, |_| dy);
        cotangents
    }
}

impl Proof<3> for BatchNormRelu {
    const PROVES: &'static str = "batch_norm_relu";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        (BatchNormRelu { epsilon: PROOF_EPSILON }, draw_dims(draw))
    }

    fn domains(&self) -> [Domain; 3] {
        // The bias outweighs what is normalized, which keeps each channel away from the kink.
        let bias = Domain::AwayFromZero { gap: 2.0, bound: 3.0 };
        [Domain::Within(-2.0, 2.0), Domain::Within(-0.5, 0.5), bias]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        self.on(with_moments(args))
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, with_moments(args)))
    }

    fn oracle(&self, args: [&Naive; 3]) -> Naive {
        oracle_of(args, self.epsilon).map(|y| y.max(0.0))
    }
}

impl Proof<4> for BatchNormAddRelu {
    const PROVES: &'static str = "batch_norm_add_relu";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 4]) {
        let [x, weight, bias] = draw_dims(draw);
        (BatchNormAddRelu { epsilon: PROOF_EPSILON }, [x, weight, bias, x])
    }

    fn domains(&self) -> [Domain; 4] {
        // The residual outweighs the rest, which keeps every element away from the kink, on either
        // side of it.
        let residual = Domain::AwayFromZero { gap: 2.0, bound: 3.0 };
        [Domain::Within(-2.0, 2.0), Domain::Within(-0.5, 0.5), Domain::Within(-0.1, 0.1), residual]
    }

    fn run<B: Backend>(&self, [x, weight, bias, residual]: [Value<B>; 4]) -> Value<B> {
        let [x, weight, bias, mean, variance] = with_moments([x, weight, bias]);
        self.on([x, weight, bias, mean, variance, residual])
    }

    fn definition<B: Backend>(&self, [x, weight, bias, residual]: [Value<B>; 4]) -> Option<Value<B>> {
        let [x, weight, bias, mean, variance] = with_moments([x, weight, bias]);
        Some(Fused::definition(self, [x, weight, bias, mean, variance, residual]))
    }

    fn oracle(&self, [x, weight, bias, residual]: [&Naive; 4]) -> Naive {
        oracle_of([x, weight, bias], self.epsilon).zip(residual, |y, r| (y + r).max(0.0))
    }
}

register!(BatchNormRelu, BatchNormAddRelu);
