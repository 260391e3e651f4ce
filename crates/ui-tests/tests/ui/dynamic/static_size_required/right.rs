//! A layer has static sizes.

use tenon_layers::prelude::*;

fn main() {
    let _: Linear<U784, U10> = Init::init(&mut SeededRng::new(0));
}
