//! With real servers and players: mpd, mpv, mosquitto, D-Bus, and the daemon that ships.

#[path = "../support/daemon.rs"]
mod daemon;
#[path = "../scenario/mod.rs"]
mod scenario;
#[path = "../support/sentences.rs"]
mod sentences;
#[path = "../support/mod.rs"]
mod support;

mod camera_jpeg;
mod catalog;
mod cures;
mod daemon_rules;
mod doctor;
mod faults;
mod first_sample;
mod idle;
mod metrics;
mod mqtt;
mod music;
mod music_of_others;
mod music_power_cut;
mod music_trouble;
mod phone;
mod players_simulated;
mod playlists;
mod power;
mod radio;
mod ribbon_camera;
mod scripts;
mod security;
mod sound;
mod speech;
mod stick;
mod updates;
mod video;
mod video_library;
mod web;
