//! What the firmware of every scene does: play, compare, report.

use crate::board::{self, print};
use crate::heap::Heap;
use crate::scene::Scene;
use crate::script::{Said, Script};

/// A firmware: its heap in KiB, its script, its scene.
#[macro_export]
macro_rules! firmware {
    ($kib:literal, $script:literal, $scene:ty) => {
        #[global_allocator]
        static HEAP: $crate::heap::Heap<{ $kib * 128 }> = $crate::heap::Heap::new();

        $crate::entry!({
            static SCRIPT: &[u8] = include_bytes!(concat!(env!("SCRIPTS"), "/", $script));
            $crate::firmware::play::<$scene, _>(&HEAP, SCRIPT)
        });
    };
}

/// Plays the scene and prints what it took. Any difference from the script is a panic, and that a failure of the program.
pub fn play<S: Scene, const N: usize>(heap: &Heap<N>, bytes: &[u8]) -> ! {
    heap.init();
    let mut script = Script::new(bytes);
    let mut said = Said::default();
    let (mut total, mut stack) = (0, 0);
    let mut turn = |name: &str, (instructions, deep): (u64, usize)| {
        print!("{instructions:>12} instructions, {deep} bytes of stack: {name}");
        total += instructions;
        stack = deep.max(stack);
    };
    let stored = script.list();
    let me = quorate::party::PartyId::new(1).expect("not zero");
    let mut turns = S::TURNS.iter();
    let (stored, took) = measured(|| S::load(&stored));
    turn("read what is stored", took);
    let (mut party, took) = measured(|| {
        let mut party = S::start(me, stored);
        party.post(&mut |_, message| said.add(message));
        party
    });
    turn(turns.next().expect("a name"), took);
    for name in turns {
        let messages = script.list();
        let (output, took) = measured(|| {
            // A message is in memory while it is taken, as if a radio had put it there.
            messages.iter().for_each(|message| party.receive(message.to_vec()));
            let output = party.advance();
            party.post(&mut |_, message| said.add(message));
            output
        });
        turn(name, took);
        if let Some(output) = output {
            let sent = said.bytes;
            said.add(&S::result(&output));
            assert!(script.is_over(), "something is left of the script");
            assert_eq!(said.finish(), *script.said, "another message or result than on the host");
            print!("{total:>12} instructions in all; {sent} bytes sent and the result are those of the host");
            let (peak, size) = (heap.peak(), board::size());
            print!(
                "{:>12} bytes of heap at the peak; {} up to the highest, of {}",
                peak.live,
                peak.reach,
                heap.size()
            );
            print!("{stack:>12} bytes of stack at the peak");
            print!("{:>12} bytes of other RAM", size.ram - heap.size());
            print!("{:>12} bytes of RAM in all", size.ram + stack);
            print!(
                "{:>12} bytes of flash without the script, which has {}",
                size.flash - bytes.len(),
                bytes.len()
            );
            board::exit(true);
        }
    }
    panic!("no result");
}

/// What `f` takes: instructions, and how deep the stack gets.
fn measured<T>(f: impl FnOnce() -> T) -> (T, (u64, usize)) {
    board::paint_stack();
    let (result, instructions) = board::measure(f);
    (result, (instructions, board::stack()))
}

#[panic_handler]
fn stop(info: &core::panic::PanicInfo<'_>) -> ! {
    print!("{info}");
    board::exit(false)
}
