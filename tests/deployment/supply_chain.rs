//! TRUST A35, a dependency turns bad: what the locks say, read offline at every test run. Known advisories are another
//! matter: they change without us, and `cargo xtask test advisories` asks for them.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The project's own lock, and the one of the baseline that the benchmark builds as the SDK's examples are built.
const CARGO_LOCKS: [&str; 2] = ["Cargo.lock", "tests/bench/plain-function/Cargo.lock"];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM: &str = "https://registry.npmjs.org/";

/// What a shopper's browser gets of other people's code: the smaller, the better.
const WIDGET_CARRIES: [&str; 3] = ["@preact/signals", "@preact/signals-core", "preact"];

/// Packages that would run a script when they are installed, were they allowed to: `.npmrc` forbids it to all. esbuild only
/// puts its binary in the place of a script that would start it; fsevents is for macOS, and comes with its binary.
const WITH_INSTALL_SCRIPTS: [&str; 2] = ["esbuild", "fsevents"];

/// May be shipped to browsers; the font's licence too.
const SHIPPED_LICENCES: [&str; 8] =
    ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1", "Unlicense"];
/// May build and test what is shipped.
const TOOL_LICENCES: [&str; 4] = ["BlueOak-1.0.0", "CC0-1.0", "MIT-0", "MPL-2.0"];

/// Tools that say it in a form of their own: looked at, by hand. The first has a choice, the second an old field that the lock does not
/// copy, with BSD in it. Both came with Lighthouse, which measures what the widget costs a shop's page.
const TOOL_LICENCES_LOOKED_AT: [(&str, &str); 2] =
    [("type-fest", "(MIT OR CC0-1.0)"), ("parse-cache-control", "none")];

/// Cryptography in C, with minutes of building and, in aws-lc, 60 ms of processor at a function's first handshake: ring does it.
const NOT_IN_OURS: [&str; 6] =
    ["aws-lc-fips-sys", "aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn crates(lock: &str) -> Vec<toml::Table> {
    let lock: toml::Table = read(lock).parse().expect("a lock is TOML");
    let packages = lock["package"].as_array().expect("a lock lists packages");
    packages.iter().map(|package| package.as_table().expect("a table").clone()).collect()
}

fn text<'a>(table: &'a toml::Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(toml::Value::as_str)
}

/// Every manifest of the project, by the name of its package.
fn ours() -> BTreeMap<String, toml::Table> {
    let workspace: toml::Table = read("Cargo.toml").parse().expect("a manifest is TOML");
    let lists = ["members", "exclude"].map(|key| workspace["workspace"][key].as_array().expect("a list"));
    let mut manifests = BTreeMap::new();
    for member in lists.into_iter().flatten().filter_map(toml::Value::as_str) {
        let folders = match member.strip_suffix("/*") {
            None => vec![root().join(member)],
            Some(parent) => {
                let entries = std::fs::read_dir(root().join(parent)).expect("a folder of crates");
                entries.map(|entry| entry.expect("readable").path()).collect()
            }
        };
        for manifest in
            folders.into_iter().map(|folder| folder.join("Cargo.toml")).filter(|path| path.exists())
        {
            let manifest: toml::Table =
                std::fs::read_to_string(manifest).expect("readable").parse().expect("a manifest is TOML");
            let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
            manifests.insert(name, manifest);
        }
    }
    manifests
}

/// What npm's lock says of each package, by its path: `node_modules/preact`.
fn npm_lock() -> Map<String, Value> {
    let lock: Value = serde_json::from_str(&read("package-lock.json")).expect("npm's lock is JSON");
    assert_eq!(lock["lockfileVersion"], 3, "another form of lock: these tests must learn it");
    lock["packages"].as_object().expect("the packages").clone()
}

/// Those from elsewhere: neither our workspaces nor the links to them.
fn foreign(lock: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    lock.iter()
        .map(|(path, package)| (path.as_str(), package))
        .filter(|(path, package)| path.contains("node_modules/") && package["link"] != true)
}

fn name(path: &str) -> &str {
    path.rsplit("node_modules/").next().unwrap_or(path)
}

#[test]
fn a35_every_crate_is_ours_or_from_crates_io_with_its_checksum() {
    let ours = ours();
    for lock in CARGO_LOCKS {
        let crates = crates(lock);
        assert!(crates.len() > 100, "{lock} was read: {} crates", crates.len());
        for package in &crates {
            let name = text(package, "name").expect("a name");
            match text(package, "source") {
                None => {
                    assert!(ours.contains_key(name), "{lock}: {name} comes from a folder that is not ours")
                }
                Some(source) => {
                    assert_eq!(source, CRATES_IO, "{lock}: {name} comes from elsewhere");
                    let checksum = text(package, "checksum").unwrap_or_default();
                    assert_eq!(checksum.len(), 64, "{lock}: {name} has no checksum");
                }
            }
        }
    }
}

#[test]
fn a35_no_manifest_asks_for_git_a_foreign_registry_or_a_replacement() {
    let dependencies = ["dependencies", "dev-dependencies", "build-dependencies"];
    let workspace: toml::Table = read("Cargo.toml").parse().expect("a manifest is TOML");
    for key in ["patch", "replace"] {
        assert!(!workspace.contains_key(key), "Cargo.toml has [{key}]");
    }
    let shared = workspace["workspace"]["dependencies"].as_table().expect("shared dependencies").clone();
    let mut tables = vec![("Cargo.toml".to_owned(), shared)];
    for (package, manifest) in ours() {
        for key in dependencies {
            if let Some(table) = manifest.get(key).and_then(toml::Value::as_table) {
                tables.push((package.clone(), table.clone()));
            }
        }
        assert!(!manifest.contains_key("target"), "{package} has dependencies by target: read them here too");
    }
    for (manifest, table) in tables {
        for (dependency, wanted) in &table {
            let wanted = wanted.as_table();
            for key in ["git", "registry", "registry-index"] {
                let has = wanted.is_some_and(|wanted| wanted.contains_key(key));
                assert!(!has, "{manifest}: {dependency} asks for {key}");
            }
        }
    }
    let config: toml::Table = read(".cargo/config.toml").parse().expect("TOML");
    for key in ["source", "registries", "registry", "paths", "patch"] {
        assert!(!config.contains_key(key), ".cargo/config.toml redirects crates by [{key}]");
    }
}

