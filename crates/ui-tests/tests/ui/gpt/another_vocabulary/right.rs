//! A GPT of 84 characters reads tokens of 84.

use tenon_layers::prelude::*;
use tenon_models::Gpt;

fn main() {
    let model: Gpt<U84, U64, U32, U4, 2> = Init::init(&mut SeededRng::new(0));
    let tokens: Ids<(U1, U3), U84> = Ids::try_from_vec(Default::default(), vec![1, 2, 3]).unwrap();
    let _ = model.forward(tokens, &mut Context::<Cpu>::eval());
}
