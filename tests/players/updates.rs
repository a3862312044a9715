//! APT itself, with a source, lists and a system of its own in a folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use moodbox::observers::mqtt::update::Apt;

/// A repository of one package, not signed, and APT's own folders beside it.
fn repository(folder: &Path) {
    for name in ["repository", "state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("status"), "").unwrap();
    let at = folder.display();
    fs::write(
        folder.join("apt.conf"),
        format!(
            "Dir::State \"{at}/state\";\nDir::State::status \"{at}/status\";\nDir::Cache \"{at}/cache\";\n\
             Dir::Etc::sourcelist \"{at}/moodbox.sources\";\nDir::Etc::sourceparts \"-\";\n\
             APT::Sandbox::User \"root\";\n"
        ),
    )
    .unwrap();
    fs::write(
        folder.join("moodbox.sources"),
        format!("Types: deb\nURIs: file:{at}/repository\nSuites: ./\nTrusted: yes\n"),
    )
    .unwrap();
}

fn offers(folder: &Path, version: &str) {
    let package = format!(
        "Package: moodbox\nVersion: {version}\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\n\
         Filename: ./moodbox_{version}_all.deb\nSize: 1\nSHA256: {:064}\nDescription: nothing\n",
        0
    );
    fs::write(folder.join("repository/Packages"), package).unwrap();
    let done = Command::new("apt-get")
        .args(["update", "-qq"])
        .env("APT_CONFIG", folder.join("apt.conf"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_apt_has_fetched_of_the_source_is_offered_and_nothing_before_that() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    repository(folder);
    let apt = Apt { source: folder.join("moodbox.sources"), configuration: Some(folder.join("apt.conf")) };
    let ask = || apt.offered();
    assert_eq!(ask(), None, "nothing has been fetched");
    offers(folder, "9.1.0");
    assert_eq!(ask().as_deref(), Some("9.1.0"));
    offers(folder, "9.2.0-1");
    assert_eq!(ask().as_deref(), Some("9.2.0-1"));
}
