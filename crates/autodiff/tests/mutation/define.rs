//! Operations in a few lines, so that a mutant visibly differs from its twin.

/// Defines an operation on single elements together with its proof. `forward` sees the element
/// type as `E`, `vjp` the backend as `B`.
macro_rules! unary {
    (
        $(#[$doc:meta])*
        $Name:ident: reads $reads:expr,
        forward |$x:ident| $forward:expr,
        vjp |$at:ident| $vjp:expr,
        oracle |$number:ident| $oracle:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        struct $Name;

        impl tenon_tensor::Op<1> for $Name {
            const NAME: &'static str = stringify!($Name);
            const READS: tenon_tensor::Reads<1> = $reads;

            fn forward<E: tenon_tensor::Element>(
                &self,
                [$x]: [tenon_tensor::Array<E>; 1],
            ) -> tenon_tensor::Array<E> {
                $forward
            }

            fn vjp<B: tenon_tensor::Backend>(
                &self,
                $at: tenon_tensor::Vjp<tenon_tensor::Value<B>, 1>,
            ) -> [Option<tenon_tensor::Value<B>>; 1] {
                [Some($vjp)]
            }
        }

        impl tenon_tensor::proof::Proof<1> for $Name {
            const PROVES: &'static str = stringify!($Name);

            fn draw(draw: &mut tenon_tensor::proof::Draw<'_>) -> (Self, [tenon_tensor::Dims; 1]) {
                ($Name, [draw.any_dims()])
            }

            fn run<B: tenon_tensor::Backend>(
                &self,
                args: [tenon_tensor::Value<B>; 1],
            ) -> tenon_tensor::Value<B> {
                tenon_tensor::Op::on(*self, args)
            }

            fn oracle(
                &self,
                [x]: [&tenon_tensor::proof::Naive; 1],
            ) -> tenon_tensor::proof::Naive {
                x.map(|$number| $oracle)
            }
        }
    };
}
