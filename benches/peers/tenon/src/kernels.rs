//! Single operations.

use tenon_layers::prelude::*;
use tenon_layers::tensor::{Array, Attention, Window};
use tenon_optim::{Adam, Optimizer};
use tenon_peers_protocol::{Fallible, Run, digest};

use crate::files::{Files, Input};
use crate::inference::computation;
use crate::work::Work;
use crate::workloads::Workload;

fn kernel(
    inputs: Vec<Input>,
    work: Work,
    load: impl Fn(&Files) -> Fallible<Box<dyn Run>> + 'static,
) -> Workload {
    Workload { inputs, weights: None, work: Box::new(move || work), load: Box::new(load) }
}

/// `a · b` of sizes `(M, K) · (K, N)`.
pub(crate) fn gemm([m, k, n]: [usize; 3]) -> Workload {
    let inputs = vec![Input::uniform("a", &[m, k]), Input::uniform("b", &[k, n])];
    let numbers = m * k + k * n + m * n;
    kernel(inputs, Work::new(2 * m * k * n, numbers), move |files| {
        let a = files.tensor("a", (Dyn(m), Dyn(k)))?;
        let b = files.tensor("b", (Dyn(k), Dyn(n)))?;
        Ok(computation(move || a.matmul(&b).array().clone()))
    })
}

/// A convolution of 64 channels with 64 others at every position.
pub(crate) fn conv3x3() -> Workload {
    let (image, weight) = (<shape![16, 64, 32, 32]>::default(), <shape![64, 64, 3, 3]>::default());
    let inputs = vec![Input::uniform("x", &image.dims()), Input::uniform("weight", &weight.dims())];
    let work = Work::new(2 * image.numel() * 64 * 9, 2 * image.numel() + weight.numel());
    kernel(inputs, work, move |files| {
        let (x, weight) = (files.tensor("x", image)?, files.tensor("weight", weight)?);
        Ok(computation(move || x.conv2d(&weight, Window::<U1, U1>::new()).array().clone()))
    })
}

/// A convolution of each channel with itself.
pub(crate) fn depthwise3x3() -> Workload {
    let (image, weight) = (<shape![8, 64, 56, 56]>::default(), <shape![64, 1, 3, 3]>::default());
    let inputs = vec![Input::uniform("x", &image.dims()), Input::uniform("weight", &weight.dims())];
    let work = Work::new(2 * image.numel() * 9, 2 * image.numel() + weight.numel());
    kernel(inputs, work, move |files| {
        let (x, weight) = (files.tensor("x", image)?, files.tensor("weight", weight)?);
        Ok(computation(move || {
            x.conv2d_grouped::<U64, _, _, _, _, _, _, _>(&weight, Window::<U1, U1>::new()).array().clone()
        }))
    })
}

/// Every query sees every key.
pub(crate) fn attention() -> Workload {
    let shape = <shape![4, 6, 256, 64]>::default();
    let inputs = ["q", "k", "v"].map(|name| Input::uniform(name, &shape.dims()));
    let work = Work::new(4 * shape.numel() * 256, 4 * shape.numel());
    kernel(inputs.into(), work, move |files| {
        let [q, k, v] = [files.tensor("q", shape)?, files.tensor("k", shape)?, files.tensor("v", shape)?];
        Ok(computation(move || q.attention(&k, &v, &Attention::default()).array().clone()))
    })
}

pub(crate) fn softmax() -> Workload {
    let shape = (Dyn(4096), Dyn(1024));
    let numel = 4096 * 1024;
    // A maximum, a difference, an exponential, a sum, a quotient.
    kernel(vec![Input::uniform("x", &shape.dims())], Work::new(5 * numel, 2 * numel), move |files| {
        let x = files.tensor("x", shape)?;
        Ok(computation(move || x.clone().softmax::<1>().array().clone()))
    })
}

pub(crate) fn layer_norm() -> Workload {
    let shape = (Dyn(4096), U768::new());
    let numel = 4096 * 768;
    let inputs = vec![
        Input::uniform("x", &shape.dims()),
        Input::uniform("weight", &[768]),
        Input::uniform("bias", &[768]),
    ];
    // Two for the mean and the differences from it, two for their squares, three for the result.
    kernel(inputs, Work::new(7 * numel, 2 * numel), move |files| {
        let x = files.tensor("x", shape)?;
        let weight: Tensor<(U768,)> = files.tensor("weight", Default::default())?;
        let bias: Tensor<(U768,)> = files.tensor("bias", Default::default())?;
        Ok(computation(move || x.layer_norm(&weight, &bias, 1e-5).array().clone()))
    })
}

/// An update of ten million parameters.
struct Update {
    optimizer: Optimizer<Adam>,
    parameter: Array<f32>,
    gradient: Array<f32>,
}

impl Run for Update {
    fn run(&mut self) -> Fallible<()> {
        self.optimizer.step(1e-3).update("parameter", &mut self.parameter, Some(&self.gradient));
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        Ok(digest(&self.parameter.to_vec()))
    }
}

pub(crate) fn adam() -> Workload {
    const N: usize = 10_000_000;
    let inputs = vec![Input::uniform("parameter", &[N]), Input::uniform("gradient", &[N])];
    // Reads four numbers, writes three, and computes about a dozen operations of each parameter.
    kernel(inputs, Work::new(12 * N, 7 * N), |files| {
        Ok(Box::new(Update {
            optimizer: Optimizer::new(Adam::default()),
            parameter: files.tensor("parameter", (Dyn(N),))?.into_value().array().clone(),
            gradient: files.tensor("gradient", (Dyn(N),))?.into_value().array().clone(),
        }))
    })
}
