//! The affine map of a linear layer, in one pass.

use tenon_kernels::gemm::{self, Activation, Bias, Epilogue, MatMut};
use tenon_shape::{InFeatures, Last, StaticDim};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::matmul::MatMul;

impl<S: Last, B: Backend> Tensor<S, B> {
    /// The affine map of the last axis: `y = x · wᵀ + b`.
    ///
    /// The weight has PyTorch's layout: one row per output.
    ///
    /// # Shapes
    /// `x: (…, In), weight: (Out, In), bias: (Out,) → (…, Out)`
    ///
    /// # Gradient
    /// `dx = dy · w`, `dw = dyᵀ · x`, `db = Σ dy` over all rows. Keeps `x` and `w`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1.0, 2.0]]);
    /// let weight: Tensor<(U1, U2)> = Tensor::from([[3.0, 4.0]]);
    /// let bias: Tensor<(U1,)> = Tensor::from([0.5]);
    /// assert_eq!(x.linear(&weight, &bias).to_vec(), [11.5]);
    /// ```
    pub fn linear<In: StaticDim, Out: StaticDim>(
        &self,
        weight: &Tensor<(Out, In), B>,
        bias: &Tensor<(Out,), B>,
    ) -> Tensor<S::WithLast<Out>, B>
    where
        S::Last: InFeatures<In>,
    {
        let value = Linear.on([self.value.clone(), weight.value.clone(), bias.value.clone()]);
        Tensor { shape: self.shape.with_last(Out::default()), value }
    }

    /// The linear map of the last axis without a bias: `y = x · wᵀ`.
    pub fn linear_without_bias<In: StaticDim, Out: StaticDim>(
        &self,
        weight: &Tensor<(Out, In), B>,
    ) -> Tensor<S::WithLast<Out>, B>
    where
        S::Last: InFeatures<In>,
    {
        let dims = self.value.dims();
        let rows = self.value.clone().reshaped(row_dims(dims));
        let value = MatMul.on([rows, weight.value.clone().transposed()]);
        let dims = dims.with(dims.len() - 1, Out::N);
        Tensor { shape: self.shape.with_last(Out::default()), value: value.reshaped(dims) }
    }
}

/// The operation of [`Tensor::linear`], on `x`, `weight` and `bias`.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

/// The dims of an array seen as a matrix: all axes but the last joined.
fn row_dims(dims: Dims) -> Dims {
    let last = dims[dims.len() - 1];
    Dims::new(&[dims[..dims.len() - 1].iter().product(), last])
}

impl Fused<3> for Linear {
    const NAME: &'static str = "linear";
    const READS: Reads<3> = Reads { args: [true, true, false], output: false };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x, weight, bias]: [Value<B>; 3]) -> Value<B> {
        let dims = x.dims();
        let rows = row_dims(dims);
        let dims = dims.with(dims.len() - 1, weight.dims()[0]);
        let product = MatMul.on([x.reshaped(rows), weight.transposed()]);
        product.reshaped(dims) + bias.expanded(dims)
    }

    fn forward<E: Element>(&self, [x, weight, bias]: [Array<E>; 3]) -> (Array<E>, ()) {
        let dims = x.dims();
        let dims = dims.with(dims.len() - 1, weight.dims()[0]);
        let rows = row_dims(x.dims());
        let x = x.reshaped(rows);
        let bias = bias.contiguous();
        let bias = bias.as_slice().expect("contiguous");
        let weight = weight.permuted(&[1, 0]);
        let product = Array::write(dims, |out| {
            let (x, weight) = (x.matrix(), weight.matrix());
            let out = MatMut::row_major(out, rows[0], dims[dims.len() - 1]);
            let epilogue = Epilogue { bias: Bias::PerColumn(bias), activation: Activation::Identity };
            gemm::gemm(E::ONE, x, weight, E::ZERO, out, epilogue);
        });
        (product, ())
    }

    fn flops(&self, args: &[Dims; 3], output: Dims) -> u64 {
        let depth = args[1].last().copied().unwrap_or(1);
        (output.numel() * (2 * depth + 1)) as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 3>, (): &()) -> [Option<Array<E>>; 3] {
        let dy = at.dy.clone().reshaped(row_dims(at.dy.dims())).contiguous();
        let x = at.wrt(0, |at| MatMul.forward([dy.clone(), at.arg(1)]).reshaped(at.dims(0)));
        let weight = at.wrt(1, |at| {
            let rows = at.arg(0).reshaped(row_dims(at.dims(0)));
            let transposed = |x: &Array<E>| x.permuted(&[1, 0]);
            // Laid out as the weight is, so that it need not be turned to meet it.
            if at.arg(1).strides()[0] == 1 {
                transposed(&MatMul.forward([transposed(&rows), dy.clone()]))
            } else {
                MatMul.forward([transposed(&dy), rows])
            }
        });
        let bias = at.wrt(2, |_| super::sum::sum_axis(dy.clone(), 0));
        [x, weight, bias]
    }
}

impl Proof<3> for Linear {
    const PROVES: &'static str = "linear";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        let rank = draw.between(1, 3);
        let x = draw.dims(rank);
        let out = draw.size();
        (Linear, [x, Dims::new(&[out, x[rank - 1]]), Dims::new(&[out])])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        Linear.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight, bias]: [&Naive; 3]) -> Naive {
        let last = x.dims.len() - 1;
        Naive::from_fn(x.dims.with(last, weight.dims[0]), |index| {
            let mut source = index.to_vec();
            (0..x.dims[last]).fold(bias.at(&[index[last]]), |sum, k| {
                source[last] = k;
                sum + x.at(&source) * weight.at(&[index[last], k])
            })
        })
    }
}

register!(Linear);
