//! Rust text without its comments and literals, for rules about code alone.

/// `source` with every character of a comment, string or character literal replaced by a space;
/// line breaks stay, so that line numbers do.
pub(crate) fn code_only(source: &str) -> String {
    let mut output = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let previous = output.chars().next_back();
        let hidden = hidden_length(rest, previous);
        if hidden == 0 {
            output.push(character);
            rest = &rest[character.len_utf8()..];
        } else {
            output.extend(rest[..hidden].chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = &rest[hidden..];
        }
    }
    output
}

/// The length of the comment or literal at the start of `text`, 0 if there is none.
fn hidden_length(text: &str, previous: Option<char>) -> usize {
    if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if text.starts_with("/*") {
        block_comment_length(text)
    } else if let Some(body) = text.strip_prefix('"') {
        1 + quoted_length(body, '"')
    } else if text.starts_with('\'') {
        character_length(text)
    } else if text.starts_with('r') && !previous.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        raw_string_length(text)
    } else {
        0
    }
}

/// Block comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (position, _) in text.char_indices() {
        if text[position..].starts_with("/*") {
            depth += 1;
        } else if text[..position].ends_with("*/") {
            depth -= 1;
            if depth == 0 {
                return position;
            }
        }
    }
    text.len()
}

/// The length up to and including the first `quote` that no backslash precedes.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return position + 1;
        }
    }
    text.len()
}

/// A character literal ends in a quote; a lifetime does not.
fn character_length(text: &str) -> usize {
    let mut characters = text.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => 1 + quoted_length(&text[1..], '\''),
        _ => 0,
    }
}

/// `r"…"`, `r#"…"#` and so on.
fn raw_string_length(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|&byte| byte == b'#').count();
    let start = 1 + hashes;
    if !text[start..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = start + 1;
    text[body..].find(&end).map_or(text.len(), |position| body + position + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_comments_and_literals() {
        for hidden in [
            "// unsafe\n",
            "/* unsafe /* unsafe */ unsafe */",
            r#""unsafe \" unsafe""#,
            r###"r#"unsafe " unsafe"#"###,
            "'\"' /* unsafe */ '\"'",
            r"'\'' /* unsafe */",
        ] {
            let text = format!("let a = {hidden} ; b");
            let code = code_only(&text);
            assert!(!code.contains("unsafe"), "{text}");
            assert!(code.starts_with("let a = ") && code.ends_with(" ; b"), "{code}");
            assert_eq!(code.lines().count(), text.lines().count());
        }
    }

    #[test]
    fn keeps_code() {
        for code in ["fn f<'a>(x: &'a str) {}", "r#type", "for r in a / b {}", "unsafe { f() }"] {
            assert_eq!(code_only(code), code);
        }
    }
}
