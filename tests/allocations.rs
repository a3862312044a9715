//! Frame after frame is looked at in the same memory. An allocator that counts says so.
#![allow(unsafe_code, reason = "an allocator that counts is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::{Path, PathBuf};

use moodbox::bench::vision::{SIZE, frame, scene};
use moodbox::ports::camera::{Frame, PixelFormat};
use moodbox::ports::vision::{Track, Vision, VisionConfig};

/// What one thread has asked of the allocator while it was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Asked {
    times: usize,
    bytes: usize,
    largest: usize,
    /// What was given back, less what was taken.
    left: isize,
}

thread_local! {
    static COUNTED: Cell<Option<Asked>> = const { Cell::new(None) };
}

struct Counting;

impl Counting {
    fn note(&self, taken: usize, given_back: usize) {
        let note = |counted: &Cell<Option<Asked>>| {
            if let Some(mut asked) = counted.get() {
                if taken > 0 {
                    asked.times += 1;
                    asked.bytes += taken;
                    asked.largest = asked.largest.max(taken);
                }
                asked.left += taken as isize - given_back as isize;
                counted.set(Some(asked));
            }
        };
        // A thread that ends has nothing to count with any more.
        let _ = COUNTED.try_with(note);
    }
}

// SAFETY: each call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size(), 0);
        // SAFETY: the caller keeps what `alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size(), 0);
        // SAFETY: the caller keeps what `alloc_zeroed` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.note(size, layout.size());
        // SAFETY: the caller keeps what `realloc` asks for.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.note(0, layout.size());
        // SAFETY: the caller keeps what `dealloc` asks for.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Does a job and counts what it asks of the allocator on this thread.
fn count(job: impl FnOnce()) -> Asked {
    COUNTED.set(Some(Asked::default()));
    job();
    COUNTED.take().unwrap()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn vision() -> Vision {
    let config = VisionConfig {
        runtime: here("assets/lib/libtensorflowlite_c.so"),
        face_model: here("assets/models/face.tflite"),
        mood_model: here("models/mood.toml"),
        face_sha256: None,
    };
    Vision::load(&config).expect("assets/ is there after deploy/fetch-assets")
}

fn photo() -> PathBuf {
    here("assets/photos/astronaut.png")
}

/// The photo as a camera sends it that does not compress.
fn yuyv() -> Vec<u8> {
    let grey = |[r, g, b]: [u8; 3]| {
        (16.0 + 0.257 * f32::from(r) + 0.504 * f32::from(g) + 0.098 * f32::from(b)) as u8
    };
    let scene = scene(&photo()).unwrap();
    scene.pixels().flat_map(|pixel| [grey(pixel.0), 128]).collect()
}

/// What the binding of the tensor library asks for at each run of a network: three lists of handles, one
/// for the input, one for the outputs, and one for the input again when it is wiped.
const HANDLES: usize = 3;
const HANDLE_BYTES: usize = 64;

/// Frames that are counted, after as many that warm up: a face that is looked for and followed.
const FRAMES: usize = 21;

/// Looks at a capture after another; `fill` gives the next frame.
fn look(vision: &mut Vision, frame: &mut Frame, mut fill: impl FnMut(&mut Frame)) {
    for _ in 0..FRAMES / 7 {
        let mut track = Track::default();
        for _ in 0..7 {
            fill(frame);
            assert_eq!(vision.follow(frame, &mut track).unwrap().faces, 1);
        }
    }
}

#[test]
fn the_allocator_counts_what_a_thread_asks_for() {
    let asked = count(|| drop(std::hint::black_box(vec![7u8; 1000])));
    assert_eq!(asked, Asked { times: 1, bytes: 1000, largest: 1000, left: 0 });
    let asked = count(|| {
        let mut grown: Vec<u8> = Vec::with_capacity(10);
        grown.extend(std::hint::black_box([1; 50]));
        std::mem::forget(std::hint::black_box(grown));
    });
    assert!(asked.times == 2 && asked.left >= 50, "{asked:?}");
    assert_eq!(count(|| ()), Asked::default());
}

#[test]
fn a_frame_is_looked_at_without_an_allocation_but_the_handles_of_the_tensor_library() {
    let (mut vision, mut frame, bytes) = (vision(), Frame::new(), yuyv());
    let fill = |frame: &mut Frame| frame.fill(SIZE.0, SIZE.1, SIZE.0 * 2, PixelFormat::Yuyv, &bytes);
    look(&mut vision, &mut frame, fill);
    let before = vision.looks();
    let asked = count(|| look(&mut vision, &mut frame, fill));
    let runs = (vision.looks() - before) as usize + FRAMES;
    assert!(asked.times <= HANDLES * runs, "{asked:?} in {runs} runs of a network");
    assert!(asked.largest <= HANDLE_BYTES && asked.left == 0, "{asked:?}");
}

#[test]
fn the_jpeg_decoder_asks_for_a_bounded_amount_and_gives_all_of_it_back() {
    let (mut vision, mut reused) = (vision(), Frame::new());
    let jpeg = frame(&photo()).unwrap();
    let fill = |frame: &mut Frame| frame.fill(SIZE.0, SIZE.1, 0, PixelFormat::Mjpg, jpeg.bytes());
    look(&mut vision, &mut reused, fill);
    let before = vision.looks();
    let asked = count(|| look(&mut vision, &mut reused, fill));
    let runs = (vision.looks() - before) as usize + FRAMES;
    let decoder = (asked.times - HANDLES * runs) / FRAMES;
    assert!(decoder <= 60, "{decoder} allocations a frame: {asked:?}");
    assert!(asked.bytes / FRAMES <= 1 << 20, "{} bytes a frame: {asked:?}", asked.bytes / FRAMES);
    assert_eq!(asked.left, 0, "{asked:?}");
}
