//! LeNet-5.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::{Cost, StaticCost};

/// The network that read the digits on cheques, as it is taught today.
///
/// # Shapes
/// `(N, 1, 28, 28) → (N, 10)`: scores of classes, before softmax
///
/// | layer | output | parameters |
/// | --- | --- | ---: |
/// | `conv1`: 5×5, padding 2, then ReLU | `(N, 6, 28, 28)` | 156 |
/// | maximum of 2×2 | `(N, 6, 14, 14)` | |
/// | `conv2`: 5×5, then ReLU | `(N, 16, 10, 10)` | 2 416 |
/// | maximum of 2×2 | `(N, 16, 5, 5)` | |
/// | flatten | `(N, 400)` | |
/// | `fc1`, then ReLU | `(N, 120)` | 48 120 |
/// | `fc2`, then ReLU | `(N, 84)` | 10 164 |
/// | `fc3` | `(N, 10)` | 850 |
///
/// # Source
/// LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
/// recognition", section II.B.
///
/// # Differences
/// The paper has a scaled tanh where this has ReLU, trained averages where this has maxima, a
/// `conv2` in which an output sees only some of the input channels, and radial basis functions as
/// its last layer; its images are 32×32, which is what the padding of 2 makes of 28×28.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::LeNet5;
/// let model = LeNet5::init(&mut SeededRng::new(0));
/// assert_eq!(parameter_count(&model), LeNet5::PARAMETERS);
/// let images: Tensor<(U2, U1, U28, U28)> = Tensor::zeros();
/// let scores: Tensor<(U2, U10)> = model.forward(images, &mut Context::eval());
/// ```
#[derive(Clone, Debug, Module)]
pub struct LeNet5 {
    /// Six features of the image.
    pub conv1: Conv2d<U1, U6, U5, U1, U2>,
    /// Sixteen features of those.
    pub conv2: Conv2d<U6, U16, U5>,
    /// All features of all places, combined.
    pub fc1: Linear<U400, U120>,
    /// And again.
    pub fc2: Linear<U120, U84>,
    /// One score per class.
    pub fc3: Linear<U84, U10>,
}

impl LeNet5 {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = 61_706;
}

impl Init for LeNet5 {
    fn init(rng: &mut impl Rng) -> Self {
        LeNet5 {
            conv1: Init::init(rng),
            conv2: Init::init(rng),
            fc1: Init::init(rng),
            fc2: Init::init(rng),
            fc3: Init::init(rng),
        }
    }
}

impl<N: Dim, B: Backend> Layer<Tensor<(N, U1, U28, U28), B>, B> for LeNet5 {
    type Output = Tensor<(N, U10), B>;

    fn forward(&self, x: Tensor<(N, U1, U28, U28), B>, ctx: &mut Context<B>) -> Self::Output {
        let halve = MaxPool2d::<U2>::default();
        let x = halve.forward(self.conv1.forward(x, ctx).relu(), ctx);
        let x = halve.forward(self.conv2.forward(x, ctx).relu(), ctx);
        let x = self.fc1.forward(x.flatten(), ctx).relu();
        let x = self.fc2.forward(x, ctx).relu();
        self.fc3.forward(x, ctx)
    }
}

impl<N: StaticDim> StaticCost<Tensor<(N, U1, U28, U28)>> for LeNet5 {
    const COST: Cost = Cost::on::<
        Tensor<(N, U1, U28, U28)>,
        (
            (Conv2d<U1, U6, U5, U1, U2>, ReLU, MaxPool2d<U2>),
            (Conv2d<U6, U16, U5>, ReLU, MaxPool2d<U2>),
            (Flatten, Linear<U400, U120>, ReLU),
            (Linear<U120, U84>, ReLU),
            Linear<U84, U10>,
        ),
    >();
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_layers::tensor::Array;
    use tenon_layers::{LeafId, Path};

    #[test]
    fn keys_are_those_of_pytorch() {
        let model = LeNet5::init(&mut SeededRng::new(0));
        let mut keys = Vec::new();
        model.visit(&mut Path::root(), &mut |path: &str, _: LeafId, value: &Array<f32>| {
            keys.push(format!("{path} {:?}", value.dims()));
        });
        let expected = [
            "conv1.weight [6, 1, 5, 5]",
            "conv1.bias [6]",
            "conv2.weight [16, 6, 5, 5]",
            "conv2.bias [16]",
            "fc1.weight [120, 400]",
            "fc1.bias [120]",
            "fc2.weight [84, 120]",
            "fc2.bias [84]",
            "fc3.weight [10, 84]",
            "fc3.bias [10]",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn an_image_is_scored_alike_alone_and_in_a_batch() {
        let model = LeNet5::init(&mut SeededRng::new(1));
        let images: Tensor<(U3, U1, U28, U28)> =
            Tensor::from_fn(Default::default(), |i| ((i * 37) % 101) as f32 / 101.0);
        let pixels = images.to_vec();
        let last: Tensor<(U1, U1, U28, U28)> =
            Tensor::from_vec(Default::default(), pixels[2 * 784..].to_vec());
        let together = model.forward(images, &mut Context::eval()).to_vec();
        let alone = model.forward(last, &mut Context::eval()).to_vec();
        for (together, alone) in together[20..].iter().zip(&alone) {
            // Kernels may add up in another order for another batch.
            assert!((together - alone).abs() < 1e-5, "{together} and {alone}");
        }
    }
}
