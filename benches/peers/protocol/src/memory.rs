//! How much memory this process has used.

/// The largest resident memory so far, in bytes; 0 where the system does not tell (Linux does, in
/// `VmHWM` of `/proc/self/status`, in units of 1024 bytes).
pub(crate) fn peak_rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    parse(&status).unwrap_or(0)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_the_line_of_the_kernel() {
        assert_eq!(super::parse("VmPeak:\t  999 kB\nVmHWM:\t  125 kB\n"), Some(128_000));
        assert_eq!(super::parse("VmPeak:\t 999 kB\n"), None);
    }
}
