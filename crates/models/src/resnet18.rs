//! ResNet-18.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::{Cost, StaticCost};

use crate::residual::{BasicBlock, DownBlock};

/// The residual network of 18 layers for ImageNet.
///
/// # Shapes
/// `(N, 3, 224, 224) → (N, Classes)`: scores of classes, before softmax
///
/// | layer | output |
/// | --- | --- |
/// | `conv1`: 7×7 with stride 2, then `bn1` and ReLU | `(N, 64, 112, 112)` |
/// | maximum of 3×3 with stride 2 | `(N, 64, 56, 56)` |
/// | `layer1` | `(N, 64, 56, 56)` |
/// | `layer2` | `(N, 128, 28, 28)` |
/// | `layer3` | `(N, 256, 14, 14)` |
/// | `layer4` | `(N, 512, 7, 7)` |
/// | mean over positions | `(N, 512)` |
/// | `fc` | `(N, Classes)` |
///
/// # Source
/// He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition", table 1. Names and
/// initial distributions are those of torchvision's `resnet18`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::ResNet18;
/// assert_eq!(<ResNet18>::PARAMETERS, 11_689_512);
/// ```
#[derive(Clone, Debug, Module)]
pub struct ResNet18<Classes: StaticDim = U1000> {
    /// From colors to features.
    pub conv1: CenteredConv2d<U3, U64, U7, U2>,
    /// Its normalization.
    pub bn1: BatchNorm2d<U64>,
    /// At a quarter of the size.
    pub layer1: (BasicBlock<U64>, BasicBlock<U64>),
    /// At an eighth.
    pub layer2: (DownBlock<U64, U128>, BasicBlock<U128>),
    /// At a sixteenth.
    pub layer3: (DownBlock<U128, U256>, BasicBlock<U256>),
    /// At a thirty-second.
    pub layer4: (DownBlock<U256, U512>, BasicBlock<U512>),
    /// One score per class.
    pub fc: Linear<U512, Classes>,
}

impl<Classes: StaticDim> ResNet18<Classes> {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = CenteredConv2d::<U3, U64, U7>::PARAMETERS
        + BatchNorm2d::<U64>::PARAMETERS
        + 2 * BasicBlock::<U64>::PARAMETERS
        + DownBlock::<U64, U128>::PARAMETERS
        + BasicBlock::<U128>::PARAMETERS
        + DownBlock::<U128, U256>::PARAMETERS
        + BasicBlock::<U256>::PARAMETERS
        + DownBlock::<U256, U512>::PARAMETERS
        + BasicBlock::<U512>::PARAMETERS
        + <(Classes, U512)>::NUMEL
        + Classes::N;
}

impl<Classes: StaticDim> Init for ResNet18<Classes> {
    fn init(rng: &mut impl Rng) -> Self {
        ResNet18 {
            conv1: Init::init(rng),
            bn1: Init::init(rng),
            layer1: Init::init(rng),
            layer2: Init::init(rng),
            layer3: Init::init(rng),
            layer4: Init::init(rng),
            fc: Init::init(rng),
        }
    }
}

impl<N: Dim, Classes: StaticDim, B: Backend> Layer<Tensor<(N, U3, U224, U224), B>, B> for ResNet18<Classes> {
    type Output = Tensor<(N, Classes), B>;

    fn forward(&self, x: Tensor<(N, U3, U224, U224), B>, ctx: &mut Context<B>) -> Self::Output {
        let x = self.conv1.forward(x, ctx);
        let x = self.bn1.forward_relu(x, ctx);
        let x = MaxPool2d::<U3, U2, U1>::default().forward(x, ctx);
        let x = self.layer1.forward(x, ctx);
        let x = self.layer2.forward(x, ctx);
        let x = self.layer3.forward(x, ctx);
        let x = self.layer4.forward(x, ctx);
        self.fc.forward(x.global_avg_pool2d(), ctx)
    }
}

impl<N: StaticDim, Classes: StaticDim> StaticCost<Tensor<(N, U3, U224, U224)>> for ResNet18<Classes> {
    const COST: Cost = Cost::on::<Tensor<(N, U3, U224, U224)>, CenteredConv2d<U3, U64, U7, U2>>()
        .then(BatchNorm2d::<U64>::cost_with_relu::<(N, U64, U112, U112)>())
        .then(Cost::on::<
            Tensor<(N, U64, U112, U112)>,
            (
                MaxPool2d<U3, U2, U1>,
                (BasicBlock<U64>, BasicBlock<U64>),
                (DownBlock<U64, U128>, BasicBlock<U128>),
                (DownBlock<U128, U256>, BasicBlock<U256>),
                (DownBlock<U256, U512>, BasicBlock<U512>),
                AdaptiveAvgPool2d<U1>,
                Flatten,
                Linear<U512, Classes>,
            ),
        >());
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_layers::tensor::Array;
    use tenon_layers::{LeafId, Path, Visitor};

    /// Collects keys and dims in the order of the module.
    #[derive(Default)]
    struct Keys(Vec<String>);

    impl Visitor for Keys {
        fn param(&mut self, path: &str, _: LeafId, value: &Array<f32>) {
            self.0.push(format!("{path} {:?}", value.dims()));
        }

        fn buffer(&mut self, path: &str, id: LeafId, value: &Array<f32>) {
            self.param(path, id, value);
        }

        fn counter(&mut self, path: &str, _: LeafId, _: i64) {
            self.0.push(format!("{path} []"));
        }
    }

    #[test]
    fn has_the_published_size_and_the_keys_of_torchvision() {
        const { assert!(<ResNet18>::PARAMETERS == 11_689_512) };
        let model = <ResNet18>::init(&mut SeededRng::new(0));
        assert_eq!(parameter_count(&model), <ResNet18>::PARAMETERS);

        let mut keys = Keys::default();
        model.visit(&mut Path::root(), &mut keys);
        // 20 convolutions, 20 normalizations of five entries, and the last layer.
        assert_eq!(keys.0.len(), 20 + 20 * 5 + 2);
        for expected in [
            "conv1.weight [64, 3, 7, 7]",
            "bn1.num_batches_tracked []",
            "layer1.0.conv1.weight [64, 64, 3, 3]",
            "layer2.0.conv1.weight [128, 64, 3, 3]",
            "layer2.0.downsample.0.weight [128, 64, 1, 1]",
            "layer2.0.downsample.1.running_mean [128]",
            "layer4.1.bn2.running_var [512]",
            "fc.weight [1000, 512]",
            "fc.bias [1000]",
        ] {
            assert!(keys.0.iter().any(|key| key == expected), "{expected}");
        }
    }
}
