//! A private MPD with a library of its own, and a player thread that talks to it.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use moodbox::ports::music::{Address, Mpd, Music, MusicSettings, worker};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, NowPlaying, Part, PlayerEvent, TroubleKind};
use moodbox_core::recommend::Item;

use super::{ffmpeg, receive, wait_for};

/// An MPD on a socket and a port, with a null output that has a mixer.
pub struct Server {
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
    password: Option<&'static str>,
}

/// Songs of every library: name, seconds, genre.
pub const SONGS: [(&str, u32, &str); 5] = [
    ("long-a.ogg", 60, "ambient"),
    ("long-b.ogg", 60, "jazz"),
    ("long-c.ogg", 60, "folk"),
    ("short-a.ogg", 2, "pop"),
    ("short-b.ogg", 2, "rock"),
];

impl Server {
    pub fn start() -> Server {
        Server::with(None, "software")
    }

    /// One that tells nothing without a password: this one for everything, `listen` for listening only.
    pub fn with_password(password: &'static str) -> Server {
        Server::with(Some(password), "software")
    }

    /// One whose output has no volume.
    pub fn without_mixer() -> Server {
        Server::with(None, "none")
    }

    /// One that also writes what it plays, as 16-bit samples, into the pipe `samples`.
    pub fn with_a_pipe() -> Server {
        let mut server = Server::laid_out(None, "software");
        let (config, pipe) = (server.beside("mpd.conf"), server.beside("samples"));
        let mut text = std::fs::read_to_string(&config).unwrap();
        text += &format!(
            "audio_output {{\n type \"fifo\"\n name \"samples\"\n path \"{}\"\n format \"44100:16:2\"\n}}\n",
            pipe.display()
        );
        std::fs::write(&config, text).unwrap();
        server.launch();
        server
    }

    /// One that knows no song yet and reads its files, each of them as slowly as an old disk would: `strace`
    /// holds up their opening for so long. It is answering already.
    pub fn that_scans(each: Duration) -> Server {
        let mut server = Server::laid_out(None, "software");
        let mut command = Command::new("strace");
        // The tracer is the child of the server, and not the other way round.
        command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=openat"]);
        command.arg("-e").arg(format!("inject=openat:delay_enter={}", each.as_micros()));
        for (name, ..) in SONGS {
            command.arg("-P").arg(server.file(name));
        }
        server.spawn(command.arg("mpd"));
        wait_for("mpd to answer", || mpd::Client::new(UnixStream::connect(server.socket()).ok()?).ok());
        server
    }

    fn with(password: Option<&'static str>, mixer: &str) -> Server {
        let mut server = Server::laid_out(password, mixer);
        server.launch();
        server
    }

    fn laid_out(password: Option<&'static str>, mixer: &str) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(at("music")).unwrap();
        std::fs::create_dir(at("playlists")).unwrap();
        for file in std::fs::read_dir(songs()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join("music").join(file.file_name())).unwrap();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let more = match password {
            Some(word) => format!(
                "password \"{word}@read,add,control,admin\"\npassword \"listen@read\"\ndefault_permissions \"\""
            ),
            None => String::new(),
        };
        let more = format!(
            "bind_to_address \"127.0.0.1\"\nport \"{port}\"\nmetadata_to_use \"+comment\"\nrestore_paused \"no\"\n\
             auto_update \"no\"\n{more}"
        );
        let config = debian_configuration(folder.path(), mixer, &more);
        std::fs::write(at("mpd.conf"), config).unwrap();
        Server { folder, port, child: None, password }
    }

    /// One with the configuration that Debian's package installs. Its folders are moved into one of the test, a
    /// null output stands for the sound card, and it writes its state file each second.
    pub fn as_debian_configures_it() -> Server {
        let mut server = Server::laid_out(None, "software");
        let config = debian_configuration(server.folder.path(), "software", "state_file_interval \"1\"\n");
        std::fs::write(server.beside("mpd.conf"), config).unwrap();
        server.launch();
        server
    }

    /// Starts it, or starts it again, and waits until it knows its songs.
    pub fn launch(&mut self) {
        self.launch_with(SONGS.len());
    }

    /// The same of one that has so many songs.
    pub fn launch_with(&mut self, songs: usize) {
        self.spawn(&mut Command::new("mpd"));
        wait_for("mpd to know its songs", || {
            let mut client = mpd::Client::new(UnixStream::connect(self.socket()).ok()?).ok()?;
            if let Some(password) = self.password {
                client.login(password).ok()?;
            }
            (client.stats().ok()?.songs as usize == songs).then_some(())
        });
    }

    fn spawn(&mut self, command: &mut Command) {
        assert!(self.child.is_none());
        command.arg("--no-daemon").arg(self.folder.path().join("mpd.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("`mpd` is needed for this test: apt install mpd"));
    }

    pub fn child(&self) -> &Child {
        self.child.as_ref().unwrap()
    }

    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("music").join(name)
    }

    /// A file beside the server's own.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn by_socket(&self) -> MusicSettings {
        settings(Address::Unix(self.socket()))
    }

    pub fn by_port(&self) -> MusicSettings {
        settings(Address::Tcp { host: "localhost".to_owned(), port: self.port })
    }

