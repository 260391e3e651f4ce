//! Normalization of channels over the batch, with running statistics for later.

use rand::Rng;
use tenon_tensor::ops::batch_norm::{self as ops, Moments};
use tenon_tensor::prelude::{Dyn, U2, U3, U4};
use tenon_tensor::proof::Domain;
use tenon_tensor::shape::{Axis, Channels, SameShape, Shape, StaticDim, StaticShape};
use tenon_tensor::{Backend, Cpu, Tensor};

use crate::buffer::{Buffer, Counter};
use crate::context::{Context, Mode};
use crate::cost::{Cost, Operation, StaticCost, bytes, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;

/// PyTorch's default for what is added to a variance.
const EPSILON: f64 = 1e-5;
/// PyTorch's default for how much of a running statistic is replaced at a step.
const MOMENTUM: f64 = 0.1;

macro_rules! batch_norms {
    ($($(#[$doc:meta])* $BatchNorm:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, tenon_derive::Module)]
        pub struct $BatchNorm<C: StaticDim> {
            /// γ: the deviation that each channel is given; none after `without_affine`.
            pub weight: Option<Param<(C,)>>,
            /// β: the mean that each channel is given; none after `without_affine`.
            pub bias: Option<Param<(C,)>>,
            /// The running mean of each channel.
            pub running_mean: Buffer<(C,)>,
            /// The running variance of each channel, without bias.
            pub running_var: Buffer<(C,)>,
            /// How many batches the running statistics are of.
            pub num_batches_tracked: Counter,
            /// How much of a running statistic is replaced at a step.
            #[module(skip)]
            pub momentum: f64,
            /// What is added to a variance.
            #[module(skip)]
            pub epsilon: f64,
        }

        impl<C: StaticDim> Init for $BatchNorm<C> {
            fn init(_: &mut impl Rng) -> Self {
                let (weight, bias) = (init::constant(1.0), init::constant(0.0));
                $BatchNorm { weight: Some(weight), bias: Some(bias), ..$BatchNorm::without_affine() }
            }
        }

        impl<C: StaticDim> $BatchNorm<C> {
            /// How many numbers are learned, with weight and bias.
            pub const PARAMETERS: usize = 2 * C::N;

            /// A normalization that learns nothing: γ is 1 and β is 0.
            pub fn without_affine() -> Self {
                $BatchNorm {
                    weight: None,
                    bias: None,
                    running_mean: Buffer::new(Tensor::zeros()),
                    running_var: Buffer::new(Tensor::ones()),
                    num_batches_tracked: Counter::new(0),
                    momentum: MOMENTUM,
                    epsilon: EPSILON,
                }
            }

            /// The layer and ReLU after it; in training in one pass over memory.
            pub fn forward_relu<S: Axis<1>, B: Backend>(
                &self,
                x: Tensor<S, B>,
                ctx: &mut Context<B>,
            ) -> Tensor<S, B>
            where
                S::Dim: Channels<C>,
            {
                if ctx.mode() == Mode::Eval {
                    return self.by_running_statistics(&x, ctx).relu();
                }
                let (weight, bias) = self.affine(ctx);
                let (y, moments) = x.batch_norm_relu(&weight, &bias, self.epsilon);
                self.track(&moments, x.numel(), ctx);
                y
            }

            /// The layer, a residual added to it, and ReLU after that, as a residual block ends; in
            /// training in one pass over memory.
            pub fn forward_add_relu<S, R: Shape, B: Backend>(
                &self,
                x: Tensor<S, B>,
                residual: Tensor<R, B>,
                ctx: &mut Context<B>,
            ) -> Tensor<S, B>
            where
                S: Axis<1> + SameShape<R>,
                S::Dim: Channels<C>,
            {
                if ctx.mode() == Mode::Eval {
                    return (self.by_running_statistics(&x, ctx) + residual).relu();
                }
                let (weight, bias) = self.affine(ctx);
                let (y, moments) = x.batch_norm_add_relu(&weight, &bias, residual, self.epsilon);
                self.track(&moments, x.numel(), ctx);
                y
            }

            fn by_running_statistics<S: Axis<1>, B: Backend>(
                &self,
                x: &Tensor<S, B>,
                ctx: &mut Context<B>,
            ) -> Tensor<S, B>
            where
                S::Dim: Channels<C>,
            {
                let (weight, bias) = self.affine(ctx);
                let (mean, variance) = (ctx.buffer(&self.running_mean), ctx.buffer(&self.running_var));
                x.batch_norm_with(&mean, &variance, &weight, &bias, self.epsilon)
            }

            /// The weight and the bias in this computation.
            fn affine<B: Backend>(&self, ctx: &mut Context<B>) -> (Tensor<(C,), B>, Tensor<(C,), B>) {
                let mut param = |param: &Option<Param<(C,)>>, otherwise: f64| match param {
                    Some(param) => ctx.param(param),
                    None => Tensor::full((C::default(),), otherwise),
                };
                (param(&self.weight, 1.0), param(&self.bias, 0.0))
            }

            /// Reports running statistics that take in these of a batch of so many elements.
            fn track<B: Backend>(&self, moments: &Moments<C, B::Elem>, numel: usize, ctx: &mut Context<B>) {
                let n = numel as f64 / C::N as f64;
                // Of a single number there is no variance without bias.
                let unbiased = n / (n - 1.0).max(1.0);
                for (buffer, statistic) in [
                    (&self.running_mean, moments.mean.cast::<Cpu>()),
                    (&self.running_var, moments.variance.cast::<Cpu>() * unbiased),
                ] {
                    let before = ctx.buffer(buffer).cast::<Cpu>();
                    ctx.update(buffer, before * (1.0 - self.momentum) + statistic * self.momentum);
                }
                ctx.count(&self.num_batches_tracked);
            }
        }

        impl<S: Axis<1>, C: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for $BatchNorm<C>
        where
            S::Dim: Channels<C>,
        {
            type Output = Tensor<S, B>;

            fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Tensor<S, B> {
                if ctx.mode() == Mode::Eval {
                    return self.by_running_statistics(&x, ctx);
                }
                let (weight, bias) = self.affine(ctx);
                let (y, moments) = x.batch_norm(&weight, &bias, self.epsilon);
                self.track(&moments, x.numel(), ctx);
                y
            }
        }

        impl<S: Axis<1> + StaticShape, C: StaticDim> StaticCost<Tensor<S>> for $BatchNorm<C>
        where
            S::Dim: Channels<C>,
        {
            const COST: Cost = Self::cost::<S>(3, false);
        }

        impl<C: StaticDim> $BatchNorm<C> {
            /// The cost of [`forward_relu`](Self::forward_relu) on an input of shape `S`.
            pub const fn cost_with_relu<S: StaticShape>() -> Cost {
                Self::cost::<S>(4, true)
            }

            /// The cost of [`forward_add_relu`](Self::forward_add_relu) on an input of shape `S`.
            pub const fn cost_with_add_relu<S: StaticShape>() -> Cost {
                Self::cost::<S>(5, true)
            }

            /// With so many steps for each element; the input is kept, and the statistics.
            const fn cost<S: Shape>(steps: u64, reads_output: bool) -> Cost {
                Cost::of(Operation {
                    parameters: Self::PARAMETERS,
                    flops: steps * elements::<S>() as u64,
                    reads_input: true,
                    reads_output,
                    kept_bytes: 2 * bytes::<(C,)>(),
                    ..Operation::between::<S, S>()
                })
            }
        }
    )*};
}

batch_norms! {
    /// Batch normalization of vectors `(N, C)` or sequences `(N, C, L)`:
    /// `y = (x − μ) / √(σ² + ε) · γ + β` in each channel.
    ///
    /// Everything else is as with [`BatchNorm2d`].
    ///
    /// # Shapes
    /// `S → S`, where axis 1 has size `C`
    ///
    /// # Parameters
    /// - `weight: (C,)`, ones, and `bias: (C,)`, zeros
    ///
    /// # Source
    /// PyTorch's `nn.BatchNorm1d`.
    ///
    /// # Example
    /// ```
    /// use tenon_layers::prelude::*;
    /// let norm: BatchNorm1d<U3> = Init::init(&mut SeededRng::new(0));
    /// let y: Tensor<(U5, U3)> = norm.forward(Tensor::<(U5, U3)>::ones(), &mut Context::eval());
    /// ```
    BatchNorm1d;

    /// Batch normalization of images: `y = (x − μ) / √(σ² + ε) · γ + β` in each channel.
    ///
    /// In training, `μ` and `σ²` are those of the batch, and the layer reports running statistics
    /// to the context that take them in with a share of `momentum`, there with the variance without
    /// bias. Afterwards, `μ` and `σ²` are the running statistics.
    ///
    /// # Shapes
    /// `S → S`, where axis 1 has size `C`
    ///
    /// # Parameters
    /// - `weight: (C,)`, ones, and `bias: (C,)`, zeros; none after
    ///   [`without_affine`](BatchNorm2d::without_affine)
    ///
    /// # Source
    /// Ioffe and Szegedy 2015, "Batch normalization: accelerating deep network training by reducing
    /// internal covariate shift". Names, state dict and defaults (ε = 10⁻⁵, momentum 0.1) are those
    /// of PyTorch's `nn.BatchNorm2d`.
    ///
    /// # Differences
    /// A batch with a single number per channel is refused by PyTorch in training; here its result
    /// is `β`, and its variance counts as 0.
    ///
    /// # Example
    /// ```
    /// use tenon_layers::prelude::*;
    /// let mut norm: BatchNorm2d<U1> = Init::init(&mut SeededRng::new(0));
    /// let mut ctx = Context::<Cpu>::eval().with_mode(Mode::Train);
    /// let x: Tensor<(U1, U1, U1, U2)> = Tensor::from([[[[1.0, 3.0]]]]);
    /// let y = norm.forward(x, &mut ctx).to_vec();
    /// assert!((y[0] + 1.0).abs() < 1e-5 && (y[1] - 1.0).abs() < 1e-5);
    ///
    /// // The step is applied: a tenth of the way from 0 to the mean.
    /// ctx.take_updates().commit(&mut norm);
    /// assert!((norm.running_mean.value().to_vec()[0] - 0.2).abs() < 1e-6);
    /// ```
    BatchNorm2d;
}

crate::prove_layer! {
    BatchNorm1dProof "BatchNorm1d": [BatchNorm1d<U3>] on |n| (Dyn(n), U3::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias]| ops::oracle_of([x, weight, bias], EPSILON)

    BatchNorm2dProof "BatchNorm2d": [BatchNorm2d<U3>] on |n| (Dyn(n), U3::new(), U4::new(), U2::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias]| ops::oracle_of([x, weight, bias], EPSILON)
}
