//! The little JSON that reading a compiler's messages takes.

/// The first value of `"key"` in `object` that is a string, with its escapes resolved.
///
/// A quoted key cannot occur inside a string of valid JSON, where its quotes would be escaped; so
/// looking for the text of the key is enough.
pub(crate) fn string_field(object: &str, key: &str) -> Option<String> {
    let start = format!("\"{key}\":\"");
    let position = object.find(&start)?;
    unescape(&object[position + start.len()..])
}

/// The text up to the closing quote; `None` if it is not the inside of a JSON string.
fn unescape(text: &str) -> Option<String> {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let special = rest.find(['"', '\\'])?;
        output.push_str(&rest[..special]);
        if rest.as_bytes()[special] == b'"' {
            return Some(output);
        }
        let (character, length) = escape(&rest[special + 1..])?;
        output.push(character);
        rest = &rest[special + 1 + length..];
    }
}

/// The character that an escape stands for and the length of the escape, without its backslash.
fn escape(text: &str) -> Option<(char, usize)> {
    let character = match text.chars().next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        same @ ('"' | '\\' | '/') => same,
        'u' => return unicode_escape(text),
        _ => return None,
    };
    Some((character, 1))
}

/// `u0041`, or two escapes that are the halves of one character beyond 16 bits.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let first = code_unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 5));
    }
    let second = code_unit(text[5..].strip_prefix('\\')?)?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, 11))
}

fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let all_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_string() {
        let object = r#"{"children":[{"rendered":null}],"rendered":"error","other":"x"}"#;
        assert_eq!(string_field(object, "rendered").as_deref(), Some("error"));
        assert_eq!(string_field(object, "reason"), None);
    }

    #[test]
    fn is_not_fooled_by_a_key_inside_a_string() {
        let object = r#"{"text":"\"rendered\":\"no\"","rendered":"yes"}"#;
        assert_eq!(string_field(object, "rendered").as_deref(), Some("yes"));
    }

    #[test]
    fn resolves_every_escape() {
        let text = r#"a\"\\\/\b\f\n\r\té\u00e9\ud83e\udd80" tail"#;
        assert_eq!(unescape(text).as_deref(), Some("a\"\\/\u{8}\u{c}\n\r\téé🦀"));
    }

    #[test]
    fn rejects_malformed_strings() {
        for text in ["no end", "bad \\x\"", "short \\u12\"", "sign \\u+123\"", "half \\ud83e\""] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }
}
