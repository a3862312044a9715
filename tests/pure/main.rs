//! Everything that needs no server, no browser, no rights of root and no waiting: stories of the core, files, pictures,
//! and the command line.

#[path = "../scenario/mod.rs"]
mod scenario;
#[path = "../support/sentences.rs"]
mod sentences;
#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod camera_photos;
mod camera_privacy;
mod cures;
mod demo_library;
mod deploy;
mod documents;
mod eval;
mod forget;
mod hold;
mod home;
mod house;
mod invariants;
mod kiosk;
mod look;
mod machine;
mod manual;
mod modules;
mod neighbours;
mod not_so;
mod onlookers;
mod page_words;
mod panel_screens;
mod policy;
mod recommend;
mod recommend_cli;
mod recommend_measured;
mod sbom;
mod setup;
mod setup_phone;
mod signs;
mod start;
mod stick;
mod stopped;
