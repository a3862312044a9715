#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| moodbox_fuzz::model(data));
