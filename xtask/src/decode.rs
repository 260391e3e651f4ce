//! Shape errors in decimal.
//!
//! The compiler prints a number as typenum spells it, bit by bit (`UInt<UInt<UTerm, B1>, B0>` is
//! 2), or as tenon-shape names it in a message (`_784`, and `_50<_257>` for 50257).

/// What the compiler says about types it has abbreviated, which here it has not, and about the
/// traits that lead to a message.
const NOISE: [&str; 5] = [
    "the full name for the type has been written to",
    "the full type name has been written to",
    "consider using `--verbose` to print the full type name",
    "InDecimal<",
    "required for `()` to implement",
];

/// The text of a compiler message with its numbers in decimal, without what only explains how
/// they are spelled.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    for line in text.lines() {
        if is_source(line) {
            decoded += line;
        } else {
            let numbered = with_numbers(line);
            let line = without_bit_label(&numbered);
            if line.is_empty() && !numbered.is_empty() || is_noise(line) {
                continue;
            }
            decoded += line;
        }
        decoded.push('\n');
    }
    decoded
}

/// Whether a line quotes the user's program: `12 | let y = x.matmul(&w);`.
fn is_source(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest.starts_with(" |") || rest.starts_with(" /"))
}

/// Whether a note says nothing to the user. The message itself, the first line, is never one.
fn is_noise(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("= ") || line.starts_with("help:") || line.starts_with("note:"))
        && NOISE.iter().any(|noise| line.contains(noise))
}

/// Cuts "expected `2`, found `1`" off the end: of two types that differ, the compiler names the
/// innermost parts that do, which are bits of a number and not the number.
fn without_bit_label(line: &str) -> &str {
    let Some((before, label)) = line.rsplit_once("expected `") else { return line };
    let Some((expected, found)) = label.split_once("`, found `") else { return line };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(expected) || !is_number(found.trim_end_matches('`')) {
        return line;
    }
    match before.trim_end() {
        help if help.starts_with(|c: char| c.is_whitespace()) && help.contains("= ") => "",
        underlined => underlined,
    }
}

/// The line with every number in decimal.
fn with_numbers(line: &str) -> String {
    let mut decoded = String::with_capacity(line.len());
    let mut rest = line;
    let mut inside_word = false;
    while let Some(next) = rest.chars().next() {
        if !inside_word && let Some((digits, after)) = number(rest) {
            decoded += &digits;
            rest = after;
            inside_word = true;
            continue;
        }
        decoded.push(next);
        inside_word = is_word(next) || next == ':';
        rest = &rest[next.len_utf8()..];
    }
    decoded
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Splits an identifier off the front.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()))
}

/// Splits a path such as `tenon_shape::typenum::UInt` off the front; returns its last part.
fn path(text: &str) -> (&str, &str) {
    let (mut name, mut rest) = word(text);
    while let Some(after) = rest.strip_prefix("::")
        && !name.is_empty()
    {
        (name, rest) = word(after);
    }
    (name, rest)
}

/// Splits a size, however it is spelled, off the front; returns its decimal digits, or `Dyn`.
fn number(text: &str) -> Option<(String, &str)> {
    let (name, rest) = path(text);
    match name {
        "UTerm" | "UInt" => tower(text).map(|(value, rest)| (value.to_string(), rest)),
        "Dyn" | "_Dyn" => Some(("Dyn".to_owned(), rest)),
        _ => {
            let digits = name.strip_prefix('_')?;
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // The groups of three digits nest: the next one is the parameter of this one.
            let lower = rest.strip_prefix('<').and_then(number);
            match lower.and_then(|(lower, rest)| Some((lower, rest.strip_prefix('>')?))) {
                Some((lower, rest)) => Some((digits.to_owned() + &lower, rest)),
                None => Some((digits.to_owned(), rest)),
            }
        }
    }
}

