//! Prints what of the processor this program sees, in valgrind what valgrind shows: the code that is counted depends on it.

fn main() {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! show {
            ($($name:tt)*) => { $(print!(" {}{}", if is_x86_feature_detected!($name) { "+" } else { "-" }, $name);)* };
        }
        print!("x86_64");
        show!("sse4.1" "avx2" "aes" "pclmulqdq" "bmi2" "adx" "sha" "avx512f");
    }
    #[cfg(not(target_arch = "x86_64"))]
    print!("{}", std::env::consts::ARCH);
    println!();
}
