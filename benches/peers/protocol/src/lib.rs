//! What the driver of the comparison and its workers say to each other: one JSON value a line, over
//! the worker's standard input and output.
//!
//! A worker greets with a [`Hello`], then answers each [`Request`] with the reply named there. It
//! is a process for one workload, so that its cold first run and its peak memory are those of this
//! workload alone.

#![forbid(unsafe_code)]

mod memory;
mod worker;

use serde::{Deserialize, Serialize};

pub use worker::{Fallible, Run, Supported, Unsupported, digest, serve};

/// The workloads, as the driver knows them. Those whose names contain `-train-` are steps of
/// training, from a batch to the updated parameters.
pub const WORKLOADS: [&str; 21] = [
    "mlp-train-b128-adam",
    "mlp-infer-b1",
    "lenet-train-b64-sgdm",
    "lenet-infer-b1",
    "resnet20-train-b32-sgdm",
    "resnet18-224-infer-b1",
    "lstm-train-b32-t64-adam",
    "gpt-6x384-train-b4-t256-adamw",
    "gpt-2x64-train-b16-t64-adamw",
    "bert-minilm-infer-b1-t32",
    "bert-minilm-infer-b16-t128",
    "gpt-6x384-decode",
    "gemm-256",
    "gemm-1024",
    "gemv-1024",
    "conv3x3-64c-32px-b16",
    "depthwise3x3-64c-56px-b8",
    "attention-b4-h6-t256-d64",
    "softmax-4096x1024",
    "layernorm-4096x768",
    "adam-10M",
];

/// How many runs follow the loading of a workload, for their losses to be compared.
pub const CHECKED_RUNS: usize = 3;

/// The file of a workload's initial state dict, in the folder that the workers are given.
pub fn weights_file(workload: &str) -> String {
    format!("{workload}.weights.safetensors")
}

/// The file of what a workload computes on.
pub fn batch_file(workload: &str) -> String {
    format!("{workload}.batch.safetensors")
}

/// A worker's first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hello {
    /// The version of the library that it measures.
    Version(String),
    /// What it lacks to do so.
    Missing(String),
}

/// What the driver asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// Load a workload from its files and run it [`CHECKED_RUNS`] times: [`Ready`].
    Load(String),
    /// Run it so many times and say how long each took: [`Times`].
    Time(usize),
    /// Say how much memory it took, and end: [`Finished`].
    Finish,
}

/// What came of the first runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// What each run computed: the loss of a step of training, or else the [`digest`] of the result.
    pub losses: Vec<f64>,
    /// The seconds of the first run.
    pub first: f64,
}

/// The seconds of each run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// In order.
    pub seconds: Vec<f64>,
}

/// The end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finished {
    /// The largest resident memory of the process, in bytes; 0 where the system does not tell.
    pub rss: u64,
}

/// A reply, or why there is none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply<T> {
    /// The answer.
    Answer(T),
    /// The library cannot do what was asked.
    Refusal {
        /// Why.
        unsupported: String,
    },
}
