//! The largest element under a moving window.

use tenon_kernels::{index, pool2d as kernel};
use tenon_shape::typenum::Unsigned;
use tenon_shape::{Image, WindowOut, WindowSize};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Indices, Op, Query, Reads, Tensor, Value, Vjp};

use super::avg_pool2d::PoolWindow;
use super::conv2d::Window;
use super::gather::Gather;

/// The shape of a pooling's result.
pub type PoolShape<X, K, S, P> =
    (<X as Image>::B, <X as Image>::C, WindowSize<<X as Image>::H, K, S, P>, WindowSize<<X as Image>::W, K, S, P>);

impl<X: Image, B: Backend> Tensor<X, B> {
    /// The largest element under a `K × K` window: `yₙ꜀ᵢⱼ = maxₖₗ xₙ꜀,ᵢₛ₊ₖ,ⱼₛ₊ₗ`. Padding never wins.
    ///
    /// # Shapes
    /// `x: (N, C, H, W) → (N, C, H', W')` with `H' = ⌊(H + 2P − K) / S⌋ + 1`
    ///
    /// # Gradient
    /// `dy` goes to the largest element of each window; to the first of equals, in row-major
    /// order. Keeps one index per window.
    ///
    /// # Panics
    /// When a run-time image is smaller than the window, or the padding is more than half of it.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Window};
    /// let x: Tensor<(U1, U1, U2, U2)> = Tensor::from([[[[1.0, 7.0], [3.0, 4.0]]]]);
    /// let y: Tensor<(U1, U1, U1, U1)> = x.max_pool2d::<U2, _, _>(Window::<U2>::new());
    /// assert_eq!(y.to_vec(), [7.0]);
    /// ```
    pub fn max_pool2d<K: Unsigned, S: Unsigned, P: Unsigned>(
        &self,
        window: Window<S, P>,
    ) -> Tensor<PoolShape<X, K, S, P>, B>
    where
        X::H: WindowOut<K, S, P>,
        X::W: WindowOut<K, S, P>,
    {
        let (n, c, h, w) = self.shape.bchw();
        let window = PoolWindow { kernel: K::USIZE, stride: window.geometry(1).stride, padding: P::USIZE };
        Tensor { shape: (n, c, h.window_out(), w.window_out()), value: MaxPool2d { window }.on([self.value.clone()]) }
    }
}

/// The operation of [`Tensor::max_pool2d`].
#[derive(Clone, Copy, Debug)]
pub struct MaxPool2d {
    /// The window.
    pub window: PoolWindow,
}

impl Fused<1> for MaxPool2d {
    const NAME: &'static str = "max_pool2d";
    const READS: Reads<1> = Reads::NOTHING;
    type Kept<E: Element> = Indices;

    /// A [`Gather`] at the places that [`MaxPlaces`] finds.
    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let dims = self.window.output_dims(x.dims());
        let indices = MaxPlaces { window: self.window }.on([&x]);
        Gather { planes: dims[0] * dims[1], indices, dims }.on([x])
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, Indices) {
        let (sizes, dims) = (self.window.sizes(x.dims()), self.window.output_dims(x.dims()));
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let mut largest = Array::write(dims, |_| ());
        let indices = Indices::write(dims.numel(), |indices| {
            kernel::max_pool_with_indices(&sizes, numbers, largest.make_mut(), indices);
        });
        (largest, indices)
    }

    fn evaluate<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let sizes = self.window.sizes(x.dims());
        let dims = self.window.output_dims(x.dims());
        let x = x.contiguous();
        Array::write(dims, |out| kernel::max_pool(&sizes, x.as_slice().expect("contiguous"), out))
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, indices: &Indices) -> [Option<Array<E>>; 1] {
        let dims = at.dims(0);
        let dy = at.dy.clone().contiguous();
        let dy = dy.as_slice().expect("contiguous");
        [Some(Array::write(dims, |dx| index::scatter_add(dims[0] * dims[1], dy, indices, dx)))]
    }

    fn flops(&self, [x]: &[Dims; 1], _: Dims) -> u64 {
        x.numel() as u64
    }
}

/// The position in its plane of the largest element of each window.
#[derive(Clone, Copy, Debug)]
pub struct MaxPlaces {
    /// The window.
    pub window: PoolWindow,
}

impl Query<1> for MaxPlaces {
    const NAME: &'static str = "max_pool2d";
    type Output<E: Element> = Indices;

    fn forward<E: Element>(&self, args: [Array<E>; 1]) -> Indices {
        Fused::forward(&MaxPool2d { window: self.window }, args).1
    }
}

impl Proof<1> for MaxPool2d {
    const PROVES: &'static str = "max_pool2d";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (window, dims) = PoolWindow::draw(draw);
        (MaxPool2d { window }, [dims])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Distinct]
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        self.on([x])
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut max = Naive::zeros(self.window.output_dims(x.dims)).map(|_| f64::NEG_INFINITY);
        self.window.for_each_element(x.dims, |from, to| {
            let max = max.at_mut(to);
            *max = max.max(x.at(from));
        });
        max
    }
}

register!(MaxPool2d);
