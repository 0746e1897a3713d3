//! What this program asks valgrind: is it there, how many errors so far, and which bytes are undefined.
//!
//! A client request is five instructions that do nothing on a processor and that valgrind knows (valgrind.h, `__SPECIAL_INSTRUCTION_PREAMBLE`).
//! memcheck follows undefined bits through every operation and reports a branch or an address that depends on one. So bytes that are marked
//! undefined are secrets, and a report is a leak (Langley, ctgrind, 2010).

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the client requests are written for x86-64");

const RUNNING: u64 = 0x1001;
const COUNT_ERRORS: u64 = 0x1201;
// 'M' << 24 | 'C' << 16, memcheck.h
const MAKE_UNDEFINED: u64 = 0x4d43_0001;
const MAKE_DEFINED: u64 = 0x4d43_0002;
const GET_VBITS: u64 = 0x4d43_0008;

fn request(code: u64, a: u64, b: u64, c: u64) -> u64 {
    let arguments = [code, a, b, c, 0, 0];
    let mut answer = 0u64;
    // SAFETY: the four rotations add up to 128 bits, so rdi is as it was; the exchange of rbx with itself is none. valgrind reads the six
    // arguments, writes rdx, and, for GET_VBITS, the bytes at `b`, which the caller owns.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(), inout("rdx") answer, options(nostack)
        );
    }
    answer
}

/// Whether this runs under valgrind.
pub fn runs() -> bool {
    request(RUNNING, 0, 0, 0) > 0
}

/// Errors so far, also those that it has shown before.
pub fn errors() -> u64 {
    request(COUNT_ERRORS, 0, 0, 0)
}

/// Makes a value secret, where it stands.
pub fn hide<T: ?Sized>(value: &mut T) {
    let place = core::hint::black_box(core::ptr::from_mut(value));
    request(MAKE_UNDEFINED, place.cast::<u8>() as u64, size_of_val(value) as u64, 0);
    core::hint::black_box(place);
}

/// What the library calls where a value is public.
pub fn show(place: *const u8, len: usize) {
    request(MAKE_DEFINED, place as u64, len as u64, 0);
}

/// How many bits of these bytes are secret.
pub fn secret_bits(bytes: &[u8]) -> u32 {
    let mut bits = vec![0u8; bytes.len()];
    let answer = request(GET_VBITS, bytes.as_ptr() as u64, bits.as_mut_ptr() as u64, bytes.len() as u64);
    assert!(answer == 1, "valgrind does not know these bytes");
    core::hint::black_box(bits).iter().map(|b| b.count_ones()).sum()
}
