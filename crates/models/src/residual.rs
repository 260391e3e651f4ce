//! The blocks that residual networks are made of.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::{Channels, Every, Image};
use tenon_layers::{Cost, StaticCost};

/// Two convolutions of 3×3, around which the input goes as it is.
///
/// `relu(x + bn2(conv2(relu(bn1(conv1(x))))))`
///
/// # Shapes
/// `(N, C, H, W) → (N, C, H, W)`, for any height and width
///
/// # Source
/// He et al. 2015, "Deep residual learning for image recognition", figure 2; with normalization as
/// in section 3.4. Names are those of torchvision's `BasicBlock`.
#[derive(Clone, Debug, Module)]
pub struct BasicBlock<C: StaticDim> {
    /// The first convolution.
    pub conv1: CenteredConv2d<C, C, U3>,
    /// Its normalization.
    pub bn1: BatchNorm2d<C>,
    /// The second convolution.
    pub conv2: CenteredConv2d<C, C, U3>,
    /// Its normalization.
    pub bn2: BatchNorm2d<C>,
}

impl<C: StaticDim> BasicBlock<C> {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = 2 * (CenteredConv2d::<C, C, U3>::PARAMETERS + BatchNorm2d::<C>::PARAMETERS);
}

impl<C: StaticDim> Init for BasicBlock<C> {
    fn init(rng: &mut impl Rng) -> Self {
        BasicBlock {
            conv1: Init::init(rng),
            bn1: Init::init(rng),
            conv2: Init::init(rng),
            bn2: Init::init(rng),
        }
    }
}

impl<X: Image, C: StaticDim, B: Backend> Layer<Tensor<X, B>, B> for BasicBlock<C>
where
    X::C: Channels<C>,
{
    type Output = Tensor<(X::B, C, X::H, X::W), B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        let y = self.conv1.forward(x.clone(), ctx);
        let y = self.bn1.forward_relu(y, ctx);
        let y = self.conv2.forward(y, ctx);
        // The same axes, of which the channels may have had a name.
        let shortcut = Tensor::from_value(y.shape(), x.into_value());
        self.bn2.forward_add_relu(y, shortcut, ctx)
    }
}

impl<N: StaticDim, C: StaticDim, H: StaticDim, W: StaticDim> StaticCost<Tensor<(N, C, H, W)>>
    for BasicBlock<C>
{
    const COST: Cost = {
        let conv = Cost::on::<Tensor<(N, C, H, W)>, CenteredConv2d<C, C, U3>>();
        conv.then(BatchNorm2d::<C>::cost_with_relu::<(N, C, H, W)>())
            .then(conv)
            .then(BatchNorm2d::<C>::cost_with_add_relu::<(N, C, H, W)>())
    };
}

/// As [`BasicBlock`], with more channels and half the height and width: the first convolution takes
/// every second pixel, and so does the one of 1×1 through which the input goes around.
///
/// `relu(downsample(x) + bn2(conv2(relu(bn1(conv1(x))))))`
///
/// # Shapes
/// `(N, In, H, W) → (N, Out, ⌈H/2⌉, ⌈W/2⌉)`, for any height and width
///
/// # Source
/// He et al. 2015, section 3.3, option B: shortcuts are projections where the size changes, and
/// identities elsewhere. Names are those of torchvision's `BasicBlock`.
#[derive(Clone, Debug, Module)]
pub struct DownBlock<In: StaticDim, Out: StaticDim> {
    /// The first convolution.
    pub conv1: CenteredConv2d<In, Out, U3, U2>,
    /// Its normalization.
    pub bn1: BatchNorm2d<Out>,
    /// The second convolution.
    pub conv2: CenteredConv2d<Out, Out, U3>,
    /// Its normalization.
    pub bn2: BatchNorm2d<Out>,
    /// The shortcut.
    pub downsample: (CenteredConv2d<In, Out, U1, U2>, BatchNorm2d<Out>),
}

impl<In: StaticDim, Out: StaticDim> DownBlock<In, Out> {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = CenteredConv2d::<In, Out, U3>::PARAMETERS
        + CenteredConv2d::<Out, Out, U3>::PARAMETERS
        + CenteredConv2d::<In, Out, U1>::PARAMETERS
        + 3 * BatchNorm2d::<Out>::PARAMETERS;
}

