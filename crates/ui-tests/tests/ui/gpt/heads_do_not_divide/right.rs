//! A GPT of width 768 with 12 heads.

use tenon_layers::prelude::*;
use tenon_models::Gpt;

fn main() {
    let _: Option<Gpt<U84, U64, U768, U12, 2>> = None;
}
