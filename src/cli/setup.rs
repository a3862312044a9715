//! `moodbox setup`: asks what cannot be known, shows what it will write, writes it, starts the service.

use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use super::dialog::{Writing, ask, one_of, systemctl};
use super::phone;
use crate::ports::panel::presets::{ButtonLines, PRESETS, Preset};
use crate::setup::{Answers, Files, Plan, plan, replace, usual_card};

/// What `setup` is told.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  sudo moodbox setup
  sudo moodbox setup phone                          lets the phones of the house open the page
  sudo moodbox setup --yes --mode household --language de --hat pirate-audio
  moodbox setup --dry-run --hat waveshare-1.3       what would be written, and nothing is

It asks where the device stands, for its language, its board and its sound card; finds the rest; shows what it will
write; writes it; starts the service; and ends with `moodbox doctor`. What a person wrote stays. Run again it offers
what is set.

Exit code: that of the doctor, 0 to 2."
)]
pub struct Args {
    #[command(subcommand)]
    part: Option<OfSetup>,

    /// Where it stands: household (a press looks at once), public (a notice comes first), workplace (it never looks).
    #[arg(long, value_parser = ["household", "public", "workplace"])]
    mode: Option<String>,

    /// The language of the screens.
    #[arg(long, value_parser = ["en", "de"])]
    language: Option<String>,

    /// The board with the panel, a preset of [panel] in the settings, or none.
    #[arg(long)]
    hat: Option<String>,

    /// The button's GPIO line, such as GPIO17; auto: that of the board.
    #[arg(long, value_name = "LINE")]
    button: Option<String>,

    /// The light's GPIO line; auto: that of the board; or none.
    #[arg(long, value_name = "LINE")]
    light: Option<String>,

    /// The sound card, as `aplay -l` names it after "card N:"; none leaves MPD as it is.
    #[arg(long, value_name = "CARD")]
    sound: Option<String>,

    #[command(flatten)]
    writing: Writing,
}

/// What is set up by itself.
#[derive(Debug, clap::Subcommand)]
enum OfSetup {
    /// The page for phones: its password, where it listens, the network that the service may talk to.
    Phone(phone::Args),
}

/// Sets the device up.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(OfSetup::Phone(args)) = args.part {
        return phone::run(args);
    }
    // While an image is built, /proc is that of the machine that builds it.
    let image = args.writing.no_start && args.writing.root == Path::new("/");
    let files = if image { Files::of_image(&args.writing.root) } else { Files::below(&args.writing.root) };
    let mut answers = Answers {
        mode: args.mode,
        language: args.language,
        hat: args.hat,
        button: args.button,
        light: args.light,
        sound: args.sound,
    };
    let asks = !args.writing.yes && !args.writing.dry_run;
    if asks {
        if !std::io::stdin().is_terminal() {
            bail!("nobody is there to be asked: say --yes, with --mode, --hat and the others as needed");
        }
        ask_all(&files, &mut answers)?;
    } else if args.writing.yes && answers.mode.is_none() && !files.is_set_up() {
        bail!("where the device stands is never guessed: say --mode household, public or workplace");
    }
    let plan = plan(&files, &answers)?;
    show(&plan);
    if args.writing.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if asks && !plan.changes.is_empty() && ask("Write this? yes or no", Some("yes"))? != "yes" {
        println!("Nothing was written.");
        return Ok(ExitCode::SUCCESS);
    }
    for change in &plan.changes {
        let path = change.path.display();
        replace(&change.path, &change.text)
            .with_context(|| format!("{path} cannot be written; run it as `sudo moodbox setup`"))?;
    }
    // The note that the console shows until the device is set up.
    let _ = std::fs::remove_file(files.notice());
    if args.writing.no_start { Ok(ExitCode::SUCCESS) } else { start(&plan) }
}

fn show(plan: &Plan) {
    for change in &plan.changes {
        println!("{}", change.path.display());
        change.what.iter().for_each(|what| println!("    {what}"));
    }
    if plan.changes.is_empty() {
        println!("All of it is set already.");
    }
    plan.notes.iter().for_each(|note| println!("Note: {note}"));
}

/// Starts what is new, lets the doctor look, and starts the service.
fn start(plan: &Plan) -> anyhow::Result<ExitCode> {
    if plan.mpd {
        systemctl(&["daemon-reload"]);
        // One that is started by its socket only would not follow new files.
        systemctl(&["enable", "--quiet", "mpd.service"]);
        systemctl(&["restart", "mpd.service"]);
    }
    // The doctor asks the devices themselves, which the running service would hold.
    systemctl(&["stop", "moodbox.service"]);
    // systemd stops it together with the service. The doctor asks it, and needs no part that it holds.
    systemctl(&["start", "moodbox-video.service"]);
    println!();
    let doctor = std::env::current_exe().and_then(|program| Command::new(program).arg("doctor").status());
    let code = doctor.ok().and_then(|status| status.code()).unwrap_or(2);
    systemctl(&["enable", "--quiet", "moodbox.service"]);
    if plan.reboot {
        println!("config.txt was changed: `sudo reboot`. moodbox starts by itself then.");
    } else {
        // Not waited for: it is ready once its button works, and that may need a person.
        systemctl(&["restart", "--no-block", "moodbox.service"]);
        println!("moodbox starts. What it says: journalctl -fu moodbox");
    }
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(2)))
}

fn ask_all(files: &Files, answers: &mut Answers) -> anyhow::Result<()> {
    if answers.mode.is_none() {
        println!("Where does it stand? household: a press looks at once. public: a notice comes first.");
        println!("workplace: at work or in a school; it never looks.");
        // Until somebody has chosen there is no default: the law treats them differently.
        let now = files.value("device", "mode").filter(|_| files.is_set_up());
        answers.mode = Some(one_of(&["household", "public", "workplace"], now.as_deref())?);
    }
    if answers.language.is_none() {
        let now = files.value("device", "language");
        println!("Which language?");
        answers.language = Some(one_of(&["en", "de"], Some(now.as_deref().unwrap_or("en")))?);
    }
    if answers.hat.is_none() {
        println!("Which board has the panel?");
        PRESETS.iter().for_each(|preset| println!("    {:<20} {}", preset.name, preset.about));
        println!("    {:<20} no panel", "none");
        let mut names = PRESETS.map(|preset| preset.name).to_vec();
        names.push("none");
        answers.hat = Some(one_of(&names, Some(files.board().as_deref().unwrap_or("none")))?);
    }
    let of_board = answers.hat.as_deref().and_then(Preset::named);
    if answers.button.is_none() && of_board.is_none_or(|board| board.buttons == ButtonLines::WIRED) {
        let now = files.value("button", "line").unwrap_or_else(|| "auto".to_owned());
        let line = of_board.map_or(ButtonLines::WIRED, |board| board.buttons).press;
        answers.button = Some(ask(&format!("Which GPIO line is the button on? auto is {line}"), Some(&now))?);
    }
    let cards = files.cards();
    if answers.sound.is_none() && of_board.is_none_or(|board| board.sound.is_none()) && cards.len() > 1 {
        println!("Which sound card?");
        cards.iter().for_each(|card| println!("    {:<20} {}", card.id, card.name));
        let names: Vec<&str> = cards.iter().map(|card| card.id.as_str()).collect();
        let usual = files.card().or_else(|| Some(usual_card(&cards)?.id.clone()));
        answers.sound = Some(one_of(&names, usual.as_deref())?);
    }
    Ok(())
}
