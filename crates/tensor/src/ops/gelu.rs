//! Gaussian error linear unit: `y = x · Φ(x)`, exactly and by a hyperbolic tangent.

use tenon_kernels::soft_step::{self, SoftStep};
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::erf::{Erf, naive_erf};
use super::shift::Shift;
use super::tanh::Tanh;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Gaussian error linear unit: `y = x · Φ(x) = ½ x (1 + erf(x/√2))`, elementwise.
    ///
    /// In `f32` the result is within `5 ε |x|` of the equation: far below zero, where `1 + erf`
    /// cancels, that is an absolute error and no relative one.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · (Φ(x) + x φ(x))`, where `φ(x) = e^(−x²/2)/√(2π)`. Keeps `x`.
    ///
    /// # Source
    /// Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2; PyTorch's default.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, 10.0]);
    /// assert_eq!(x.gelu().to_vec(), [0.0, 10.0]);
    /// ```
    pub fn gelu(self) -> Self {
        Tensor { shape: self.shape, value: Gelu::Exact.on([self.value]) }
    }

    /// [`gelu`](Tensor::gelu) by the approximation
    /// `y = ½ x (1 + tanh u)`, `u = √(2/π) (x + 0.044715 x³)`, which is within 5·10⁻⁴ of it: what
    /// GPT-2 was trained with, and PyTorch's `approximate="tanh"`.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · ½ (1 + t + x (1 − t²) du/dx)` with `t = tanh u`. Keeps `x`.
    pub fn gelu_tanh(self) -> Self {
        Tensor { shape: self.shape, value: Gelu::Tanh.on([self.value]) }
    }
}

/// The operations of [`Tensor::gelu`] and [`Tensor::gelu_tanh`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gelu {
    /// By the error function.
    #[default]
    Exact,
    /// By a hyperbolic tangent.
    Tanh,
}

/// √(2/π).
const SCALE: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;

impl Gelu {
    fn step(self) -> SoftStep {
        match self {
            Gelu::Exact => SoftStep::Normal,
            Gelu::Tanh => SoftStep::NormalByTanh,
        }
    }
}

impl Fused<1> for Gelu {
    const NAME: &'static str = "gelu";
    const READS: Reads<1> = Reads::ARGS;
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let turn = match self {
            Gelu::Exact => Erf.on([x.clone().scaled(std::f64::consts::FRAC_1_SQRT_2)]),
            Gelu::Tanh => {
                let cube = x.clone() * x.clone() * x.clone();
                Tanh.on([(x.clone() + cube.scaled(0.044715)).scaled(SCALE)])
            }
        };
        x * Shift { offset: 1.0 }.on([turn]).scaled(0.5)
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, ()) {
        (times_step(self.step(), x), ())
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, (): &()) -> [Option<Array<E>>; 1] {
        [Some(times_step_backward(self.step(), at))]
    }

    fn flops(&self, _: &[Dims; 1], output: Dims) -> u64 {
        // The step of each element, and a product with it.
        4 * output.numel() as u64
    }
}

/// `x` times a soft step of it.
pub(super) fn times_step<E: Element>(step: SoftStep, x: Array<E>) -> Array<E> {
    let x = x.contiguous();
    let numbers = x.as_slice().expect("contiguous");
    Array::write(x.dims(), |y| soft_step::times_step(step, numbers, y))
}

/// The derivative of [`times_step`] of argument 0.
pub(super) fn times_step_backward<E: Element>(step: SoftStep, at: Vjp<Array<E>, 1>) -> Array<E> {
    let (x, dy) = (at.arg(0).contiguous(), at.dy.contiguous());
    let (x, dy) = (x.as_slice().expect("contiguous"), dy.as_slice().expect("contiguous"));
    Array::write(at.dims[0], |dx| soft_step::times_step_backward(step, x, dy, dx))
}

impl Proof<1> for Gelu {
    const PROVES: &'static str = "gelu";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (draw.one_of(&[Gelu::Exact, Gelu::Tanh]), [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| match self {
            Gelu::Exact => 0.5 * x * (1.0 + naive_erf(x / 2f64.sqrt())),
            Gelu::Tanh => {
                let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                0.5 * x * (1.0 + u.tanh())
            }
        })
    }
}

register!(Gelu);
