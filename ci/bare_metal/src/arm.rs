//! A Cortex-M4F as qemu's `mps2-an386`: SysTick counts, semihosting prints.

use core::ptr::{addr_of, addr_of_mut};

use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
pub use cortex_m_rt::entry as main;
use cortex_m_semihosting::debug;

/// What the image takes.
pub struct Size {
    pub flash: usize,
    /// Everything that has an address: the heap is among it, the stack is not.
    pub ram: usize,
}

unsafe extern "C" {
    static __sdata: u32;
    static __edata: u32;
    static __sidata: u32;
    static mut __sheap: u32;
    static _stack_start: u32;
}

#[macro_export]
macro_rules! entry {
    ($body:block) => {
        #[$crate::board::main]
        fn main() -> ! $body
    };
}

#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::board::write(format_args!($($arg)*)) };
}
pub use print;

pub fn write(text: core::fmt::Arguments<'_>) {
    cortex_m_semihosting::hprintln!("{}", text);
}

pub fn exit(passed: bool) -> ! {
    debug::exit(if passed { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {
        cortex_m::asm::nop();
    }
}

/// SysTick counts the core's clock, 25 MHz on this board; with `-icount shift=0` an instruction takes a nanosecond.
const INSTRUCTIONS: u64 = 40;
const LONGEST: u32 = 0x00ff_ffff;

/// The instructions that `f` takes, to 40.
pub fn measure<T>(f: impl FnOnce() -> T) -> (T, u64) {
    // SAFETY: nothing else uses SysTick.
    let mut timer = unsafe { Peripherals::steal() }.SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(LONGEST);
    timer.clear_current();
    timer.enable_counter();
    while cortex_m::peripheral::SYST::get_current() == 0 {}
    let before = cortex_m::peripheral::SYST::get_current();
    timer.has_wrapped();
    let result = f();
    let after = cortex_m::peripheral::SYST::get_current();
    assert!(!timer.has_wrapped(), "too long for the timer");
    (result, u64::from(before - after) * INSTRUCTIONS)
}

const PAINT: u32 = 0xa5a5_a5a5;

/// Fills what the stack has not reached yet, between the static memory and some words below this frame.
#[inline(never)]
pub fn paint_stack() {
    let here = 0_u32;
    let end = addr_of!(here) as usize - 256;
    let mut at = addr_of_mut!(__sheap);
    while (at as usize) < end {
        // SAFETY: memory above all static variables and below the stack.
        unsafe { at.write_volatile(PAINT) };
        at = at.wrapping_add(1);
    }
}

/// How far down the stack has ever reached.
pub fn stack() -> usize {
    let mut at = addr_of!(__sheap);
    // SAFETY: the memory that was painted; above it is the stack.
    while unsafe { at.read_volatile() } == PAINT {
        at = at.wrapping_add(1);
    }
    assert!(at != addr_of!(__sheap), "the stack has met the static variables");
    addr_of!(_stack_start) as usize - at as usize
}

pub fn size() -> Size {
    let data = addr_of!(__edata) as usize - addr_of!(__sdata) as usize;
    let ram = addr_of!(__sheap) as usize - 0x2000_0000;
    Size { flash: addr_of!(__sidata) as usize + data, ram }
}
