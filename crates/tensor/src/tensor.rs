//! The typed tensor.

use std::fmt;

use tenon_kernels::Float;
use tenon_shape::{Shape, StaticShape};

use crate::array::Array;
use crate::backend::Backend;
use crate::cpu::Cpu;
use crate::dims::Dims;
use crate::error::ShapeError;
use crate::value::Value;

/// Numbers whose every axis is a type, under an interpretation `B`.
///
/// The same methods serve every backend: under [`Cpu`] they compute, under `Autodiff` they also
/// record how to differentiate. Methods on single elements (`exp`, `relu`) take the tensor by
/// value, so that the only handle to a buffer is reused in place; `clone` costs a reference count.
/// Everything else takes references.
///
/// Typed methods are total but for one thing: where sizes are [`Dyn`](tenon_shape::Dyn), they are
/// compared when the method runs, and a mismatch panics with the name of the operation and both
/// shapes, as slice indexing does.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let w: Tensor<(U3, U1)> = Tensor::from([[1.0], [0.0], [-1.0]]);
/// let y: Tensor<(U2, U1)> = x.matmul(&w);
/// assert_eq!(y.to_vec(), [-2.0, -2.0]);
/// ```
pub struct Tensor<S: Shape, B: Backend = Cpu<f32>> {
    pub(crate) shape: S,
    pub(crate) value: Value<B>,
}

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Puts a shape type around a value.
    ///
    /// # Panics
    /// When the dims of the value are not those of the shape.
    pub fn from_value(shape: S, value: Value<B>) -> Self {
        debug_assert_eq!(shape.dims().as_ref(), &*value.dims(), "a value must have the dims of its shape");
        Tensor { shape, value }
    }

    /// A constant of these numbers, in row-major order.
    ///
    /// # Panics
    /// When there are not as many numbers as the shape has elements.
    pub fn from_vec(shape: S, numbers: Vec<B::Elem>) -> Self {
        let dims = Dims::new(shape.dims().as_ref());
        Tensor { shape, value: Value::constant(Array::from_vec(dims, numbers)) }
    }

    /// A constant of the given shape whose elements `f` computes from their row-major position.
    pub fn from_fn(shape: S, f: impl FnMut(usize) -> B::Elem) -> Self {
        let n = shape.numel();
        Tensor::from_vec(shape, (0..n).map(f).collect())
    }

    /// A constant of the given shape, filled with one number.
    pub fn full(shape: S, number: f64) -> Self {
        let dims = Dims::new(shape.dims().as_ref());
        Tensor { shape, value: Value::constant(Array::full(dims, B::Elem::from_f64(number))) }
    }

    /// The shape: zero bytes but for the sizes known only at run time.
    pub fn shape(&self) -> S {
        self.shape
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> S::Dims {
        self.shape.dims()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.shape.numel()
    }

    /// The tensor without its shape type.
    pub fn value(&self) -> &Value<B> {
        &self.value
    }

    /// The tensor without its shape type.
    pub fn into_value(self) -> Value<B> {
        self.value
    }

    /// The numbers, with everything else forgotten.
    pub fn array(&self) -> &Array<B::Elem> {
        self.value.array()
    }

    /// The numbers in row-major order.
    pub fn to_vec(&self) -> Vec<B::Elem> {
        self.array().to_vec()
    }

    /// The same numbers on the plain backend, untracked: no gradient flows through the result.
    pub fn detach(&self) -> Tensor<S, Cpu<B::Elem>> {
        Tensor { shape: self.shape, value: Value::constant(self.array().clone()) }
    }

    /// The same numbers as a constant of another backend with the same elements.
    pub fn lift<C: Backend<Elem = B::Elem>>(&self) -> Tensor<S, C> {
        Tensor { shape: self.shape, value: Value::constant(self.array().clone()) }
    }

    /// The same numbers as a constant in other elements and under another backend.
    pub fn cast<C: Backend>(&self) -> Tensor<S, C> {
        let numbers = self.to_vec().into_iter().map(|x| C::Elem::from_f64(x.to_f64())).collect();
        Tensor::from_vec(self.shape, numbers)
    }

    /// The same tensor under another shape type with the same sizes: run-time sizes become static,
    /// static ones are forgotten, names are given or dropped. Check once, at the edge.
    ///
    /// # Errors
    /// When the sizes do not fit `T`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(Dyn, U3)> = Tensor::full((Dyn(2), U3::new()), 0.5);
    /// assert!(x.try_shape::<(U2, U3)>().is_ok());
    /// assert!(x.try_shape::<(U4, U3)>().is_err());
    /// ```
    pub fn try_shape<T: Shape>(&self) -> Result<Tensor<T, B>, ShapeError> {
        let dims = self.shape.dims();
        let shape = T::from_dims(dims.as_ref()).ok_or_else(|| ShapeError::of::<T>(dims.as_ref()))?;
        Ok(Tensor { shape, value: self.value.clone() })
    }
}

impl<S: Shape, E: crate::Element> Tensor<S, Cpu<E>> {
    /// The numbers for writing, in row-major order: this tensor's own when it is their only
    /// handle, else a copy.
    pub fn as_mut_slice(&mut self) -> &mut [E] {
        self.value.0.make_mut()
    }

    /// The array for writing.
    pub fn array_mut(&mut self) -> &mut Array<E> {
        &mut self.value.0
    }
}

impl<S: StaticShape, B: Backend> Tensor<S, B> {
    /// Zeros.
    pub fn zeros() -> Self {
        Tensor::full(S::default(), 0.0)
    }

    /// Ones.
    pub fn ones() -> Self {
        Tensor::full(S::default(), 1.0)
    }
}

impl<B: Backend> Tensor<(), B> {
    /// A single number.
    pub fn scalar(number: f64) -> Self {
        Tensor::full((), number)
    }

    /// The number.
    pub fn item(&self) -> B::Elem {
        self.array().item()
    }
}

impl<S: Shape, B: Backend> Clone for Tensor<S, B> {
    fn clone(&self) -> Self {
        Tensor { shape: self.shape, value: self.value.clone() }
    }
}

impl<S: Shape, B: Backend> fmt::Debug for Tensor<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor")?;
        self.array().fmt(f)
    }
}
