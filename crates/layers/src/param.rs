//! Parameters.

use tenon_autodiff::LeafId;
use tenon_tensor::Tensor;
use tenon_tensor::shape::Shape;

/// A tensor that is learned, with an identity under which its gradient is found.
///
/// A layer asks the [`Context`](crate::Context) for it: `ctx.param(&self.weight)` is a variable
/// while training and a constant otherwise.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let param = Param::new(Tensor::<(U2,)>::from([1.0, 2.0]));
/// assert_eq!(param.value().to_vec(), [1.0, 2.0]);
/// ```
#[derive(Debug)]
pub struct Param<S: Shape> {
    id: LeafId,
    value: Tensor<S>,
}

impl<S: Shape> Param<S> {
    /// A parameter that starts at `value`.
    pub fn new(value: Tensor<S>) -> Self {
        Param { id: LeafId::unique(), value }
    }

    /// The identity under which [`Gradients`](tenon_autodiff::Gradients) hold its gradient.
    pub fn id(&self) -> LeafId {
        self.id
    }

    /// The value.
    pub fn value(&self) -> &Tensor<S> {
        &self.value
    }

    /// The value, for writing.
    pub fn value_mut(&mut self) -> &mut Tensor<S> {
        &mut self.value
    }

    /// The gradient with respect to this parameter, if the loss depends on it.
    ///
    /// # Example
    /// ```
    /// use tenon_layers::prelude::*;
    /// let param = Param::new(Tensor::<(U2,)>::from([1.0, 2.0]));
    /// let mut ctx = Context::<Autodiff<Cpu>>::train(0, 0);
    /// let loss = ctx.param(&param).square().sum_all();
    /// let gradients = loss.backward();
    /// assert_eq!(param.gradient(&gradients).unwrap().to_vec(), [2.0, 4.0]);
    /// ```
    pub fn gradient<B: tenon_tensor::Backend>(
        &self,
        gradients: &tenon_autodiff::Gradients<B>,
    ) -> Option<Tensor<S, B>> {
        let gradient = gradients.value(self.id)?;
        Some(Tensor::from_value(self.value.shape(), gradient.clone()))
    }
}

impl<S: Shape> Clone for Param<S> {
    /// A parameter of the same value with an identity of its own.
    fn clone(&self) -> Self {
        Param::new(self.value.clone())
    }
}
