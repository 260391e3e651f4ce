//! Residual networks for small images.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::{Every, Image};
use tenon_layers::{Cost, Path, StaticCost, Visitor, VisitorMut};

use crate::residual::{BasicBlock, DownBlock};

/// The residual network for small images, of depth `6 · BLOCKS + 2`, on images of `C` channels.
///
/// # Shapes
/// `(N, C, H, W) → (N, Classes)`: scores of classes, before softmax
///
/// | layer | output for 28×28 | blocks |
/// | --- | --- | ---: |
/// | `conv1`: 3×3, then `bn1` and ReLU | `(N, 16, 28, 28)` | |
/// | `layer1` | `(N, 16, 28, 28)` | `BLOCKS` |
/// | `layer2` | `(N, 32, 14, 14)` | `BLOCKS` |
/// | `layer3` | `(N, 64, 7, 7)` | `BLOCKS` |
/// | mean over positions | `(N, 64)` | |
/// | `fc` | `(N, Classes)` | |
///
/// # Source
/// He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition", section 4.2.
///
/// # Differences
/// Where the size changes, the paper takes shortcuts without parameters there (option A); here they
/// are projections (option B), as in its networks for ImageNet, so that one pair of blocks serves
/// both.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::ResNet20;
/// let model = <ResNet20>::init(&mut SeededRng::new(0));
/// assert_eq!(parameter_count(&model), <ResNet20>::PARAMETERS);
/// let images: Tensor<(U2, U3, U32, U32)> = Tensor::zeros();
/// let scores: Tensor<(U2, U10)> = model.forward(images, &mut Context::eval());
/// ```
#[derive(Clone, Debug, Module)]
pub struct ResNet<const BLOCKS: usize, C: StaticDim = U3, Classes: StaticDim = U10> {
    /// From channels to features.
    pub conv1: CenteredConv2d<C, U16, U3>,
    /// Its normalization.
    pub bn1: BatchNorm2d<U16>,
    /// At full size.
    pub layer1: [BasicBlock<U16>; BLOCKS],
    /// At half of it.
    pub layer2: Stage<U16, U32>,
    /// At a quarter.
    pub layer3: Stage<U32, U64>,
    /// One score per class.
    pub fc: Linear<U64, Classes>,
}

/// 20 layers.
pub type ResNet20<C = U3, Classes = U10> = ResNet<3, C, Classes>;
/// 32 layers.
pub type ResNet32<C = U3, Classes = U10> = ResNet<5, C, Classes>;
/// 44 layers.
pub type ResNet44<C = U3, Classes = U10> = ResNet<7, C, Classes>;
/// 56 layers.
pub type ResNet56<C = U3, Classes = U10> = ResNet<9, C, Classes>;

impl<const BLOCKS: usize, C: StaticDim, Classes: StaticDim> ResNet<BLOCKS, C, Classes> {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = CenteredConv2d::<C, U16, U3>::PARAMETERS
        + BatchNorm2d::<U16>::PARAMETERS
        + BLOCKS * BasicBlock::<U16>::PARAMETERS
        + Stage::<U16, U32>::parameters(BLOCKS)
        + Stage::<U32, U64>::parameters(BLOCKS)
        + <(Classes, U64)>::NUMEL
        + Classes::N;
}

impl<const BLOCKS: usize, C: StaticDim, Classes: StaticDim> Init for ResNet<BLOCKS, C, Classes> {
    fn init(rng: &mut impl Rng) -> Self {
        ResNet {
            conv1: Init::init(rng),
            bn1: Init::init(rng),
            layer1: std::array::from_fn(|_| Init::init(rng)),
            layer2: Stage::init(BLOCKS, rng),
            layer3: Stage::init(BLOCKS, rng),
            fc: Init::init(rng),
        }
    }
}

impl<const BLOCKS: usize, C, Classes, N, H, W, B> Layer<Tensor<(N, C, H, W), B>, B>
    for ResNet<BLOCKS, C, Classes>
where
    C: StaticDim,
    Classes: StaticDim,
    N: Dim,
    H: Every<U2, Output: Every<U2>>,
    W: Every<U2, Output: Every<U2>>,
    B: Backend,
{
    type Output = Tensor<(N, Classes), B>;

    fn forward(&self, x: Tensor<(N, C, H, W), B>, ctx: &mut Context<B>) -> Self::Output {
        let x = self.conv1.forward(x, ctx);
        let x = self.bn1.forward_relu(x, ctx);
        let x = self.layer1.iter().fold(x, |x, block| block.forward(x, ctx));
        let x = self.layer2.forward(x, ctx);
        let x = self.layer3.forward(x, ctx);
        self.fc.forward(x.global_avg_pool2d(), ctx)
    }
}