/// Splits typenum's spelling of a number off the front.
fn tower(text: &str) -> Option<(u128, &str)> {
    let (name, rest) = path(text);
    if name == "UTerm" {
        return Some((0, rest));
    }
    let rest = rest.strip_prefix('<').filter(|_| name == "UInt")?;
    let (high, rest) = tower(rest)?;
    let (bit, rest) = path(rest.strip_prefix(", ")?);
    let low = match bit {
        "B0" => 0,
        "B1" => 1,
        _ => return None,
    };
    let rest = rest.strip_prefix('>')?;
    Some((high.checked_mul(2)? + low, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_under_any_path() {
        assert_eq!(decode("UTerm"), "0\n");
        assert_eq!(decode("UInt<UInt<UTerm, B1>, B0>"), "2\n");
        assert_eq!(
            decode("`(Dyn, tenon_shape::typenum::UInt<typenum::UInt<UTerm, typenum::B1>, B1>)`"),
            "`(Dyn, 3)`\n"
        );
        assert_eq!(
            decode("left is (_Dyn, tenon_shape::decimal::_50<_257>), right is tenon_layers::prelude::Dyn"),
            "left is (Dyn, 50257), right is Dyn\n"
        );
        assert_eq!(decode("_1<_000<_007>>"), "1000007\n");
    }

    #[test]
    fn what_is_not_a_whole_number_stays() {
        for text in
            ["UInt<UInt<..., ...>, ...>", "UInt<_, B1>", "MyUTerm", "UTerminal", "x_10", "_", "_a1", "1_000"]
        {
            assert_eq!(decode(text), format!("{text}\n"));
        }
    }

    #[test]
    fn source_lines_are_quoted_as_they_are() {
        let text = "12 |     let x: UTerm = _1;\n   |            ^^^^^ _1";
        assert_eq!(decode(text), "12 |     let x: UTerm = _1;\n   |            ^^^^^ 1\n");
    }

    #[test]
    fn a_relation_reads_as_its_message() {
        let text = "\
error[E0277]: matmul: the inner dimensions differ: left has _784, right has _128
  --> src/main.rs:12:12
   |
12 |  let _ = a.matmul(&b);
   |            ^^^^^^ the inner dimensions differ
   |
   = help: the trait `tenon_shape::matmul::contract::InDecimal<_784, _128>` is not implemented for `()`
   = note: (M, K) times (K, N) gives (M, N)
   = note: required for `()` to implement `Mismatch<UInt<UInt<UTerm, B1>, B0>, UInt<UTerm, B1>>`
   = note: required for `(UInt<UTerm, B1>, UInt<UInt<UTerm, B1>, B0>)` to implement `Multiply<(UInt<UTerm, B1>,)>`
   = note: the full name for the type has been written to '/target/debug/deps/a.long-type-1.txt'
   = note: consider using `--verbose` to print the full type name to the console
";
        let decoded = "\
error[E0277]: matmul: the inner dimensions differ: left has 784, right has 128
  --> src/main.rs:12:12
   |
12 |  let _ = a.matmul(&b);
   |            ^^^^^^ the inner dimensions differ
   |
   = note: (M, K) times (K, N) gives (M, N)
   = note: required for `(1, 2)` to implement `Multiply<(1,)>`
";
        assert_eq!(decode(text), decoded);
    }

    #[test]
    fn labels_about_single_bits_are_dropped() {
        let text = "\
   |     --- ^^ expected `UTerm`, found `UInt<UTerm, B1>`
   = help: for that trait implementation, expected `UInt<UInt<UTerm, B1>, B1>`, found `UTerm`
   = note: expected reference `&Tensor<(UInt<UInt<UTerm, B1>, B0>, _)>`
              found reference `&Tensor<(UInt<UInt<UTerm, B1>, B1>, Dyn)>`
";
        let decoded = "\
   |     --- ^^
   = note: expected reference `&Tensor<(2, _)>`
              found reference `&Tensor<(3, Dyn)>`
";
        assert_eq!(decode(text), decoded);
    }

    /// The messages that the compile-fail cases pin; `cargo xtask check` asks for unabbreviated
    /// types, which these are not, so a number that is cut short by `...` is left out here.
    #[test]
    fn every_pinned_message_is_decimal() {
        let mut folders = vec![crate::workspace::root().join("crates/ui-tests/tests/ui")];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the cases are in the workspace") {
                let path = entry.expect("a case").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "stderr") {
                    seen += 1;
                    let decoded = decode(&std::fs::read_to_string(&path).expect("a message"));
                    let binary = decoded.lines().find(|line| line.contains("UInt<") && !line.contains("..."));
                    assert_eq!(binary, None, "{}", path.display());
                }
            }
        }
        assert!(seen >= 20, "{seen} messages");
    }
}
