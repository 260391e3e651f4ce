//! Power with a fixed exponent: `y = xᵖ`.

use tenon_kernels::power;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Power with a fixed exponent: `y = xᵖ`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · p xᵖ⁻¹`. Keeps the argument. At 0 it is what `xᵖ⁻¹` is there: infinite for
    /// `p < 1`.
    ///
    /// # Domain
    /// A negative base has a power only for whole exponents; else the result is NaN.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([2.0, 3.0]);
    /// assert_eq!(x.powf(2.0).to_vec(), [4.0, 9.0]);
    /// ```
    pub fn powf(self, exponent: f64) -> Self {
        Tensor { shape: self.shape, value: Powf { exponent }.on([self.value]) }
    }
}

/// The operation of [`Tensor::powf`].
#[derive(Clone, Copy, Debug)]
pub struct Powf {
    /// The exponent `p`.
    pub exponent: f64,
}

impl Op<1> for Powf {
    const NAME: &'static str = "powf";
    const READS: Reads<1> = Reads::ARGS;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let exponent = E::from_f64(self.exponent);
        x.map_slices(|x, y| power::powf(x, exponent, y), |y| power::powf_mut(exponent, y))
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let slope = Powf { exponent: self.exponent - 1.0 }.on([at.arg(0)]).scaled(self.exponent);
        [Some(slope * at.dy)]
    }
}

impl Proof<1> for Powf {
    const PROVES: &'static str = "powf";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Powf { exponent: draw.one_of(&[-1.5, 0.5, 2.0, 3.0]) }, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(0.4, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x.powf(self.exponent))
    }
}

register!(Powf);
