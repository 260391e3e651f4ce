//! The files that all workers read: initial weights under PyTorch's names, and a batch.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tenon_layers::prelude::*;
use tenon_layers::state_dict;
use tenon_layers::tensor::shape::Shape;
use tenon_peers_protocol::{Fallible, batch_file, weights_file};
use tenon_testkit::data;

use crate::workloads::Workload;

/// A tensor of a batch.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) dims: Vec<usize>,
    pub(crate) numbers: Numbers,
}

/// What a tensor of a batch holds, each number drawn by itself.
pub(crate) enum Numbers {
    /// Uniform in `[-1, 1)`, as `f32`.
    Uniform,
    /// One of so many classes, as `i64`.
    Classes(u32),
}

impl Input {
    pub(crate) fn uniform(name: &'static str, dims: &[usize]) -> Self {
        Input { name, dims: dims.to_vec(), numbers: Numbers::Uniform }
    }

    pub(crate) fn classes(name: &'static str, dims: &[usize], n_classes: usize) -> Self {
        Input { name, dims: dims.to_vec(), numbers: Numbers::Classes(n_classes as u32) }
    }

    pub(crate) fn numel(&self) -> usize {
        self.dims.iter().product()
    }

    fn dtype(&self) -> Dtype {
        match self.numbers {
            Numbers::Uniform => Dtype::F32,
            Numbers::Classes(_) => Dtype::I64,
        }
    }

    fn draw(&self, seed: u64) -> Vec<u8> {
        match self.numbers {
            Numbers::Uniform => {
                let numbers = data::uniform::<f32>(seed, self.numel(), -1.0, 1.0);
                numbers.into_iter().flat_map(f32::to_le_bytes).collect()
            }
            Numbers::Classes(n_classes) => {
                let classes = data::classes(seed, self.numel(), n_classes);
                classes.into_iter().flat_map(|class| i64::from(class).to_le_bytes()).collect()
            }
        }
    }
}

/// Where the files of a workload are.
pub(crate) struct Files {
    weights: PathBuf,
    batch: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: &Path, workload: &str) -> Self {
        Files { weights: folder.join(weights_file(workload)), batch: folder.join(batch_file(workload)) }
    }

    pub(crate) fn write(&self, workload: &Workload) -> Fallible<()> {
        if let Some(weights) = &workload.weights {
            fs::write(&self.weights, weights())?;
        }
        let seeds = 1..;
        let drawn: Vec<_> =
            seeds.zip(&workload.inputs).map(|(seed, input)| (input, input.draw(seed))).collect();
        let views = drawn.iter().map(|(input, bytes)| {
            let view = TensorView::new(input.dtype(), input.dims.clone(), bytes);
            (input.name, view.expect("as many bytes as the dims say"))
        });
        Ok(fs::write(&self.batch, safetensors::serialize(views, None)?)?)
    }

    /// Takes the initial weights.
    pub(crate) fn initialize(&self, model: &mut impl Module) -> Fallible<()> {
        Ok(state_dict::load(model, &self.weights)?)
    }

    /// A tensor of numbers of the batch.
    pub(crate) fn tensor<S: Shape>(&self, name: &str, shape: S) -> Fallible<Tensor<S>> {
        let numbers = self.read(name, |bytes| f32::from_le_bytes(*bytes))?;
        Ok(Tensor::from_vec(shape, numbers))
    }

    /// A tensor of classes of the batch.
    pub(crate) fn classes(&self, name: &str) -> Fallible<Vec<u32>> {
        self.read(name, |bytes| i64::from_le_bytes(*bytes) as u32)
    }

    fn read<const WIDTH: usize, N>(&self, name: &str, number: fn(&[u8; WIDTH]) -> N) -> Fallible<Vec<N>> {
        let bytes = fs::read(&self.batch)?;
        let tensors = SafeTensors::deserialize(&bytes)?;
        let (numbers, _) = tensors.tensor(name)?.data().as_chunks();
        Ok(numbers.iter().map(number).collect())
    }
}
