//! The kernels against the oracle of [`tenon_kernels::naive`]: any sizes and strides, outputs that
//! start as NaN, every level of instructions, and the same bits for one, two and three threads.

mod batch_norm;
mod conv2d;
mod elementwise;
mod gemm;
mod index;
mod optim;
mod pool2d;
mod power;
mod random;
mod reduce;
mod running_sum;
mod softmax;
mod support;
mod threads;
mod top_k;
mod transformer;
mod vector;
