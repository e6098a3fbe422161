//! Finds targets in `file_sd` files.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::groups::{EXPECTED, parse};
use crate::store::fault::Fault;
use crate::store::target::{Origin, Target};

/// No target file is larger than this, and no list (`fetch`).
const FILE_LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// A folder of target files, or one file, and what was last read from each.
#[derive(Debug)]
pub struct TargetFiles {
    path: PathBuf,
    origin: Origin,
    files: HashMap<PathBuf, TargetFile>,
    fault: Fault,
}

/// One file as it was last read. A file that turns bad keeps the targets it had, as in Prometheus.
#[derive(Debug, Default)]
struct TargetFile {
    /// The hash of its text, or why there is none.
    content: Option<Result<u64, String>>,
    targets: Vec<Target>,
}

impl TargetFiles {
    /// This home's folder, not read yet.
    pub fn of_home(folder: &Path) -> Self {
        Self::new(folder, Origin::Home)
    }

    /// A file or folder that names other machines' targets, not read yet.
    pub fn of_elsewhere(path: &Path) -> Self {
        Self::new(path, Origin::Elsewhere)
    }

    fn new(path: &Path, origin: Origin) -> Self {
        Self { path: path.to_owned(), origin, files: HashMap::new(), fault: Fault::default() }
    }

    /// Reads what changed and returns all targets, each once. A fault is logged when it appears
    /// and when it changes, not at each reading.
    pub fn read(&mut self) -> BTreeSet<Target> {
        match self.list() {
            Ok(paths) => {
                self.fault.end();
                self.files.retain(|path, _| paths.contains(path));
                for path in paths {
                    self.files.entry(path.clone()).or_default().refresh(&path, self.origin);
                }
            }
            Err(error) => self.report(&error.to_string()),
        }
        self.files.values().flat_map(|file| file.targets.iter().cloned()).collect()
    }

    /// A path of which nothing is there is a folder, unless it has a file's ending.
    fn list(&self) -> io::Result<BTreeSet<PathBuf>> {
        match self.origin {
            Origin::Home => none_if_missing(list(&self.path)),
            Origin::Elsewhere if has_ending(&self.path) && !self.path.is_dir() => {
                Ok(BTreeSet::from([self.path.clone()]))
            }
            // One that is missing may be on a disk that is not mounted just now.
            Origin::Elsewhere => list(&self.path),
        }
    }

    fn report(&self, fault: &str) {
        if self.fault.begin(fault) {
            tracing::warn!(
                "the targets folder {} cannot be read: {fault}; make it readable, the targets \
                 found so far are scraped meanwhile",
                self.path.display()
            );
        }
    }
}

impl TargetFile {
    fn refresh(&mut self, path: &Path, origin: Origin) {
        let text = text(path);
        let content = text.as_deref().map(hash).map_err(Clone::clone);
        if self.content.as_ref() == Some(&content) {
            return;
        }
        match text.and_then(|text| parse(&text, origin)) {
            Ok(targets) => self.targets = targets,
            Err(fault) => tracing::warn!(
                "the target file {} is left out: {fault}; expected {EXPECTED}",
                path.display()
            ),
        }
        self.content = Some(content);
    }
}

/// What is in a file, or why that cannot be read. Nothing else is opened: a pipe or a device may
/// let its reader wait forever.
fn text(path: &Path) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if metadata.len() > FILE_LIMIT_BYTES {
        return Err(format!("it is larger than {FILE_LIMIT_BYTES} bytes"));
    }
    let mut text = String::new();
    // It may grow meanwhile.
    let read =
        File::open(path).and_then(|file| file.take(FILE_LIMIT_BYTES).read_to_string(&mut text));
    read.map_err(|error| error.to_string())?;
    Ok(text)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The `.json` files of a folder. Files being written have another ending until they are renamed.
fn list(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && has_ending(&path) {
            paths.insert(path);
        }
    }
    Ok(paths)
}

fn has_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