#[test]
fn a35_no_function_carries_aws_lc_or_openssl() {
    let present: BTreeSet<String> =
        crates("Cargo.lock").iter().filter_map(|package| text(package, "name").map(str::to_owned)).collect();
    let unwanted: Vec<&str> = NOT_IN_OURS.into_iter().filter(|name| present.contains(*name)).collect();
    assert!(unwanted.is_empty(), "in Cargo.lock: {unwanted:?}");
    assert!(present.contains("ring"), "ring is what TLS stands on");
    // Should it come in one day, then without gathering entropy for a second at 128 MB.
    let config: toml::Table = read(".cargo/config.toml").parse().expect("TOML");
    assert_eq!(config["env"]["AWS_LC_SYS_NO_JITTER_ENTROPY"].as_str(), Some("1"));
}

#[test]
fn a35_every_npm_package_is_bound_to_its_content_and_comes_from_the_registry() {
    let lock = npm_lock();
    let foreign: Vec<_> = foreign(&lock).collect();
    assert!(foreign.len() > 100, "the lock was read: {} packages", foreign.len());
    for (path, package) in foreign {
        let integrity = package["integrity"].as_str().unwrap_or_default();
        assert!(integrity.starts_with("sha512-") && integrity.len() == 95, "{path} has no sha512");
        // Addresses of the registry may be left out (npm's omit-lockfile-registry-resolved); of other places they never are.
        if let Some(address) = package["resolved"].as_str() {
            assert!(address.starts_with(NPM), "{path} comes from {address}");
        }
        // A version, not an address or another package's name under this one.
        let version = package["version"].as_str().unwrap_or_default();
        assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{path} is {version}");
        assert!(package.get("name").is_none(), "{path} is another package, {}", package["name"]);
    }
    for (path, package) in &lock {
        if package["link"] == true {
            let folder = package["resolved"].as_str().expect("where a link leads");
            assert!(lock.contains_key(folder) && !folder.contains(".."), "{path} leads out of the project");
        }
    }
}

#[test]
fn a35_no_package_runs_code_when_it_is_installed() {
    let npmrc = read(".npmrc");
    assert!(npmrc.lines().any(|line| line.trim() == "ignore-scripts=true"), ".npmrc lets scripts run");
    assert!(!npmrc.contains("registry="), ".npmrc names another registry");
    let lock = npm_lock();
    let with: BTreeSet<&str> = foreign(&lock)
        .filter(|(_, package)| package["hasInstallScript"] == true)
        .map(|(path, _)| name(path))
        .collect();
    let unknown: Vec<_> = with.iter().filter(|name| !WITH_INSTALL_SCRIPTS.contains(name)).collect();
    assert!(
        unknown.is_empty(),
        "these would run a script: {unknown:?}; see whether they work without, then name them here"
    );
}

#[test]
fn a35_the_widget_carries_preact_and_signals_and_nothing_else() {
    let lock = npm_lock();
    let (mut carried, mut next) = (BTreeSet::new(), vec!["web/widget".to_owned()]);
    while let Some(path) = next.pop() {
        let package = &lock[&path];
        for key in ["dependencies", "optionalDependencies", "peerDependencies"] {
            for dependency in package[key].as_object().into_iter().flat_map(Map::keys) {
                if package["peerDependenciesMeta"][dependency]["optional"] == true {
                    continue;
                }
                let at = format!("node_modules/{dependency}");
                let entry = lock
                    .get(&at)
                    .unwrap_or_else(|| panic!("{path} needs {dependency}, and the lock lacks it"));
                if entry["link"] == true {
                    next.push(entry["resolved"].as_str().expect("where a link leads").to_owned());
                } else if carried.insert(dependency.clone()) {
                    next.push(at);
                }
            }
        }
    }
    assert_eq!(carried, WIDGET_CARRIES.map(str::to_owned).into());
}

#[test]
fn a35_the_licences_of_npm_packages_are_allowed() {
    let lock = npm_lock();
    for (path, package) in foreign(&lock) {
        let licence = package["license"].as_str().unwrap_or("none");
        let shipped = !["dev", "optional", "devOptional"].iter().any(|key| package[key] == true);
        let tool =
            TOOL_LICENCES.contains(&licence) || TOOL_LICENCES_LOOKED_AT.contains(&(name(path), licence));
        let allowed = SHIPPED_LICENCES.contains(&licence) || (!shipped && tool);
        assert!(allowed, "{path}: {licence}{}", if shipped { ", and it is shipped" } else { "" });
    }
}

#[test]
fn a35_python_tools_are_pinned() {
    let requirements = read("tests/deployment/requirements.txt");
    let lines: Vec<&str> = requirements
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(lines.len() > 3, "the requirements were read");
    for line in lines {
        assert!(
            line.split_once("==").is_some_and(|(_, version)| !version.contains('*')),
            "{line} is not pinned"
        );
    }
}