impl<const BLOCKS: usize, C, Classes, N, H, W> StaticCost<Tensor<(N, C, H, W)>> for ResNet<BLOCKS, C, Classes>
where
    C: StaticDim,
    Classes: StaticDim,
    N: StaticDim,
    H: StaticDim + Every<U2, Output: StaticDim + Every<U2, Output: StaticDim>>,
    W: StaticDim + Every<U2, Output: StaticDim + Every<U2, Output: StaticDim>>,
{
    const COST: Cost = Cost::on::<Tensor<(N, C, H, W)>, CenteredConv2d<C, U16, U3>>()
        .then(BatchNorm2d::<U16>::cost_with_relu::<(N, U16, H, W)>())
        .then_times(BLOCKS, Cost::on::<Tensor<(N, U16, H, W)>, BasicBlock<U16>>())
        .then(Stage::<U16, U32>::cost::<N, H, W>(BLOCKS))
        .then(Stage::<U32, U64>::cost::<N, H::Output, W::Output>(BLOCKS))
        .then(Cost::on::<Tensor<Halved<(N, U32, H::Output, W::Output), U64>>, AdaptiveAvgPool2d<U1>>())
        .then(Cost::on::<Tensor<(N, U64)>, Linear<U64, Classes>>());
}

/// A block that halves the size, and others that keep it.
#[derive(Clone, Debug)]
pub struct Stage<In: StaticDim, Out: StaticDim> {
    /// The first.
    pub down: DownBlock<In, Out>,
    /// The others.
    pub blocks: Vec<BasicBlock<Out>>,
}

impl<In: StaticDim, Out: StaticDim> Stage<In, Out> {
    /// How many numbers are learned by so many blocks.
    pub const fn parameters(n_blocks: usize) -> usize {
        DownBlock::<In, Out>::PARAMETERS + (n_blocks - 1) * BasicBlock::<Out>::PARAMETERS
    }

    /// The cost of so many blocks on `(N, In, H, W)`.
    pub const fn cost<N, H, W>(n_blocks: usize) -> Cost
    where
        N: StaticDim,
        H: StaticDim + Every<U2, Output: StaticDim>,
        W: StaticDim + Every<U2, Output: StaticDim>,
    {
        Cost::on::<Tensor<(N, In, H, W)>, DownBlock<In, Out>>()
            .then_times(n_blocks - 1, Cost::on::<Tensor<Halved<(N, In, H, W), Out>>, BasicBlock<Out>>())
    }

    /// A stage of so many blocks.
    pub fn init(n_blocks: usize, rng: &mut impl Rng) -> Self {
        Stage { down: Init::init(rng), blocks: (1..n_blocks).map(|_| Init::init(rng)).collect() }
    }
}

/// The blocks are numbered through, as in PyTorch's `nn.Sequential`.
impl<In: StaticDim, Out: StaticDim> Module for Stage<In, Out> {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        path.enter("0", |path| self.down.visit(path, visitor));
        for (i, block) in (1_usize..).zip(&self.blocks) {
            path.enter(&i.to_string(), |path| block.visit(path, visitor));
        }
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        path.enter("0", |path| self.down.visit_mut(path, visitor));
        for (i, block) in (1_usize..).zip(&mut self.blocks) {
            path.enter(&i.to_string(), |path| block.visit_mut(path, visitor));
        }
    }
}

impl<X: Image, In: StaticDim, Out: StaticDim, B: Backend> Layer<Tensor<X, B>, B> for Stage<In, Out>
where
    DownBlock<In, Out>: Layer<Tensor<X, B>, B, Output = Tensor<Halved<X, Out>, B>>,
    X::H: Every<U2>,
    X::W: Every<U2>,
{
    type Output = Tensor<Halved<X, Out>, B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        let x = self.down.forward(x, ctx);
        self.blocks.iter().fold(x, |x, block| block.forward(x, ctx))
    }
}

/// Images of half the height and width.
type Halved<X, C> =
    (<X as Image>::B, C, <<X as Image>::H as Every<U2>>::Output, <<X as Image>::W as Every<U2>>::Output);

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_layers::LeafId;
    use tenon_layers::tensor::Array;

    #[test]
    fn depths_have_their_sizes() {
        // The paper's table 6 gives 0.27, 0.46, 0.66 and 0.85 million, without projections.
        let sizes =
            [<ResNet20>::PARAMETERS, <ResNet32>::PARAMETERS, <ResNet44>::PARAMETERS, <ResNet56>::PARAMETERS];
        assert_eq!(sizes, [272_474, 466_906, 661_338, 855_770]);
        let model = ResNet32::<U1>::init(&mut SeededRng::new(0));
        assert_eq!(parameter_count(&model), ResNet32::<U1>::PARAMETERS);
    }

    #[test]
    fn blocks_of_a_stage_are_numbered_through() {
        let model = <ResNet20>::init(&mut SeededRng::new(0));
        let mut keys = Vec::new();
        model.visit(&mut Path::root(), &mut |path: &str, _: LeafId, _: &Array<f32>| {
            keys.push(path.to_owned())
        });
        for expected in [
            "layer1.2.bn2.bias",
            "layer2.0.downsample.0.weight",
            "layer2.1.conv1.weight",
            "layer3.2.conv2.weight",
        ] {
            assert!(keys.iter().any(|key| key == expected), "{expected}");
        }
    }

    #[test]
    fn any_height_and_width_will_do() {
        let model = ResNet20::<U1>::init(&mut SeededRng::new(0));
        let scores = |images| model.forward(images, &mut Context::eval());
        let shape = (U2::new(), U1::new(), Dyn(9), Dyn(6));
        let images: Tensor<(U2, U1, Dyn, Dyn)> = Tensor::from_fn(shape, |i| (i % 7) as f32);
        let expected = model.forward(images.try_shape::<(U2, U1, U9, U6)>().unwrap(), &mut Context::eval());
        assert_eq!(scores(images).to_vec(), expected.to_vec());
    }
}
