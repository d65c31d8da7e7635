//! Sound goes through without a copy: fifty messages a second and call are read without an allocation, and written
//! with one.

#![expect(unsafe_code, reason = "only an allocator can count allocations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use phony_carriers::twilio::streams::{FromCarrier, StreamWriter};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = COUNT.get();
    let done = work();
    (COUNT.get() - before, done)
}

#[test]
fn sound_is_read_without_an_allocation_and_written_with_one() {
    let payload = "/".repeat(216);
    let text = format!(
        r#"{{"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{{"track":"inbound","chunk":"1","timestamp":"66","payload":"{payload}"}}}}"#
    );
    let (count, read) = allocations(|| FromCarrier::parse(&text));
    assert!(matches!(read, Ok(FromCarrier::Media(media)) if media.payload == payload));
    assert_eq!(count, 0);

    let writer = StreamWriter::new("MZ1");
    let (count, frame) = allocations(|| writer.media(&payload));
    assert!(frame.contains(&payload));
    assert_eq!(count, 1);
    assert_eq!(allocations(|| writer.mark("utt-7.end")).0, 1);
}
