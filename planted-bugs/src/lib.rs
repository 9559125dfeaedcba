//! The power of a check: bugs planted in a copy of the product, each of which the check must find.
//!
//! A bug is a text of the product, which occurs exactly once in its file, and what stands there instead. One that no longer applies
//! because the product has changed is a failure like one that is not found.
#![expect(clippy::unwrap_used, reason = "for tests, which cannot go on without their files")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// One planted bug.
#[derive(Debug, Clone, Copy)]
pub struct Bug<F> {
    /// What is wrong with it.
    pub name: &'static str,
    /// The product's file.
    pub file: &'static str,
    /// The product's text.
    pub from: &'static str,
    /// What stands there instead.
    pub to: &'static str,
    /// By what it is found: what that means is the check's own affair.
    pub found_by: F,
}

/// A copy of those parts of the workspace that a check needs.
#[derive(Debug)]
pub struct Copy {
    root: PathBuf,
    work: PathBuf,
    packages: &'static [&'static str],
}

impl Copy {
    /// A copy of `packages` of this workspace, made in `name` below `directory`.
    ///
    /// # Panics
    /// Where files of an earlier run are in the way.
    #[must_use]
    pub fn of(packages: &'static [&'static str], directory: &str, name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let copy = Self { root, work: Path::new(directory).join(name), packages };
        for part in copy.parts() {
            // Files of an earlier run that are no longer there would be built too.
            let _ = fs::remove_dir_all(copy.work.join(part));
        }
        copy
    }

    fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.packages.iter().copied().chain(["Cargo.lock", "README.md"])
    }

    /// Makes the copy like the product again, but for `bug`. `Err`: it does not apply.
    ///
    /// # Panics
    /// Where a file can be neither read nor written.
    pub fn plant<F>(&self, bug: &Bug<F>) -> Result<(), String> {
        for part in self.parts() {
            copy(&self.root.join(part), &self.work.join(part));
        }
        fs::write(self.work.join("Cargo.toml"), self.manifest()).unwrap();
        let file = self.work.join(bug.file);
        let source = fs::read_to_string(&file).unwrap();
        match source.matches(bug.from).count() {
            1 => fs::write(&file, source.replace(bug.from, bug.to)).map_err(|error| error.to_string()),
            count => Err(format!("does not apply: its text is {count} times in {}", bug.file)),
        }
    }

    /// The workspace's, with no other members.
    fn manifest(&self) -> String {
        let manifest = fs::read_to_string(self.root.join("Cargo.toml")).unwrap();
        let is_ours = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
        let lines: Vec<&str> = manifest.lines().filter(is_ours).collect();
        let members = format!("[workspace]\nmembers = {:?}", self.packages);
        lines.join("\n").replacen("[workspace]", &members, 1)
    }

    /// Cargo, in the copy.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(&self.work).env("CARGO_TARGET_DIR", self.target());
        cargo
    }

    /// Where cargo builds.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.work.join("target")
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(to).ok() != fs::read(from).ok() {
        // Untouched files keep their time, so that the next bug builds only what has changed.
        fs::copy(from, to).unwrap();
    }
}

/// Plants one bug after the other and prints what `check` says of it: `Ok` if it was found, and how. With `ONLY=<text>` only those whose
/// names contain the text.
///
/// # Panics
/// Where one is not found, or does not apply, or there is none.
pub fn each_is_found<'a, F: 'static>(
    copy: &Copy,
    bugs: impl IntoIterator<Item = &'a Bug<F>>,
    mut check: impl FnMut(&Bug<F>) -> Result<String, String>,
) {
    let only = env::var("ONLY").unwrap_or_default();
    let (mut count, mut survivors) = (0, Vec::new());
    for bug in bugs.into_iter().filter(|bug| bug.name.contains(&only)) {
        count += 1;
        match copy.plant(bug).and_then(|()| check(bug)) {
            Ok(how) => println!("{}: found{how}", bug.name),
            Err(problem) => {
                println!("{}: NOT FOUND\n{problem}", bug.name);
                survivors.push(bug.name);
            }
        }
    }
    println!("{} of {count} planted bugs found", count - survivors.len());
    assert!(
        count > 0 && survivors.is_empty(),
        "{} of {count} were not found: {survivors:#?}",
        survivors.len()
    );
}