/// The folder of this home is made when an Operator needs it.
fn none_if_missing(listed: io::Result<BTreeSet<PathBuf>>) -> io::Result<BTreeSet<PathBuf>> {
    match listed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        listed => listed,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;
    use crate::store::test_log::logged;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    fn addresses(found: &BTreeSet<Target>) -> Vec<&str> {
        found.iter().map(|target| target.address.as_str()).collect()
    }

    #[test]
    fn targets_come_with_the_labels_of_their_group() {
        let content = r#"[{"targets": ["127.0.0.1:1"], "labels": {"operator": "7", "pid": "1"}}]"#;
        let folder = folder(&[("7.json", content)]);
        let found = TargetFiles::of_home(folder.path()).read();
        assert_eq!(addresses(&found), ["127.0.0.1:1"]);
        assert_eq!(found.first().unwrap().labels.get("operator"), "7");
    }

    #[test]
    fn files_being_written_and_other_files_are_ignored() {
        let content = r#"[{"targets": ["127.0.0.1:1"]}]"#;
        let folder = folder(&[(".7.json", content), ("7.json.tmp", content), ("notes", "x")]);
        assert!(TargetFiles::of_home(folder.path()).read().is_empty());
    }

    #[test]
    fn a_file_that_turns_bad_keeps_its_targets_and_spoils_no_other() {
        let folder = folder(&[
            ("a.json", r#"[{"targets": ["127.0.0.1:1"]}]"#),
            ("b.json", r#"[{"targets": ["127.0.0.1:2"]}]"#),
        ]);
        let mut directory = TargetFiles::of_home(folder.path());
        assert_eq!(addresses(&directory.read()), ["127.0.0.1:1", "127.0.0.1:2"]);
        std::fs::write(folder.path().join("a.json"), "[{").unwrap();
        std::fs::write(folder.path().join("b.json"), r#"[{"targets": ["127.0.0.1:3"]}]"#).unwrap();
        assert_eq!(addresses(&directory.read()), ["127.0.0.1:1", "127.0.0.1:3"]);
    }

    #[test]
    fn a_malformed_file_is_named_once_and_again_when_it_changes() {
        let folder = folder(&[("bad.json", "[{")]);
        let path = folder.path().join("bad.json");
        let mut directory = TargetFiles::of_home(folder.path());
        let first = logged(|| drop((directory.read(), directory.read())));
        assert_eq!(first.lines().count(), 1, "{first}");
        assert!(first.contains("WARN") && first.contains(path.to_str().unwrap()), "{first}");
        assert!(first.contains("EOF while parsing"), "{first}");
        std::fs::write(path, "{}").unwrap();
        let second = logged(|| drop((directory.read(), directory.read())));
        assert_eq!(second.lines().count(), 1, "{second}");
    }

    #[test]
    fn a_file_that_is_too_large_is_named_once_and_not_read() {
        let folder = folder(&[("large.json", "")]);
        let path = folder.path().join("large.json");
        File::create(&path).unwrap().set_len(FILE_LIMIT_BYTES + 1).unwrap();
        let mut directory = TargetFiles::of_home(folder.path());
        let log = logged(|| drop((directory.read(), directory.read())));
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains("large.json is left out: it is larger than 67108864 bytes"), "{log}");
    }

    #[test]
    fn what_is_no_regular_file_is_named_once_and_spoils_no_other() {
        let folder = folder(&[("a.json", r#"[{"targets": ["one:1"]}]"#)]);
        let at = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(at("pipe.json")).status().unwrap().success());
        fs::create_dir(at("folder.json")).unwrap();
        symlink("/dev/zero", at("device.json")).unwrap();
        for mut files in
            [TargetFiles::of_home(folder.path()), TargetFiles::of_elsewhere(folder.path())]
        {
            let log = logged(|| drop((files.read(), files.read())));
            assert_eq!(log.matches("it is not a regular file").count(), 3, "{log}");
            assert_eq!(addresses(&files.read()), ["one:1"]);
        }
    }

    #[test]
    fn links_to_files_are_followed() {
        let folder = folder(&[("of-somebody", r#"[{"targets": ["one:1"]}]"#)]);
        symlink("of-somebody", folder.path().join("a.json")).unwrap();
        assert_eq!(addresses(&TargetFiles::of_home(folder.path()).read()), ["one:1"]);
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_named_once() {
        let folder = folder(&[("file", "")]);
        let path = folder.path().join("file");
        let mut directory = TargetFiles::of_home(&path);
        let log = logged(|| drop((directory.read(), directory.read())));
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains(path.to_str().unwrap()), "{log}");
    }

    #[test]
    fn a_removed_file_takes_its_targets_along() {
        let folder = folder(&[("a.json", r#"[{"targets": ["127.0.0.1:1"]}]"#)]);
        let mut directory = TargetFiles::of_home(folder.path());
        assert_eq!(directory.read().len(), 1);
        std::fs::remove_file(folder.path().join("a.json")).unwrap();
        assert!(directory.read().is_empty());
    }

    #[test]
    fn one_file_of_other_machines_is_read_again_and_keeps_its_targets_when_it_goes() {
        let folder = folder(&[("fleet.json", r#"[{"targets": ["one:1"]}]"#)]);
        let path = folder.path().join("fleet.json");
        let mut files = TargetFiles::of_elsewhere(&path);
        assert_eq!(files.read().first().unwrap().origin, Origin::Elsewhere);
        std::fs::write(&path, r#"[{"targets": ["two:2"]}]"#).unwrap();
        assert_eq!(addresses(&files.read()), ["two:2"]);
        std::fs::remove_file(&path).unwrap();
        let log = logged(|| assert_eq!(addresses(&files.read()), ["two:2"]));
        assert!(log.contains("No such file"), "{log}");
    }

    #[test]
    fn a_folder_of_other_machines_may_come_later_and_keeps_its_targets_while_it_is_gone() {
        let folder = folder(&[]);
        let (path, elsewhere) = (folder.path().join("shared"), folder.path().join("unmounted"));
        let mut files = TargetFiles::of_elsewhere(&path);
        let log = logged(|| assert!(files.read().is_empty()));
        assert!(log.contains("No such file"), "{log}");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("a.json"), r#"[{"targets": ["one:1"]}]"#).unwrap();
        assert_eq!(addresses(&files.read()), ["one:1"]);
        std::fs::rename(&path, &elsewhere).unwrap();
        let log = logged(|| assert_eq!(addresses(&files.read()), ["one:1"]));
        assert!(log.contains("No such file"), "{log}");
        std::fs::remove_file(elsewhere.join("a.json")).unwrap();
        std::fs::rename(&elsewhere, &path).unwrap();
        assert!(files.read().is_empty());
    }
}
