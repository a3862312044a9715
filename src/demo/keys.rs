//! The simulated device in a terminal: keys are buttons, the panel is drawn with half blocks.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use crossterm::event::{KeyCode, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, terminal};

use super::notes::{Note, What};
use crate::ports::button::simulated::Presser;
use crate::ports::panel::terminal::to_ansi;
use moodbox_core::kiosk::event::{Button, Edge, Event, Health, PlayerEvent};
use moodbox_core::mood::Reading;

const HELP: &str =
    "space: press   d: double press (like)   l: long press (stop)   n: next   + -: volume   q: leave";

/// How long a simulated long press is held: a terminal reports that a key was pressed, and not that it is held.
const HOLD: Duration = Duration::from_millis(1200);
const TAP: Duration = Duration::from_millis(60);

/// Lets the person play until they leave.
pub fn play(
    presser: &Presser,
    queue: &Sender<Event>,
    heard: &Receiver<Note>,
    panel: &Path,
    page: Option<&str>,
) -> anyhow::Result<ExitCode> {
    if !(stdin().is_terminal() && stdout().is_terminal()) {
        return follow(presser, heard, panel);
    }
    let raw = Raw::enter()?;
    let (keys, pressed) = bounded(16);
    let reader = std::thread::Builder::new().name("keys".into()).spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if let crossterm::event::Event::Key(key) = event
                && key.kind == KeyEventKind::Press
                && keys.send(key).is_err()
            {
                return;
            }
        }
    })?;
    let mut view = View {
        page: page.map(|page| format!("   page: {page}")).unwrap_or_default(),
        light: false,
        lines: [const { String::new() }; 3],
        size: (0, 0),
    };
    view.draw_lines()?;
    loop {
        select! {
            recv(pressed) -> key => {
                let Ok(key) = key else { break };
                match key.code {
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => break,
                    KeyCode::Char('q') | KeyCode::Esc => break,
                    KeyCode::Char(' ') | KeyCode::Enter => tap(presser, Button::Main, TAP),
                    KeyCode::Char('d') => { tap(presser, Button::Main, TAP); tap(presser, Button::Main, TAP) }
                    KeyCode::Char('l') => tap(presser, Button::Main, HOLD),
                    KeyCode::Char('n') => tap(presser, Button::Next, TAP),
                    KeyCode::Char('+') => tap(presser, Button::VolumeUp, TAP),
                    KeyCode::Char('-') => tap(presser, Button::VolumeDown, TAP),
                    _ => {}
                }
            }
            recv(heard) -> note => {
                let Ok(note) = note else { break };
                view.take(&note)?;
            }
        }
    }
    drop(raw);
    // The thread that reads keys waits for one that nobody will press, so it ends with the process.
    drop(reader);
    let _ = queue;
    Ok(ExitCode::SUCCESS)
}

/// Without a terminal: one line for each thing that a person would notice, Enter presses.
fn follow(presser: &Presser, heard: &Receiver<Note>, panel: &Path) -> anyhow::Result<ExitCode> {
    tell!("The panel is drawn in {}. Each line on standard input is a press.", panel.display());
    let (lines, line) = bounded(1);
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        for input in stdin().lines() {
            if input.is_err() || lines.send(()).is_err() {
                return;
            }
        }
    })?;
    let mut line = Some(line);
    loop {
        let typed = line.as_ref().map_or_else(crossbeam_channel::never, Clone::clone);
        select! {
            recv(typed) -> more => match more {
                Ok(()) => tap(presser, Button::Main, TAP),
                // No more input: go on until the process is told to stop.
                Err(_) => line = None,
            },
            recv(heard) -> note => {
                let Ok(note) = note else { return Ok(ExitCode::SUCCESS) };
                if let Some((_, told)) = tell(&note.what) {
                    say!("{told}");
                }
            }
        }
    }
}

fn tap(presser: &Presser, button: Button, held: Duration) {
    presser.edge(button, Edge::Down);
    std::thread::sleep(held);
    presser.edge(button, Edge::Up);
}

/// The line that a note changes, and what it says now.
fn tell(what: &What) -> Option<(usize, String)> {
    match what {
        What::Reading(Reading::Sure { mood, scores, .. }) => {
            Some((0, format!("you look {mood} ({:.0} %)", 100.0 * scores.of(*mood))))
        }
        What::Reading(Reading::Unsure { first, second, .. }) => {
            Some((0, format!("you look {first} or {second}: space chooses, l takes")))
        }
        What::Reading(Reading::NoFace) => Some((0, "no face".into())),
        What::Reading(Reading::SeveralFaces { count }) => Some((0, format!("{count} faces"))),
        What::Event(Event::Music(PlayerEvent::Playing(now))) => Some((1, format!("music: {}", now.title))),
        What::Event(Event::Video(PlayerEvent::Playing(now))) => Some((2, format!("video: {}", now.title))),
        What::Event(Event::Part(part, Health::Ill(trouble))) => {
            Some((0, format!("{part:?}: {}", trouble.report)))
        }
        _ => None,
    }
}

struct View {
    /// Where the page is.
    page: String,
    light: bool,
    lines: [String; 3],
    size: (u16, u16),
}

impl View {
    fn take(&mut self, note: &Note) -> std::io::Result<()> {
        match &note.what {
            What::Light(on) => self.light = *on,
            What::Panel(picture) => {
                let (columns, rows) = terminal::size()?;
                let mut out = stdout().lock();
                if self.size != (columns, rows) {
                    self.size = (columns, rows);
                    execute!(out, terminal::Clear(terminal::ClearType::All))?;
                }
                execute!(out, cursor::MoveTo(0, 0))?;
                let art = to_ansi(picture, columns, rows.saturating_sub(6));
                out.write_all(art.replace('\n', "\r\n").as_bytes())?;
                out.flush()?;
            }
            what => match tell(what) {
                Some((line, told)) if self.lines[line] != told => self.lines[line] = told,
                _ => return Ok(()),
            },
        }
        self.draw_lines()
    }

    fn draw_lines(&self) -> std::io::Result<()> {
        let (columns, rows) = terminal::size()?;
        let light = if self.light { "light: ON, the camera looks" } else { "light: off" };
        let light = format!("{light}{}", self.page);
        let mut out = stderr().lock();
        let lines = [HELP, &light, &self.lines[0], &self.lines[1], &self.lines[2]];
        for (row, line) in (0u16..).zip(lines) {
            let line: String = line.chars().take(columns.saturating_sub(1).into()).collect();
            let y = rows.saturating_sub(5) + row;
            execute!(out, cursor::MoveTo(0, y), terminal::Clear(terminal::ClearType::CurrentLine))?;
            write!(out, "{line}")?;
        }
        out.flush()
    }
}

/// The terminal takes single keys while this lives, and is as before afterwards.
struct Raw;

impl Raw {
    fn enter() -> std::io::Result<Raw> {
        terminal::enable_raw_mode()?;
        execute!(stdout(), terminal::EnterAlternateScreen, cursor::Hide)?;
        Ok(Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing can be done for a terminal that is gone.
        let _ = execute!(stdout(), cursor::Show, terminal::LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}
