//! Models of images.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, Linear, PaddingConfig2d};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use tenon_peers_protocol::Fallible;

use crate::files::File;
use crate::run::Model;

#[derive(Module, Debug)]
pub(crate) struct Mlp {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Mlp {
    pub(crate) fn new(weights: &File) -> Fallible<Self> {
        Ok(Mlp { fc1: weights.linear("fc1")?, fc2: weights.linear("fc2")?, fc3: weights.linear("fc3")? })
    }
}

impl Model<Tensor<4>> for Mlp {
    fn scores(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.fc1.forward(x.flatten(1, 3)));
        self.fc3.forward(relu(self.fc2.forward(x)))
    }
}

#[derive(Module, Debug)]
pub(crate) struct LeNet5 {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl LeNet5 {
    pub(crate) fn new(weights: &File) -> Fallible<Self> {
        Ok(LeNet5 {
            conv1: weights.conv("conv1", 1, 2)?,
            conv2: weights.conv("conv2", 1, 0)?,
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            fc1: weights.linear("fc1")?,
            fc2: weights.linear("fc2")?,
            fc3: weights.linear("fc3")?,
        })
    }
}

impl Model<Tensor<4>> for LeNet5 {
    fn scores(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.conv1.forward(x)));
        let x = self.pool.forward(relu(self.conv2.forward(x)));
        let x = relu(self.fc1.forward(x.flatten(1, 3)));
        self.fc3.forward(relu(self.fc2.forward(x)))
    }
}

/// A convolution and its normalization.
#[derive(Module, Debug)]
struct ConvNorm {
    conv: Conv2d,
    norm: BatchNorm,
}

impl ConvNorm {
    fn new(weights: &File, conv: &str, norm: &str, stride: usize, padding: usize) -> Fallible<Self> {
        Ok(ConvNorm { conv: weights.conv(conv, stride, padding)?, norm: weights.batch_norm(norm)? })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}

#[derive(Module, Debug)]
struct Block {
    first: ConvNorm,
    second: ConvNorm,
    projection: Option<ConvNorm>,
}

impl Block {
    fn new(weights: &File, name: &str, stride: usize) -> Fallible<Self> {
        let part = |conv: &str, norm: &str, stride, padding| {
            ConvNorm::new(weights, &format!("{name}.{conv}"), &format!("{name}.{norm}"), stride, padding)
        };
        Ok(Block {
            first: part("conv1", "bn1", stride, 1)?,
            second: part("conv2", "bn2", 1, 1)?,
            projection: (stride != 1).then(|| part("downsample.0", "downsample.1", stride, 0)).transpose()?,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let hidden = relu(self.first.forward(x.clone()));
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(x),
            None => x,
        };
        relu(self.second.forward(hidden) + shortcut)
    }
}

/// Blocks in stages, each of which but the first halves the size.
#[derive(Module, Debug)]
pub(crate) struct ResNet {
    stem: ConvNorm,
    pool: Option<MaxPool2d>,
    blocks: Vec<Block>,
    fc: Linear,
}

impl ResNet {
    /// Of 20 layers, for images of 32×32.
    pub(crate) fn small(weights: &File) -> Fallible<Self> {
        let stem = ConvNorm::new(weights, "conv1", "bn1", 1, 1)?;
        ResNet::new(weights, stem, None, [3, 3])
    }

    /// Of 18 layers, for images of 224×224.
    pub(crate) fn large(weights: &File) -> Fallible<Self> {
        let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
        let pool = MaxPool2dConfig::new([3, 3]).with_strides([2, 2]).with_padding(padding).init();
        let stem = ConvNorm::new(weights, "conv1", "bn1", 2, 3)?;
        ResNet::new(weights, stem, Some(pool), [4, 2])
    }

    fn new(
        weights: &File,
        stem: ConvNorm,
        pool: Option<MaxPool2d>,
        [n_stages, n_blocks]: [usize; 2],
    ) -> Fallible<Self> {
        let mut blocks = Vec::new();
        for stage in 1..=n_stages {
            for i in 0..n_blocks {
                let stride = if stage > 1 && i == 0 { 2 } else { 1 };
                blocks.push(Block::new(weights, &format!("layer{stage}.{i}"), stride)?);
            }
        }
        Ok(ResNet { stem, pool, blocks, fc: weights.linear("fc")? })
    }
}

impl Model<Tensor<4>> for ResNet {
    fn scores(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.stem.forward(x));
        let x = match &self.pool {
            Some(pool) => pool.forward(x),
            None => x,
        };
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let x: Tensor<3> = x.flatten(2, 3);
        self.fc.forward(x.mean_dim(2).flatten(1, 2))
    }
}
