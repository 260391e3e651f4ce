//! The worker that times candle.

#![forbid(unsafe_code)]

mod images;
mod run;
mod texts;
mod weights;

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::ops;
use tenon_peers_protocol::{Fallible, Run, Supported, Unsupported, batch_file, serve, weights_file};

use run::{Computation, Momentum, Training, Update, adam};
use weights::{Model, Weights};

/// The gradient of a window is multiplied by the share of its pixels that are maxima.
const MAX_POOL: Unsupported =
    Unsupported("the gradient of its max_pool2d is divided by the number of pixels of a window");

/// That of the lock file.
const VERSION: &str = "0.11.1";

fn main() -> Fallible<()> {
    serve(VERSION, |name, folder| Files { folder, name }.load())
}

/// The files of a workload.
struct Files<'a> {
    folder: &'a Path,
    name: &'a str,
}

impl Files<'_> {
    fn load(&self) -> Fallible<Supported> {
        Ok(Ok(match self.name {
            "mlp-train-b128-adam" => self.training(images::mlp, |vars| Ok(Box::new(adam(vars, 0.0)?)))?,
            "lenet-train-b64-sgdm" => return Ok(Err(MAX_POOL)),
            "resnet20-train-b32-sgdm" => self.training(images::resnet20, momentum)?,
            "lstm-train-b32-t64-adam" => {
                self.training(texts::char_lstm, |vars| Ok(Box::new(adam(vars, 0.0)?)))?
            }
            "gpt-6x384-train-b4-t256-adamw" => {
                self.training(|w| texts::gpt(w, 6, 6), |vars| Ok(Box::new(adam(vars, 1e-2)?)))?
            }
            "gpt-2x64-train-b16-t64-adamw" => {
                self.training(|w| texts::gpt(w, 2, 4), |vars| Ok(Box::new(adam(vars, 1e-2)?)))?
            }
            "mlp-infer-b1" => self.inference(images::mlp)?,
            "lenet-infer-b1" => self.inference(images::lenet5)?,
            "resnet18-224-infer-b1" => self.inference(images::resnet18)?,
            "bert-minilm-infer-b1-t32" | "bert-minilm-infer-b16-t128" => self.inference(texts::minilm)?,
            "gpt-6x384-decode" => {
                let tokens = self.tensor("tokens")?;
                Box::new(texts::Decoding::new(&Weights::fixed(&self.weights())?, &tokens)?)
            }
            "gemm-256" | "gemm-1024" | "gemv-1024" => self.kernel(["a", "b"], |[a, b]| a.matmul(b))?,
            "conv3x3-64c-32px-b16" => self.kernel(["x", "weight"], |[x, w]| x.conv2d(w, 1, 1, 1, 1))?,
            "depthwise3x3-64c-56px-b8" => self.kernel(["x", "weight"], |[x, w]| x.conv2d(w, 1, 1, 1, 64))?,
            "attention-b4-h6-t256-d64" => self.kernel(["q", "k", "v"], attention)?,
            "softmax-4096x1024" => self.kernel(["x"], |[x]| ops::softmax_last_dim(x))?,
            "layernorm-4096x768" => self.kernel(["x", "weight", "bias"], |[x, weight, bias]| {
                ops::layer_norm(x, weight, bias, 1e-5)
            })?,
            "adam-10M" => {
                let parameter = Var::from_tensor(&self.tensor("parameter")?)?;
                Box::new(Update::new(parameter, self.tensor("gradient")?)?)
            }
            _ => return Ok(Err(Unsupported::UNKNOWN)),
        }))
    }

    fn weights(&self) -> PathBuf {
        self.folder.join(weights_file(self.name))
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        let path = self.folder.join(batch_file(self.name));
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
        let missing = || candle_core::Error::Msg(format!("there is no tensor `{name}`"));
        let tensor = tensors.get(name).ok_or_else(missing)?;
        if tensor.dtype() == DType::I64 { tensor.to_dtype(DType::U32) } else { Ok(tensor.clone()) }
    }

    /// What the model reads, images or tokens.
    fn input(&self) -> Result<Tensor> {
        self.tensor("x").or_else(|_| self.tensor("tokens"))
    }

    fn training<M: Model + 'static>(
        &self,
        model: impl Fn(&Weights) -> Result<M>,
        rule: impl Fn(Vec<Var>) -> Result<Box<dyn run::Rule>>,
    ) -> Fallible<Box<dyn Run>> {
        let weights = Weights::trained(&self.weights())?;
        let model = model(&weights)?;
        let (input, labels) = (self.input()?, self.tensor("labels")?);
        Ok(Box::new(Training::new(Box::new(model), rule(weights.learned())?, input, labels)))
    }

    fn inference<M: Model + 'static>(&self, model: impl Fn(&Weights) -> Result<M>) -> Fallible<Box<dyn Run>> {
        let model = model(&Weights::fixed(&self.weights())?)?;
        let input = self.input()?;
        Ok(Box::new(Computation::new(move || model.forward(&input, false))))
    }

    fn kernel<const N: usize>(
        &self,
        names: [&str; N],
        compute: impl Fn([&Tensor; N]) -> Result<Tensor> + 'static,
    ) -> Fallible<Box<dyn Run>> {
        let tensors = names.iter().map(|name| self.tensor(name)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(Computation::new(move || compute(std::array::from_fn(|i| &tensors[i])))))
    }
}

fn momentum(vars: Vec<Var>) -> Result<Box<dyn run::Rule>> {
    Ok(Box::new(Momentum::new(vars)))
}

/// Its kernel has the heads after the places.
fn attention([q, k, v]: [&Tensor; 3]) -> Result<Tensor> {
    let [q, k, v] = [q, k, v].map(|x| x.transpose(1, 2).and_then(|x| x.contiguous()));
    let scale = 1.0 / 64.0_f32.sqrt();
    flash_attn::<f32>(&q?, &k?, &v?, scale, AttnMask::None, None, None)
}
