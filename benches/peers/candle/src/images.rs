//! Models of images.

use candle_core::{Result, Tensor};
use candle_nn::{BatchNorm, Conv2d, Linear, Module, ModuleT, batch_norm};

use crate::weights::{Model, Weights};

pub(crate) fn mlp(weights: &Weights) -> Result<impl Model + use<>> {
    let [fc1, fc2, fc3] = [weights.linear("fc1")?, weights.linear("fc2")?, weights.linear("fc3")?];
    Ok(move |x: &Tensor, _: bool| {
        let x = fc1.forward(&x.flatten_from(1)?)?.relu()?;
        fc3.forward(&fc2.forward(&x)?.relu()?)
    })
}

pub(crate) fn lenet5(weights: &Weights) -> Result<impl Model + use<>> {
    let (conv1, conv2) = (weights.conv("conv1", 1, 2)?, weights.conv("conv2", 1, 0)?);
    let [fc1, fc2, fc3] = [weights.linear("fc1")?, weights.linear("fc2")?, weights.linear("fc3")?];
    Ok(move |x: &Tensor, _: bool| {
        let x = conv1.forward(x)?.relu()?.max_pool2d(2)?;
        let x = conv2.forward(&x)?.relu()?.max_pool2d(2)?;
        let x = fc1.forward(&x.flatten_from(1)?)?.relu()?;
        fc3.forward(&fc2.forward(&x)?.relu()?)
    })
}

/// A convolution and its normalization.
struct ConvNorm {
    conv: Conv2d,
    norm: BatchNorm,
}

impl ConvNorm {
    fn new(weights: &Weights, conv: &str, norm: &str, stride: usize, padding: usize) -> Result<Self> {
        let n_channels = weights.get(&format!("{norm}.weight"))?.dim(0)?;
        Ok(ConvNorm {
            conv: weights.conv(conv, stride, padding)?,
            norm: batch_norm(n_channels, 1e-5, weights.builder().pp(norm))?,
        })
    }

    fn forward(&self, x: &Tensor, in_training: bool) -> Result<Tensor> {
        self.norm.forward_t(&self.conv.forward(x)?, in_training)
    }
}

struct Block {
    first: ConvNorm,
    second: ConvNorm,
    projection: Option<ConvNorm>,
}

impl Block {
    fn new(weights: &Weights, name: &str, stride: usize) -> Result<Self> {
        let part = |conv: &str, norm: &str, stride, padding| {
            ConvNorm::new(weights, &format!("{name}.{conv}"), &format!("{name}.{norm}"), stride, padding)
        };
        Ok(Block {
            first: part("conv1", "bn1", stride, 1)?,
            second: part("conv2", "bn2", 1, 1)?,
            projection: (stride != 1).then(|| part("downsample.0", "downsample.1", stride, 0)).transpose()?,
        })
    }

    fn forward(&self, x: &Tensor, in_training: bool) -> Result<Tensor> {
        let hidden = self.first.forward(x, in_training)?.relu()?;
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(x, in_training)?,
            None => x.clone(),
        };
        (self.second.forward(&hidden, in_training)? + shortcut)?.relu()
    }
}

/// Blocks in stages, each of which but the first halves the size, and the last layer.
struct Trunk {
    blocks: Vec<Block>,
    fc: Linear,
}

impl Trunk {
    fn new(weights: &Weights, n_stages: usize, n_blocks: usize) -> Result<Self> {
        let mut blocks = Vec::new();
        for stage in 1..=n_stages {
            for i in 0..n_blocks {
                let stride = if stage > 1 && i == 0 { 2 } else { 1 };
                blocks.push(Block::new(weights, &format!("layer{stage}.{i}"), stride)?);
            }
        }
        Ok(Trunk { blocks, fc: weights.linear("fc")? })
    }

    fn forward(&self, x: Tensor, in_training: bool) -> Result<Tensor> {
        let x = self.blocks.iter().try_fold(x, |x, block| block.forward(&x, in_training))?;
        self.fc.forward(&x.mean((2, 3))?)
    }
}

pub(crate) fn resnet20(weights: &Weights) -> Result<impl Model + use<>> {
    let (stem, trunk) = (ConvNorm::new(weights, "conv1", "bn1", 1, 1)?, Trunk::new(weights, 3, 3)?);
    Ok(move |x: &Tensor, in_training: bool| trunk.forward(stem.forward(x, in_training)?.relu()?, in_training))
}

pub(crate) fn resnet18(weights: &Weights) -> Result<impl Model + use<>> {
    let (stem, trunk) = (ConvNorm::new(weights, "conv1", "bn1", 2, 3)?, Trunk::new(weights, 4, 2)?);
    Ok(move |x: &Tensor, in_training: bool| {
        let x = stem.forward(x, in_training)?.relu()?;
        // Nothing is below 0, so zeros pad as −∞ would.
        let x = x.pad_with_zeros(2, 1, 1)?.pad_with_zeros(3, 1, 1)?;
        trunk.forward(x.max_pool2d_with_stride(3, 2)?, in_training)
    })
}
