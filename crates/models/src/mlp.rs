//! A multilayer perceptron for digits.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::{Cost, StaticCost};

/// Two hidden layers of 512 units on the pixels as they are: what can be had without convolution.
///
/// # Shapes
/// `(N, 1, 28, 28) → (N, 10)`: scores of classes, before softmax
///
/// | layer | output | parameters |
/// | --- | --- | ---: |
/// | flatten | `(N, 784)` | |
/// | `fc1`, then ReLU | `(N, 512)` | 401 920 |
/// | `fc2`, then ReLU | `(N, 512)` | 262 656 |
/// | `fc3` | `(N, 10)` | 5 130 |
///
/// # Source
/// Sizes of the MNIST networks in Srivastava et al. 2014, "Dropout", to their order of magnitude;
/// each hidden layer is followed by dropout in training, as there, with probability ¼.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::Mlp;
/// let model = Mlp::init(&mut SeededRng::new(0));
/// assert_eq!(parameter_count(&model), Mlp::PARAMETERS);
/// let images: Tensor<(U2, U1, U28, U28)> = Tensor::zeros();
/// let scores: Tensor<(U2, U10)> = model.forward(images, &mut Context::eval());
/// ```
#[derive(Clone, Debug, Module)]
pub struct Mlp {
    /// From pixels to features.
    pub fc1: Linear<U784, U512>,
    /// From features to features.
    pub fc2: Linear<U512, U512>,
    /// One score per class.
    pub fc3: Linear<U512, U10>,
    /// After each hidden layer.
    pub dropout: Dropout,
}

impl Mlp {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = 669_706;
    /// The probability with which a hidden unit is dropped in training.
    pub const DROPOUT: f64 = 0.25;
}

impl Init for Mlp {
    fn init(rng: &mut impl Rng) -> Self {
        Mlp {
            fc1: Init::init(rng),
            fc2: Init::init(rng),
            fc3: Init::init(rng),
            dropout: Dropout::new(Self::DROPOUT),
        }
    }
}

impl<N: Dim, B: Backend> Layer<Tensor<(N, U1, U28, U28), B>, B> for Mlp {
    type Output = Tensor<(N, U10), B>;

    fn forward(&self, x: Tensor<(N, U1, U28, U28), B>, ctx: &mut Context<B>) -> Self::Output {
        let x = self.fc1.forward(x.flatten(), ctx).relu();
        let x = self.dropout.forward(x, ctx);
        let x = self.fc2.forward(x, ctx).relu();
        let x = self.dropout.forward(x, ctx);
        self.fc3.forward(x, ctx)
    }
}

impl<N: StaticDim> StaticCost<Tensor<(N, U1, U28, U28)>> for Mlp {
    const COST: Cost = Cost::on::<
        Tensor<(N, U1, U28, U28)>,
        (
            Flatten,
            (Linear<U784, U512>, ReLU, Dropout),
            (Linear<U512, U512>, ReLU, Dropout),
            Linear<U512, U10>,
        ),
    >();
}
