//! An RV32IMAC core as qemu's `virt`: `minstret` counts, the serial port prints.

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::ptr::{addr_of, addr_of_mut};

/// What the image takes.
pub struct Size {
    pub flash: usize,
    /// Everything that has an address and is written: the heap is among it, the stack is not.
    pub ram: usize,
}

unsafe extern "C" {
    static image_start: u32;
    static image_end: u32;
    static static_start: u32;
    static mut static_end: u32;
    static stack_start: u32;
}

// The loader has put the image where it runs; what is zero is the loader's work too.
global_asm!(
    ".section .start, \"ax\"",
    ".global start",
    "start:",
    "la sp, stack_start",
    "call main",
    "1: j 1b",
);

#[macro_export]
macro_rules! entry {
    ($body:block) => {
        // SAFETY: the only symbol of this name, called once by the code that the core starts with.
        #[unsafe(no_mangle)]
        extern "C" fn main() -> ! $body
    };
}

#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::board::write(format_args!($($arg)*)) };
}
pub use print;

struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the board's serial port.
        text.bytes().for_each(|byte| unsafe { (0x1000_0000 as *mut u8).write_volatile(byte) });
        Ok(())
    }
}

pub fn write(text: fmt::Arguments<'_>) {
    let _ = writeln!(Serial, "{text}");
}

pub fn exit(passed: bool) -> ! {
    // SAFETY: the board's test device: it ends the emulator.
    unsafe { (0x0010_0000 as *mut u32).write_volatile(if passed { 0x5555 } else { 0x1_3333 }) };
    loop {
        core::hint::spin_loop();
    }
}

fn retired() -> u64 {
    loop {
        let (high, low, again): (u32, u32, u32);
        // SAFETY: reads counters.
        unsafe {
            asm!("csrr {}, minstreth", "csrr {}, minstret", "csrr {}, minstreth", out(reg) high, out(reg) low, out(reg) again)
        };
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// The instructions that `f` takes.
pub fn measure<T>(f: impl FnOnce() -> T) -> (T, u64) {
    let before = retired();
    let result = f();
    (result, retired() - before)
}

const PAINT: u32 = 0xa5a5_a5a5;

/// Fills what the stack has not reached yet, between the static memory and some words below this frame.
#[inline(never)]
pub fn paint_stack() {
    let here = 0_u32;
    let end = addr_of!(here) as usize - 256;
    let mut at = addr_of_mut!(static_end);
    while (at as usize) < end {
        // SAFETY: memory above all static variables and below the stack.
        unsafe { at.write_volatile(PAINT) };
        at = at.wrapping_add(1);
    }
}

/// How far down the stack has ever reached.
pub fn stack() -> usize {
    let mut at = addr_of!(static_end);
    // SAFETY: the memory that was painted; above it is the stack.
    while unsafe { at.read_volatile() } == PAINT {
        at = at.wrapping_add(1);
    }
    assert!(at != addr_of!(static_end), "the stack has met the static variables");
    addr_of!(stack_start) as usize - at as usize
}

pub fn size() -> Size {
    Size {
        flash: addr_of!(image_end) as usize - addr_of!(image_start) as usize,
        ram: addr_of!(static_end) as usize - addr_of!(static_start) as usize,
    }
}