    /// Another client of the same server.
    pub fn other(&self) -> mpd::Client<UnixStream> {
        mpd::Client::new(UnixStream::connect(self.socket()).unwrap()).unwrap()
    }

    /// The uris in the queue, in order.
    pub fn queue(&self) -> Vec<String> {
        self.other().queue().unwrap().into_iter().map(|song| song.file).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Deadlines as a test wants them: short, but fair to a busy machine.
pub fn settings(address: Address) -> MusicSettings {
    MusicSettings {
        connect: Duration::from_secs(2),
        exchange: Duration::from_secs(2),
        ..MusicSettings::new(address)
    }
}

/// The configuration that Debian's package installs, with its folders below `folder`, a null output in place of the
/// sound card, the socket `folder`/socket, and the lines `more`.
pub fn debian_configuration(folder: &Path, mixer: &str, more: &str) -> String {
    let debian = std::fs::read_to_string("/etc/mpd.conf").expect("Debian's mpd brings /etc/mpd.conf");
    let folder = folder.display().to_string();
    // MPD of a test runs as its user, and where no other MPD listens.
    let kept = debian
        .lines()
        .filter(|line| !matches!(line.split_whitespace().next(), Some("user" | "bind_to_address")));
    let mut config: String = kept.map(|line| line.replace("/var/lib/mpd", &folder) + "\n").collect();
    config.push_str(&format!(
        "bind_to_address \"{folder}/socket\"\nlog_file \"{folder}/log\"\n{more}\n\
         audio_output {{\n type \"null\"\n name \"nothing\"\n mixer_type \"{mixer}\"\n}}\n"
    ));
    config
}

/// The folder with the songs, made once for all tests of this program.
fn songs() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            for (name, seconds, genre) in SONGS {
                let source = format!("sine=frequency=330:sample_rate=22050:duration={seconds}");
                let stem = name.trim_end_matches(".ogg");
                let path = folder.path().join(name).display().to_string();
                let tags = [format!("title=The {stem}"), format!("genre={genre}")];
                let options = [
                    &["-metadata", &tags[0], "-metadata", &tags[1]][..],
                    &["-metadata", "artist=A Tone", "-metadata", "comment=calm; test", "-q:a", "0"],
                ];
                ffmpeg(&source, &options.concat(), &path);
            }
            folder
        })
        .path()
}

/// The music thread at work, with its other ends in the test's hands.
pub struct Player {
    commands: Option<Sender<PlayerCommand>>,
    pub events: Receiver<Event>,
    pub catalogs: Receiver<Vec<Item>>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    pub fn new(settings: MusicSettings) -> Player {
        Player::of(Box::new(Mpd::new(settings)))
    }

    pub fn of(music: Box<dyn Music>) -> Player {
        let (commands, orders) = unbounded();
        let (tell, events) = unbounded();
        let (offer, catalogs) = unbounded();
        let thread = std::thread::spawn(move || {
            let emit = move |event| tell.send(event).unwrap_or_default();
            worker::run(music, orders, emit, move |items| {
                offer.send(items.iter().map(|item| item.to_item()).collect()).unwrap_or_default()
            });
        });
        Player { commands: Some(commands), events, catalogs, thread: Some(thread) }
    }

    /// One that has found its server.
    pub fn well(settings: MusicSettings) -> Player {
        let player = Player::new(settings);
        player.is_well();
        player
    }

    pub fn tell(&self, command: PlayerCommand) {
        self.commands.as_ref().unwrap().send(command).unwrap();
    }

    pub fn play(&self, ids: &[&str]) {
        self.tell(PlayerCommand::Play { ids: owned(ids), volume: 40, repeat: false });
    }

    pub fn is_well(&self) {
        receive("the music to be well", &self.events, |event| {
            matches!(event, Event::Part(Part::Music, Health::Well)).then_some(())
        });
    }

    /// The next trouble, with its report.
    pub fn is_ill(&self) -> (TroubleKind, String) {
        receive("the music to be ill", &self.events, |event| match event {
            Event::Part(Part::Music, Health::Ill(trouble)) => Some((trouble.kind, trouble.report.clone())),
            _ => None,
        })
    }

    pub fn hears(&self, what: &str, mut wanted: impl FnMut(&NowPlaying) -> bool) -> NowPlaying {
        receive(what, &self.events, |event| match event {
            Event::Music(PlayerEvent::Playing(now)) if wanted(now) => Some(now.clone()),
            _ => None,
        })
    }

    pub fn hears_song(&self, id: &str) -> NowPlaying {
        self.hears(id, |now| now.id == id)
    }

    pub fn skips(&self) -> (String, String) {
        receive("a song to be skipped", &self.events, |event| match event {
            Event::Music(PlayerEvent::Skipped { id, reason }) => Some((id.clone(), reason.clone())),
            _ => None,
        })
    }

    pub fn finishes(&self) {
        receive("the end of the list", &self.events, |event| {
            matches!(event, Event::Music(PlayerEvent::Finished)).then_some(())
        });
    }

    /// Ends the thread, which must not take long.
    pub fn leave(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            wait_for("the music thread to end", || thread.is_finished().then_some(()));
            thread.join().unwrap();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}

pub fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}
