//! The declaration of a trait that holds when two axes are the same, with a message of its own.

/// Declares such a trait. `$rule` is a module for what it takes to say in decimal that the axes differ, see
/// [`crate::differ`]; the message speaks of the left axis as `{L}` and of the right one as `{R}`.
macro_rules! same_axis {
    (
        $(#[doc = $doc:literal])*
        $Trait:ident::$check:ident, $what:literal, $rule:ident:
        $($message:tt)*
    ) => {
        $(#[doc = $doc])*
        pub trait $Trait<R: Dim>: Dim {
            /// Compares two sizes known only at run time.
            ///
            /// # Panics
            /// If they differ.
            fn $check(self, expected: R);
        }

        impl<L: Dim, R: Dim> $Trait<R> for L
        where
            (): $rule::Same<L, R>,
        {
            #[inline(always)]
            fn $check(self, expected: R) {
                if L::STATIC.is_none() && self.size() != expected.size() {
                    $crate::failure::sizes_differ($what, self.size(), expected.size())
                }
            }
        }

        mod $rule {
            use typenum::{B0, B1, UInt, UTerm};

            use $crate::decimal::Decimal;
            use $crate::differ::{Never, each_difference};
            use $crate::dim::{Dim, Dyn};
            use $crate::same::Decoy;
            use $crate::same_axis::axes_differ;

            /// `L` and `R` are the same.
            #[diagnostic::on_unimplemented($($message)*)]
            pub(crate) trait Same<L, R> {}

            impl<This, Axis> Same<Axis, Axis> for This {}

            impl<This, Axis: Dim> Same<Axis, Decoy> for This {}

            each_difference!(axes_differ {});
            axes_differ!({} [X Y] Dyn, UInt<X, Y>);
            axes_differ!({} [X Y] UInt<X, Y>, Dyn);

            /// Leads to the message in decimal.
            pub(crate) trait Mismatch<L, R> {}

            impl<This, L: Decimal, R: Decimal> Mismatch<L, R> for This where
                This: InDecimal<L::Name, R::Name>
            {
            }

            /// Never implemented: carries the message in decimal.
            #[diagnostic::on_unimplemented($($message)*)]
            pub(crate) trait InDecimal<L, R>: Never {}
        }
    };
}
pub(crate) use same_axis;

/// The impl for one way in which two axes differ.
macro_rules! axes_differ {
    ({} [$($generic:ident)*] $left:ty, $right:ty) => {
        impl<This, $($generic),*> Same<$left, $right> for This where
            This: Never + Mismatch<$left, $right>
        {
        }
    };
}
pub(crate) use axes_differ;
