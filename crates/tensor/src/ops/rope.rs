//! Rotary positions: each pair of numbers turned by an angle that grows with its place.

use tenon_kernels::rotary::{self, Sizes, Turn};
use tenon_shape::typenum::U2;
use tenon_shape::{Dim, DivExact};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

pub use tenon_kernels::rotary::{Pairing, Rotary};

impl<N: Dim, H: Dim, T: Dim, D: DivExact<U2>, B: Backend> Tensor<(N, H, T, D), B> {
    /// Rotary positions: pair i of the vector at place t is turned by `φ = (start + t) · base^(−2i/D)`,
    /// `(a, b) ↦ (a cos φ − b sin φ, a sin φ + b cos φ)`.
    ///
    /// The product of a query and a key that are turned so depends on the distance of their places
    /// alone.
    ///
    /// # Shapes
    /// `x: (N, H, T, D) → (N, H, T, D)`, where D is even
    ///
    /// # Gradient
    /// `dx` is `dy` turned back. Keeps nothing.
    ///
    /// # Source
    /// Su et al. 2021, "RoFormer: enhanced Transformer with rotary position embedding", equation 34,
    /// which pairs neighbors; Llama and its relatives pair halves.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::ops::rope::{Pairing, Rotary};
    /// use tenon_tensor::prelude::*;
    /// let quarter = Rotary { start: 1, base: 1.0, pairing: Pairing::Halves };
    /// let x: Tensor<(U1, U1, U1, U2)> = Tensor::from_vec(Default::default(), vec![1.0, 0.0]);
    /// assert_eq!(x.rope(&quarter).to_vec(), [1f32.cos(), 1f32.sin()]);
    /// ```
    pub fn rope(&self, rotary: &Rotary) -> Self {
        let time_axis = self.value.dims().len() - 2;
        let rope = Rope { rotary: *rotary, turn: Turn::Forth, time_axis };
        Tensor { shape: self.shape, value: rope.on([self.value.clone()]) }
    }
}

/// The operation of [`Tensor::rope`], and its inverse.
#[derive(Clone, Copy, Debug)]
pub struct Rope {
    /// The angles.
    pub rotary: Rotary,
    /// Which way.
    pub turn: Turn,
    /// The axis of places. Axes between it and the last one, that of vectors, are those of one place.
    pub time_axis: usize,
}

impl Op<1> for Rope {
    const NAME: &'static str = "rope";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let dims = x.dims();
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let (time, size) = (dims[self.time_axis], dims[dims.len() - 1]);
        let sizes = Sizes { time, heads: dims[self.time_axis + 1..dims.len() - 1].iter().product(), size };
        Array::write(dims, |y| rotary::rotate(&self.rotary, self.turn, sizes, numbers, y))
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let turn = match self.turn {
            Turn::Forth => Turn::Back,
            Turn::Back => Turn::Forth,
        };
        [Some(Rope { turn, ..*self }.on([at.dy]))]
    }

    fn flops(&self, _: &[Dims; 1], output: Dims) -> u64 {
        // Two products and a sum for each element.
        3 * output.numel() as u64
    }
}

impl Proof<1> for Rope {
    const PROVES: &'static str = "rope";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let rank = draw.between(2, 4);
        let dims = draw.dims(rank);
        let rotary = Rotary {
            base: draw.one_of(&[10.0, 10_000.0]),
            pairing: draw.one_of(&[Pairing::Halves, Pairing::Neighbors]),
            start: draw.below(9),
        };
        let time_axis = draw.below(rank - 1);
        let rope = Rope { rotary, turn: draw.one_of(&[Turn::Forth, Turn::Back]), time_axis };
        (rope, [dims.with(rank - 1, 2 * dims[rank - 1])])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let rank = x.dims.len();
        let size = x.dims[rank - 1];
        Naive::from_fn(x.dims, |at| {
            let place = at[rank - 1];
            let (pair, partner, is_first) = match self.rotary.pairing {
                Pairing::Halves => (place % (size / 2), (place + size / 2) % size, place < size / 2),
                Pairing::Neighbors => (place / 2, place ^ 1, place % 2 == 0),
            };
            let time = (self.rotary.start + at[self.time_axis]) as f64;
            let angle = time / self.rotary.base.powf(2.0 * pair as f64 / size as f64);
            let angle = if self.turn == Turn::Forth { angle } else { -angle };
            let mut other = at.to_vec();
            other[rank - 1] = partner;
            let sine = if is_first { -angle.sin() } else { angle.sin() };
            x.at(at) * angle.cos() + x.at(&other) * sine
        })
    }
}

register!(Rope);
