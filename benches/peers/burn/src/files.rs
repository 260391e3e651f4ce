//! Initial weights and batches.

use std::fs;
use std::ops::Range;
use std::path::Path;

use burn::module::Param;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Embedding, EmbeddingConfig, GateController, LayerNorm, LayerNormConfig,
    Linear, LinearConfig,
};
use burn::tensor::{Device, Int, Tensor, TensorData};
use safetensors::SafeTensors;
use tenon_peers_protocol::Fallible;

/// A file of safetensors, read for a device.
pub(crate) struct File {
    bytes: Vec<u8>,
    device: Device,
}

impl File {
    pub(crate) fn read(path: &Path, device: &Device) -> Fallible<Self> {
        Ok(File { bytes: fs::read(path)?, device: device.clone() })
    }

    fn entry<const WIDTH: usize, N>(
        &self,
        name: &str,
        number: fn([u8; WIDTH]) -> N,
    ) -> Fallible<(Vec<N>, Vec<usize>)> {
        let tensors = SafeTensors::deserialize(&self.bytes)?;
        let view = tensors.tensor(name)?;
        let (numbers, _) = view.data().as_chunks();
        Ok((numbers.iter().map(|&bytes| number(bytes)).collect(), view.shape().to_vec()))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).is_ok_and(|tensors| tensors.tensor(name).is_ok())
    }

    pub(crate) fn tensor<const D: usize>(&self, name: &str) -> Fallible<Tensor<D>> {
        let (numbers, dims) = self.entry(name, f32::from_le_bytes)?;
        Ok(Tensor::from_data(TensorData::new(numbers, dims), &self.device))
    }

    pub(crate) fn classes<const D: usize>(&self, name: &str) -> Fallible<Tensor<D, Int>> {
        let (numbers, dims) = self.entry(name, i64::from_le_bytes)?;
        Ok(Tensor::from_data(TensorData::new(numbers, dims), &self.device))
    }

    pub(crate) fn param<const D: usize>(&self, name: &str) -> Fallible<Param<Tensor<D>>> {
        Ok(Param::from_tensor(self.tensor(name)?))
    }

    /// Weights lie the other way round here.
    pub(crate) fn linear(&self, name: &str) -> Fallible<Linear> {
        let weight: Tensor<2> = self.tensor(&format!("{name}.weight"))?;
        // As it lies in memory from now on, instead of a view.
        let weight = weight.transpose().to_data();
        let bias = self.tensor(&format!("{name}.bias"))?;
        Ok(self.linear_of(Tensor::from_data(weight, &self.device), bias))
    }

    /// A gate of a recurrent layer: some rows of both its matrices, with their biases.
    pub(crate) fn gate(&self, name: &str, rows: Range<usize>) -> Fallible<GateController> {
        Ok(GateController {
            input_transform: self.rows(name, "ih_l0", rows.clone())?,
            hidden_transform: self.rows(name, "hh_l0", rows)?,
        })
    }

    fn rows(&self, name: &str, part: &str, rows: Range<usize>) -> Fallible<Linear> {
        let weight: Tensor<2> = self.tensor(&format!("{name}.weight_{part}"))?;
        let bias: Tensor<1> = self.tensor(&format!("{name}.bias_{part}"))?;
        let weight = weight.slice([rows.clone()]).transpose().to_data();
        let bias = bias.slice([rows]).to_data();
        Ok(self.linear_of(Tensor::from_data(weight, &self.device), Tensor::from_data(bias, &self.device)))
    }

    /// GPT-2's linear layer, whose weight is the other way round already.
    pub(crate) fn conv1d(&self, name: &str) -> Fallible<Linear> {
        Ok(self.linear_of(self.tensor(&format!("{name}.weight"))?, self.tensor(&format!("{name}.bias"))?))
    }

    fn linear_of(&self, weight: Tensor<2>, bias: Tensor<1>) -> Linear {
        let [inputs, outputs] = weight.dims();
        let mut linear = LinearConfig::new(inputs, outputs).init(&self.device);
        linear.weight = Param::from_tensor(weight);
        linear.bias = Some(Param::from_tensor(bias));
        linear
    }

    pub(crate) fn conv(&self, name: &str, stride: usize, padding: usize) -> Fallible<Conv2d> {
        let weight: Tensor<4> = self.tensor(&format!("{name}.weight"))?;
        let [outputs, inputs, height, width] = weight.dims();
        let bias = format!("{name}.bias");
        let mut conv = Conv2dConfig::new([inputs, outputs], [height, width])
            .with_stride([stride; 2])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_bias(self.has(&bias))
            .init(&self.device);
        conv.weight = Param::from_tensor(weight);
        if self.has(&bias) {
            conv.bias = Some(self.param(&bias)?);
        }
        Ok(conv)
    }

    /// With the running statistics that both libraries start from.
    pub(crate) fn batch_norm(&self, name: &str) -> Fallible<BatchNorm> {
        let weight: Param<Tensor<1>> = self.param(&format!("{name}.weight"))?;
        let mut norm = BatchNormConfig::new(weight.dims()[0]).init(&self.device);
        norm.gamma = weight;
        norm.beta = self.param(&format!("{name}.bias"))?;
        Ok(norm)
    }

    pub(crate) fn layer_norm(&self, name: &str, epsilon: f64) -> Fallible<LayerNorm> {
        self.layer_norm_of(&format!("{name}.weight"), &format!("{name}.bias"), epsilon)
    }

    pub(crate) fn layer_norm_of(&self, weight: &str, bias: &str, epsilon: f64) -> Fallible<LayerNorm> {
        let weight: Param<Tensor<1>> = self.param(weight)?;
        let mut norm = LayerNormConfig::new(weight.dims()[0]).with_epsilon(epsilon).init(&self.device);
        norm.gamma = weight;
        norm.beta = Some(self.param(bias)?);
        Ok(norm)
    }

    pub(crate) fn embedding(&self, name: &str) -> Fallible<Embedding> {
        let weight: Param<Tensor<2>> = self.param(&format!("{name}.weight"))?;
        let [n, width] = weight.dims();
        let mut embedding = EmbeddingConfig::new(n, width).init(&self.device);
        embedding.weight = weight;
        Ok(embedding)
    }
}
