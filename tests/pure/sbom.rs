//! The list of what moodbox is made of is whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn bill(target: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("deploy/sbom")).args(["--target", target]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Name and version of every crate that comes from a registry, with its checksum.
fn locked() -> BTreeMap<String, String> {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter().filter_map(toml::Value::as_table);
    packages
        .filter_map(|package| {
            let text = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            Some((format!("pkg:cargo/{}@{}", text("name")?, text("version")?), text("checksum")?))
        })
        .collect()
}

#[test]
fn the_bill_of_materials_names_every_crate_that_is_locked() {
    let bill = bill("aarch64-unknown-linux-gnu");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = bill["components"].as_array().unwrap();
    let named: BTreeMap<String, String> = components
        .iter()
        .filter_map(|component| {
            let sum = component["hashes"][0]["content"].as_str()?;
            Some((component["purl"].as_str()?.to_owned(), sum.to_owned()))
        })
        .collect();
    assert_eq!(named, locked());
    let every: Vec<&str> = components.iter().filter_map(|one| one["bom-ref"].as_str()).collect();
    for dependency in bill["dependencies"].as_array().unwrap() {
        for needed in dependency["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(every.contains(&needed), "{needed} is needed and not listed");
        }
    }
    let scope = |name: &str| {
        let of = components.iter().find(|component| component["name"] == name);
        of.unwrap_or_else(|| panic!("{name} is not in it"))["scope"].as_str().unwrap().to_owned()
    };
    // In the program, in its tests alone, and what is no crate.
    assert_eq!((scope("zeroize").as_str(), scope("proptest").as_str()), ("required", "excluded"));
    for file in ["libtensorflowlite_c.so", "face.tflite", "mood.tflite"] {
        assert_eq!(scope(file), "required");
    }
    let unlicensed: Vec<&Value> = components
        .iter()
        .filter(|component| component["type"] == "library" && component["purl"].is_string())
        .filter(|component| component["scope"] == "required" && component["licenses"].is_null())
        .collect();
    assert!(unlicensed.is_empty(), "{unlicensed:?}");
}

#[test]
fn the_same_source_gives_the_same_bill() {
    assert_eq!(bill("x86_64-unknown-linux-gnu"), bill("x86_64-unknown-linux-gnu"));
}
