//! Activations as layers, for tuples and derived sequences; elsewhere call the tensor's method.

use tenon_tensor::shape::Shape;
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;

macro_rules! activations {
    ($($Activation:ident $method:ident),*) => {$(
        #[doc = concat!("[`Tensor::", stringify!($method), "`] as a layer, under PyTorch's name.")]
        ///
        /// # Shapes
        /// `S → S`
        #[derive(Clone, Copy, Debug, Default, tenon_derive::Module)]
        pub struct $Activation;

        impl Init for $Activation {
            fn init(_: &mut impl rand::Rng) -> Self {
                $Activation
            }
        }

        impl<S: Shape, B: Backend> Layer<Tensor<S, B>, B> for $Activation {
            type Output = Tensor<S, B>;

            fn forward(&self, x: Tensor<S, B>, _: &mut Context<B>) -> Tensor<S, B> {
                x.$method()
            }
        }
    )*};
}
activations!(ReLU relu, Sigmoid sigmoid, Tanh tanh);
