//! How much memory the process has used.

/// The largest resident memory of this process so far, in units of 10⁶ bytes; `None` where the
/// operating system does not tell (it does on Linux).
///
/// # Source
/// `VmHWM` of `/proc/self/status`, in units of 1024 bytes: proc(5).
pub fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    parse(&status)
}

fn parse(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_the_line_of_the_kernel() {
        let status = "VmPeak:\t  999 kB\nVmHWM:\t  125000 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(super::parse(status), Some(128.0));
        assert_eq!(super::parse("VmPeak:\t 999 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_used_some() {
        assert!(super::peak_rss_mb().unwrap() > 0.5);
    }
}
