//! Matrix products.

use tenon_kernels::gemm::{self, Epilogue};
use tenon_shape::{MatMul as MatMulShape, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The matrix product: `zᵢⱼ = Σₖ xᵢₖ yₖⱼ`, over leading batch axes.
    ///
    /// Transposed views are read where they lie.
    ///
    /// # Shapes
    /// `(M, K) · (K, N) → (M, N)`, `(B, M, K) · (K, N) → (B, M, N)`,
    /// `(B, M, K) · (B, K, N) → (B, M, N)`, `(B, H, M, K) · (B, H, K, N) → (B, H, M, N)`
    ///
    /// # Gradient
    /// `dx = dz · yᵀ`, `dy = xᵀ · dz`. Keeps both arguments.
    ///
    /// # Panics
    /// When run-time sizes that must agree do not.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1.0, 2.0]]);
    /// let y: Tensor<(U2, U2)> = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.matmul(&y).to_vec(), [7.0, 10.0]);
    /// ```
    pub fn matmul<R: Shape>(&self, other: &Tensor<R, B>) -> Tensor<S::Output, B>
    where
        S: MatMulShape<R>,
    {
        let shape = self.shape.matmul_shape(&other.shape);
        Tensor { shape, value: MatMul.on([self.value.clone(), other.value.clone()]) }
    }
}

/// The operation of [`Tensor::matmul`]. The second argument is a matrix, or has the leading axes
/// of the first.
#[derive(Clone, Copy, Debug)]
pub struct MatMul;

impl Op<2> for MatMul {
    const NAME: &'static str = "matmul";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [x, y]: [Array<E>; 2]) -> Array<E> {
        let rank = x.dims().len();
        let dims = x.dims().with(rank - 1, y.dims()[y.dims().len() - 1]);
        if y.dims().len() == 2 && rank > 2 {
            // One matrix for all: the leading axes are more rows.
            let product = MatMul.forward([rows(x), y]);
            return product.reshaped(dims);
        }
        Array::write(dims, |out| {
            let batch = &dims[..rank - 2];
            let (x_batch, y_batch) = (&x.strides()[..rank - 2], &y.strides()[..rank - 2]);
            let (x, y) = (x.matrix(), y.matrix());
            gemm::batched_gemm(batch, E::ONE, x, x_batch, y, y_batch, E::ZERO, out, Epilogue::default());
        })
    }

    fn flops(&self, args: &[Dims; 2], output: Dims) -> u64 {
        let depth = args[0].last().copied().unwrap_or(1);
        2 * (output.numel() * depth) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let dx = at.wrt(0, |at| MatMul.on([at.dy.clone(), at.arg(1).transposed()]));
        let dy = at.wrt(1, |at| {
            let (x, dz) = (at.arg(0), at.dy.clone());
            if at.dims(1).len() == x.dims().len() {
                return MatMul.on([x.transposed(), dz]);
            }
            let flat = |value: Value<B>| {
                let dims = row_dims(value.dims());
                value.reshaped(dims)
            };
            MatMul.on([flat(x).transposed(), flat(dz)])
        });
        [dx, dy]
    }
}

/// The dims of an array seen as a matrix: all axes but the last joined.
fn row_dims(dims: Dims) -> Dims {
    let last = dims[dims.len() - 1];
    Dims::new(&[dims[..dims.len() - 1].iter().product(), last])
}

fn rows<E: Element>(x: Array<E>) -> Array<E> {
    let dims = row_dims(x.dims());
    x.reshaped(dims)
}

impl Proof<2> for MatMul {
    const PROVES: &'static str = "matmul";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let inner = draw.dims(3);
        let (m, k, n) = (inner[0], inner[1], inner[2]);
        let (b, h) = (draw.size(), draw.between(1, 3));
        let dims = draw.one_of(&[
            [Dims::new(&[m, k]), Dims::new(&[k, n])],
            [Dims::new(&[b, m, k]), Dims::new(&[k, n])],
            [Dims::new(&[b, m, k]), Dims::new(&[b, k, n])],
            [Dims::new(&[b, h, m, k]), Dims::new(&[b, h, k, n])],
        ]);
        (MatMul, dims)
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        MatMul.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        let (rank, last) = (x.dims.len(), y.dims.len() - 1);
        Naive::from_fn(x.dims.with(rank - 1, y.dims[last]), |index| {
            let (mut left, mut right) = (index.to_vec(), index[rank - 1 - last..].to_vec());
            (0..x.dims[rank - 1]).fold(0.0, |sum, k| {
                left[rank - 1] = k;
                right[last - 1] = k;
                sum + x.at(&left) * y.at(&right)
            })
        })
    }
}

register!(MatMul);
