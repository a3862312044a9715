//! `moodbox setup phone`: lets the phones of the house open the page, and shows them the way.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::dialog::{Writing, ask, systemctl};
use super::password;
use crate::config::password::StoredPassword;
use crate::page_address;
use crate::qr::Code;
use crate::setup::phone::{self, Network, Plan, Wish};
use crate::setup::{Files, replace, replace_secret};

/// What `setup phone` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sudo moodbox setup phone                          asks for a password, shows what it will write, writes it
  echo \"$WORD\" | sudo moodbox setup phone --yes --password-stdin
  sudo moodbox setup phone --show                   the address once more, on the terminal and on the panel
  sudo moodbox setup phone --off                    takes all of it back

It sets the page's password, has the page listen on the network, and lets the service talk to the machines of that
network and to nobody beyond; then it starts the service anew and shows the address: in letters, as a QR code on the
terminal, and for a minute on the panel. The code holds the address alone, never the password.")]
pub struct Args {
    /// Take the password from standard input instead of asking for it.
    #[arg(long)]
    password_stdin: bool,

    /// Where the page listens; left out: on every network of this machine, at the port that is set.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// The network that the phones are in, such as 192.168.1.0/24; left out: the one that this machine is on.
    #[arg(long)]
    network: Option<Network>,

    /// Take it back: the page is for this machine alone again, without a password.
    #[arg(long, conflicts_with_all = ["password_stdin", "listen", "network", "show"])]
    off: bool,

    /// Write nothing, only show the address.
    #[arg(long, conflicts_with_all = ["password_stdin", "listen", "network"])]
    show: bool,

    #[command(flatten)]
    writing: Writing,
}

/// How long a page may take to be there after a restart: a Pi Zero loads its models meanwhile.
const UP_WITHIN: Duration = Duration::from_secs(60);

/// Lets phones in, shuts them out, or shows the address.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = Files::below(&args.writing.root);
    if !files.is_set_up() {
        bail!("this device is not set up yet: `sudo moodbox setup` first");
    }
    if args.show {
        let now = files.page();
        let listen = now.listen.filter(|listen| !listen.ip().is_loopback());
        let listen = listen.context("no phone reaches the page yet: `sudo moodbox setup phone`")?;
        show(listen, &now.names, !args.writing.no_start);
        return Ok(ExitCode::SUCCESS);
    }
    let asks = !args.writing.yes && !args.writing.dry_run;
    if asks && !args.off && !args.password_stdin && !std::io::stdin().is_terminal() {
        bail!(
            "nobody is there to be asked: say --yes with --password-stdin, or --yes alone to keep the password"
        );
    }
    let plan = if args.off { phone::off(&files)? } else { phone::on(&files, &wish(&args, &files, asks)?)? };
    tell(&plan);
    if args.writing.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let differs = !plan.changes.is_empty() || !plan.removed.is_empty();
    let asked = asks && !args.password_stdin && differs;
    if asked && std::io::stdin().is_terminal() && ask("Write this? yes or no", Some("yes"))? != "yes" {
        println!("Nothing was written.");
        return Ok(ExitCode::SUCCESS);
    }
    write(&files, &plan)?;
    if !args.writing.no_start && differs {
        systemctl(&["daemon-reload"]);
        // The old one is gone before anybody looks whether the page answers.
        systemctl(&["stop", "moodbox.service"]);
        systemctl(&["start", "--no-block", "moodbox.service"]);
    }
    match plan.listen {
        Some(listen) => show(listen, &plan.names, !args.writing.no_start),
        None => println!("The page is for this machine alone."),
    }
    Ok(ExitCode::SUCCESS)
}

fn wish(args: &Args, files: &Files, asks: bool) -> anyhow::Result<Wish> {
    let set = files.page().password.is_some();
    let word = if args.password_stdin {
        Some(password::read()?)
    } else if asks {
        println!("The page is locked by a password. Choose one that nobody guesses.");
        password::ask(if set { "; nothing keeps the one that is set" } else { "" })?
    } else if !set && !args.writing.dry_run {
        bail!("the page needs a password: send one with --password-stdin");
    } else {
        None
    };
    let stored = word.map(|word| StoredPassword::make(&word)).transpose()?;
    // What would be written is the same whatever the password is.
    let shown = || {
        (!set && args.writing.dry_run).then(|| StoredPassword::make("shown, and never written")).transpose()
    };
    Ok(Wish {
        password: stored.map_or_else(shown, |stored| Ok(Some(stored)))?,
        listen: args.listen,
        network: args.network,
    })
}

fn tell(plan: &Plan) {
    for change in &plan.changes {
        println!("{}", change.path.display());
        change.what.iter().for_each(|what| println!("    {what}"));
    }
    for path in &plan.removed {
        println!("{}\n    is removed", path.display());
    }
    if plan.changes.is_empty() && plan.removed.is_empty() {
        println!("All of it is set already.");
    }
    plan.notes.iter().for_each(|note| println!("Note: {note}"));
}

fn write(files: &Files, plan: &Plan) -> anyhow::Result<()> {
    let (secret, group) = files.password_file();
    for change in &plan.changes {
        let written = if change.path == secret {
            replace_secret(&change.path, &change.text, group)
        } else {
            replace(&change.path, &change.text)
        };
        let path = change.path.display();
        written.with_context(|| format!("{path} cannot be written; run it as `sudo moodbox setup phone`"))?;
    }
    for path in &plan.removed {
        std::fs::remove_file(path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    Ok(())
}

/// Shows where phones find the page: here, and on the panel of the device that runs.
fn show(listen: SocketAddr, names: &[String], runs: bool) {
    let Some(address) = page_address::of(listen, names) else {
        println!(
            "Note: this machine is on no network now, so it has no address; `moodbox setup phone --show` later"
        );
        return;
    };
    println!("\nOn a phone of this network:\n    {}", address.url);
    if let Some(name) = &address.name {
        println!("    http://{name}/");
    }
    if std::io::stdout().is_terminal()
        && let Some(code) = Code::of(&address.url)
    {
        println!("\n{}", code.to_ansi());
    }
    if !runs {
        return;
    }
    if answers(listen) {
        systemctl(&["kill", "--kill-whom=main", "--signal=SIGUSR1", "moodbox.service"]);
        println!("It stands on the panel too, for a minute or until a press.");
    } else {
        println!("Note: the page does not answer yet; what moodbox says: journalctl -u moodbox");
    }
}

/// Whether a page answers there, now or soon.
fn answers(listen: SocketAddr) -> bool {
    let ip = match listen.ip() {
        ip if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    let end = Instant::now() + UP_WITHIN;
    loop {
        if TcpStream::connect_timeout(&(ip, listen.port()).into(), Duration::from_secs(2)).is_ok() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
