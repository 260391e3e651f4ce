//! The worker that times Tenon, and prepares what all workers compute on.
//!
//! - `FOLDER` answers the driver (see the protocol);
//! - `prepare FOLDER WORKLOAD` writes the files of a workload and prints its [`Work`](work::Work);
//! - `limits` prints what the machine can do at most.

#![forbid(unsafe_code)]

mod decoding;
mod encoding;
mod files;
mod inference;
mod kernels;
mod training;
mod work;
mod workloads;

use std::path::Path;

use serde_json::json;
use tenon_kernels::limits;
use tenon_peers_protocol::{Fallible, Unsupported, serve};

use files::Files;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &Vec::from_iter(arguments.iter().map(String::as_str))[..] {
        ["limits"] => {
            let (flops, bytes) = (limits::flops_per_second(), limits::bytes_per_second());
            println!("{}", json!({ "flops": flops, "bytes": bytes }));
            Ok(())
        }
        ["prepare", folder, name] => {
            let workload = workloads::find(name).ok_or_else(|| format!("no workload `{name}`"))?;
            let files = Files::new(Path::new(folder), name);
            files.write(&workload)?;
            let work = (workload.work)();
            println!("{}", json!({ "flops": work.flops, "bytes": work.bytes }));
            Ok(())
        }
        _ => serve(env!("CARGO_PKG_VERSION"), |name, folder| {
            let Some(workload) = workloads::find(name) else { return Ok(Err(Unsupported::UNKNOWN)) };
            Ok(Ok((workload.load)(&Files::new(folder, name))?))
        }),
    }
}
