//! A real Prometheus (Debian's package) as a judge.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mephisto_metrics::http::choose_cryptography;
use serde_json::Value;
use tempfile::TempDir;

const START_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Prometheus over a data set, until it is dropped.
pub struct Prometheus {
    process: Child,
    url: String,
    client: reqwest::blocking::Client,
    _folder: TempDir,
}

impl Prometheus {
    /// Whether Prometheus is on this machine. Where it is not, says what to install; where nothing
    /// may be skipped (`CI=true`), fails.
    pub fn is_installed() -> bool {
        let answers = |program: &str| {
            Command::new(program)
                .arg("--version")
                .output()
                .is_ok_and(|output| output.status.success())
        };
        let is_installed = answers("prometheus") && answers("promtool");
        if !is_installed {
            let message = "skipped: prometheus (apt-get install prometheus)";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
            announce(message);
        }
        is_installed
    }

    /// Starts Prometheus over samples in the `OpenMetrics` format; any free port, any sample age.
    pub fn over(openmetrics: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        import(folder.path(), &data, openmetrics);
        fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let mut process = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg("--web.listen-address=127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let url = format!("http://{}", listening_address(&mut process));
        let client = client();
        Self { process, url, client, _folder: folder }
    }

    /// The answer to a call of the HTTP API, such as `query_range`, errors included.
    pub fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let url = format!("{}/api/v1/{path}", self.url);
        self.client.post(url).form(parameters).send().unwrap().json().unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that asks for answers as they are: unpacking costs a debug build more than loopback does.
fn client() -> reqwest::blocking::Client {
    choose_cryptography();
    reqwest::blocking::Client::builder().no_gzip().timeout(REQUEST_TIMEOUT).build().unwrap()
}

fn import(folder: &Path, data: &Path, openmetrics: &str) {
    let text = folder.join("samples.txt");
    fs::write(&text, openmetrics).unwrap();
    let arguments = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"];
    let output = Command::new("promtool").args(arguments).arg(&text).arg(data).output().unwrap();
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
}

/// The address from the log line that says it, after which Prometheus answers queries.
///
/// The log is read to its end, so that Prometheus never waits for a reader.
fn listening_address(process: &mut Child) -> String {
    let log = BufReader::new(process.stderr.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut address, mut is_ready) = (None, false);
        for line in log.lines().map_while(Result::ok) {
            if line.contains("msg=\"Listening on\"") {
                address = line.rsplit_once("address=").map(|(_, address)| address.to_owned());
            }
            is_ready |= line.contains("ready to receive web requests");
            if is_ready && let Some(address) = address.take() {
                let _ = sender.send(address);
            }
        }
    });
    receiver.recv_timeout(START_TIMEOUT).expect("prometheus did not become ready; see its log")
}

#[expect(clippy::print_stderr, reason = "who runs the tests must see what was not tested")]
fn announce(message: &str) {
    eprintln!("{message}");
}
