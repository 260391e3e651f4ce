//! A layer cannot have a size known only at run time.

use tenon_layers::prelude::*;

fn main() {
    let _: Linear<Dyn, U10> = Init::init(&mut SeededRng::new(0));
}
