//! The worker that times burn.

#![forbid(unsafe_code)]

mod attention;
mod files;
mod images;
mod run;
mod texts;

use std::path::Path;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::activation::softmax;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Int, Tensor};
use tenon_peers_protocol::{Fallible, Run, Supported, Unsupported, batch_file, serve, weights_file};

use attention::{Sees, attend};
use files::File;
use images::{LeNet5, Mlp, ResNet};
use run::{Computation, Model, Rule, Training};
use texts::{CharLstm, Gpt, MiniLm};

/// That of the lock file.
const VERSION: &str = "0.22.1";

/// How many tokens are read at once, and how many then come one at a time.
const PROMPT: usize = 64;
const DECODED: usize = 64;

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
        let training = Device::flex().autodiff();
        let inference = Device::flex();
        let weights = |device| File::read(&self.folder.join(weights_file(self.name)), device);
        let batch = |device| File::read(&self.folder.join(batch_file(self.name)), device);
        let images = || batch(&training)?.tensor::<4>("x");
        let tokens = || batch(&training)?.classes::<2>("tokens");
        let labels = || batch(&training)?.classes::<1>("labels");
        Ok(Ok(match self.name {
            "mlp-train-b128-adam" => {
                trained(Mlp::new(&weights(&training)?)?, Rule::adam(), images()?, labels()?)
            }
            "lenet-train-b64-sgdm" => {
                trained(LeNet5::new(&weights(&training)?)?, Rule::momentum(), images()?, labels()?)
            }
            "resnet20-train-b32-sgdm" => {
                trained(ResNet::small(&weights(&training)?)?, Rule::momentum(), images()?, labels()?)
            }
            "lstm-train-b32-t64-adam" => {
                let model = CharLstm::new(&weights(&training)?, &training)?;
                trained(model, Rule::adam(), tokens()?, labels()?)
            }
            "gpt-6x384-train-b4-t256-adamw" => {
                trained(Gpt::new(&weights(&training)?, 6, 6)?, Rule::adam_w(), tokens()?, labels()?)
            }
            "gpt-2x64-train-b16-t64-adamw" => {
                trained(Gpt::new(&weights(&training)?, 2, 4)?, Rule::adam_w(), tokens()?, labels()?)
            }
            "mlp-infer-b1" => scored(Mlp::new(&weights(&inference)?)?, batch(&inference)?.tensor("x")?),
            "lenet-infer-b1" => scored(LeNet5::new(&weights(&inference)?)?, batch(&inference)?.tensor("x")?),
            "resnet18-224-infer-b1" => {
                scored(ResNet::large(&weights(&inference)?)?, batch(&inference)?.tensor("x")?)
            }
            "bert-minilm-infer-b1-t32" | "bert-minilm-infer-b16-t128" => {
                let model = MiniLm::new(&weights(&inference)?)?;
                let tokens = batch(&inference)?.classes("tokens")?;
                Box::new(Computation::new(move || model.forward(tokens.clone())))
            }
            "gpt-6x384-decode" => {
                decoding(Gpt::new(&weights(&inference)?, 6, 6)?, &batch(&inference)?.classes("tokens")?)
            }
            "adam-10M" => update(&batch(&training)?)?,
            _ => return kernel(self.name, &batch(&inference)?),
        }))
    }
}

fn trained<M, X>(model: M, rule: Rule, input: X, labels: Tensor<1, Int>) -> Box<dyn Run>
where
    M: Model<X> + Module + 'static,
    X: Clone + 'static,
{
    Box::new(Training::new(model, rule, input, labels))
}

fn scored(model: impl Model<Tensor<4>> + 'static, images: Tensor<4>) -> Box<dyn Run> {
    Box::new(Computation::new(move || model.scores(images.clone())))
}

fn decoding(model: Gpt, tokens: &Tensor<2, Int>) -> Box<dyn Run> {
    let mut after_prompt = model.empty_caches();
    model.after(tokens.clone().narrow(1, 0, PROMPT), &mut after_prompt);
    let tokens: Vec<_> = (PROMPT..PROMPT + DECODED).map(|i| tokens.clone().narrow(1, i, 1)).collect();
    let decode = move || {
        let mut caches = after_prompt.clone();
        let scores = tokens.iter().map(|token| model.after(token.clone(), &mut caches)).last();
        scores.expect("there are tokens to decode")
    };
    Box::new(Computation::of_units(decode, DECODED))
}

fn kernel(name: &str, batch: &File) -> Fallible<Supported> {
    let convolution = |groups| -> Fallible<Box<dyn Run>> {
        let (x, weight): (Tensor<4>, Tensor<4>) = (batch.tensor("x")?, batch.tensor("weight")?);
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], groups);
        let compute = move || conv2d(x.clone(), weight.clone(), None, options.clone());
        Ok(Box::new(Computation::new(compute)))
    };
    Ok(Ok(match name {
        "gemm-256" | "gemm-1024" | "gemv-1024" => {
            let (a, b): (Tensor<2>, Tensor<2>) = (batch.tensor("a")?, batch.tensor("b")?);
            Box::new(Computation::new(move || a.clone().matmul(b.clone())))
        }
        "conv3x3-64c-32px-b16" => convolution(1)?,
        "depthwise3x3-64c-56px-b8" => convolution(64)?,
        "attention-b4-h6-t256-d64" => {
            let [q, k, v] = [batch.tensor("q")?, batch.tensor("k")?, batch.tensor("v")?];
            Box::new(Computation::new(move || attend(q.clone(), k.clone(), v.clone(), Sees::All)))
        }
        "softmax-4096x1024" => {
            let x: Tensor<2> = batch.tensor("x")?;
            Box::new(Computation::new(move || softmax(x.clone(), 1)))
        }
        "layernorm-4096x768" => {
            let norm = batch.layer_norm_of("weight", "bias", 1e-5)?;
            let x: Tensor<2> = batch.tensor("x")?;
            Box::new(Computation::new(move || norm.forward(x.clone())))
        }
        _ => return Ok(Err(Unsupported::UNKNOWN)),
    }))
}

fn update(batch: &File) -> Fallible<Box<dyn Run>> {
    let gradient: Tensor<1> = batch.tensor("gradient")?;
    let gradient = gradient.inner();
    let mut parameter: Option<Param<Tensor<1>>> = Some(batch.param("parameter")?);
    let mut rule = Rule::adam();
    Ok(Box::new(Computation::new(move || {
        let old = parameter.take().expect("a step gives back what it takes");
        let mut gradients = GradientsParams::new();
        gradients.register(old.id, gradient.clone());
        parameter.insert(rule.step(old, gradients)).val().inner()
    })))
}
