//! Initial weights, and what is made of them.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{Conv2d, Conv2dConfig, Linear, VarBuilder};

/// A model of one tensor.
pub(crate) trait Model {
    /// In training, derivatives are taken through the result.
    fn forward(&self, x: &Tensor, in_training: bool) -> Result<Tensor>;
}

impl<F: Fn(&Tensor, bool) -> Result<Tensor>> Model for F {
    fn forward(&self, x: &Tensor, in_training: bool) -> Result<Tensor> {
        self(x, in_training)
    }
}

/// The tensors of a state dict.
pub(crate) struct Weights {
    tensors: HashMap<String, Tensor>,
    /// Those that a rule moves.
    learned: Vec<Var>,
}

impl Weights {
    /// Weights that stay as they are: nothing is recorded of what is computed with them.
    pub(crate) fn fixed(path: &Path) -> Result<Self> {
        let mut tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
        // candle counts no batches.
        tensors.retain(|_, tensor| tensor.dtype() == DType::F32);
        Ok(Weights { tensors, learned: Vec::new() })
    }

    /// Weights that are trained; running statistics are not.
    pub(crate) fn trained(path: &Path) -> Result<Self> {
        let Weights { mut tensors, mut learned } = Weights::fixed(path)?;
        for (_, tensor) in tensors.iter_mut().filter(|(name, _)| !name.contains("running_")) {
            let var = Var::from_tensor(tensor)?;
            *tensor = var.as_tensor().clone();
            learned.push(var);
        }
        Ok(Weights { tensors, learned })
    }

    pub(crate) fn learned(&self) -> Vec<Var> {
        self.learned.clone()
    }

    pub(crate) fn get(&self, name: &str) -> Result<Tensor> {
        let missing = || candle_core::Error::Msg(format!("there is no weight `{name}`"));
        self.tensors.get(name).cloned().ok_or_else(missing)
    }

    /// For layers of the library that take their own.
    pub(crate) fn builder(&self) -> VarBuilder<'static> {
        VarBuilder::from_tensors(self.tensors.clone(), DType::F32, &Device::Cpu)
    }

    pub(crate) fn linear(&self, name: &str) -> Result<Linear> {
        Ok(Linear::new(self.get(&format!("{name}.weight"))?, Some(self.get(&format!("{name}.bias"))?)))
    }

    pub(crate) fn conv(&self, name: &str, stride: usize, padding: usize) -> Result<Conv2d> {
        let config = Conv2dConfig { stride, padding, ..Conv2dConfig::default() };
        // Convolutions before a normalization have no bias.
        Ok(Conv2d::new(self.get(&format!("{name}.weight"))?, self.get(&format!("{name}.bias")).ok(), config))
    }
}