impl<In: StaticDim, Out: StaticDim> Init for DownBlock<In, Out> {
    fn init(rng: &mut impl Rng) -> Self {
        DownBlock {
            conv1: Init::init(rng),
            bn1: Init::init(rng),
            conv2: Init::init(rng),
            bn2: Init::init(rng),
            downsample: Init::init(rng),
        }
    }
}

impl<X: Image, In: StaticDim, Out: StaticDim, B: Backend> Layer<Tensor<X, B>, B> for DownBlock<In, Out>
where
    X::C: Channels<In>,
    X::H: Every<U2>,
    X::W: Every<U2>,
{
    type Output = Tensor<(X::B, Out, <X::H as Every<U2>>::Output, <X::W as Every<U2>>::Output), B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        let shortcut = self.downsample.forward(x.clone(), ctx);
        let y = self.conv1.forward(x, ctx);
        let y = self.bn1.forward_relu(y, ctx);
        let y = self.conv2.forward(y, ctx);
        self.bn2.forward_add_relu(y, shortcut, ctx)
    }
}

impl<N, In, Out, H, W, HalfH, HalfW> StaticCost<Tensor<(N, In, H, W)>> for DownBlock<In, Out>
where
    N: StaticDim,
    In: StaticDim,
    Out: StaticDim,
    H: StaticDim + Every<U2, Output = HalfH>,
    W: StaticDim + Every<U2, Output = HalfW>,
    HalfH: StaticDim,
    HalfW: StaticDim,
{
    const COST: Cost = Cost::on::<Tensor<(N, In, H, W)>, CenteredConv2d<In, Out, U3, U2>>()
        .then(BatchNorm2d::<Out>::cost_with_relu::<(N, Out, HalfH, HalfW)>())
        .then(Cost::on::<Tensor<(N, Out, HalfH, HalfW)>, CenteredConv2d<Out, Out, U3>>())
        .then(BatchNorm2d::<Out>::cost_with_add_relu::<(N, Out, HalfH, HalfW)>())
        .beside(Cost::on::<Tensor<(N, In, H, W)>, (CenteredConv2d<In, Out, U1, U2>, BatchNorm2d<Out>)>());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks over any channels and sizes, as a user writes them: without a bound.
    #[derive(Module)]
    struct Pair<C: StaticDim>(BasicBlock<C>, BasicBlock<C>);

    impl<N: Dim, C: StaticDim, H: Dim, W: Dim, B: Backend> Layer<Tensor<(N, C, H, W), B>, B> for Pair<C> {
        type Output = Tensor<(N, C, H, W), B>;

        fn forward(&self, x: Tensor<(N, C, H, W), B>, ctx: &mut Context<B>) -> Self::Output {
            let x = self.0.forward(x, ctx);
            self.1.forward(x, ctx)
        }
    }

    #[test]
    fn a_block_whose_last_scale_is_zero_is_relu() {
        let rng = &mut SeededRng::new(1);
        let mut pair: Pair<U3> = Pair(Init::init(rng), Init::init(rng));
        for block in [&mut pair.0, &mut pair.1] {
            let scale = block.bn2.weight.as_mut().expect("affine");
            *scale.value_mut() = Tensor::zeros();
        }
        let x: Tensor<(U2, U3, U5, U4)> = Tensor::from_fn(Default::default(), |i| i as f32 - 60.0);
        let y = pair.forward(x.clone(), &mut Context::eval().with_mode(Mode::Train));
        assert_eq!(y.to_vec(), x.relu().to_vec());
    }

    #[test]
    fn odd_sizes_are_halved_up() {
        let block: DownBlock<U2, U6> = Init::init(&mut SeededRng::new(1));
        let x: Tensor<(U1, U2, U7, U4)> = Tensor::ones();
        let y: Tensor<(U1, U6, U4, U2)> = block.forward(x, &mut Context::eval());
        assert!(y.to_vec().iter().all(|y| y.is_finite()));
        assert_eq!(parameter_count(&block), DownBlock::<U2, U6>::PARAMETERS);
    }
}
