//! `kill -9` of a store that scrapes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mephisto_metrics::store::{Store, StoreOptions};

use super::setting::{Client, Places, TestTarget, eventually, options};

/// Tells the child where its places are.
const PLACES: &str = "MEPHISTO_METRICS_TEST_PLACES";

/// How often the store is killed.
const KILLS: usize = 3;

#[test]
#[ignore = "the store that `every_acknowledged_sample_survives_kill_9` runs as a child and kills"]
fn serve_until_killed() {
    let places = PathBuf::from(std::env::var_os(PLACES).expect("run by the test that kills it"));
    let scrape_interval = Duration::from_millis(20);
    let store = Store::start(StoreOptions { scrape_interval, ..options(&places) }).unwrap();
    let beside = places.join("address.tmp");
    std::fs::write(&beside, store.address().to_string()).unwrap();
    std::fs::rename(beside, places.join("address")).unwrap();
    // Killed long before; the limit is for a parent that was killed itself.
    std::thread::sleep(Duration::from_secs(120));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_sample_survives_kill_9() {
    let target = TestTarget::start("units 1\nagents NaN\n").await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let mut acknowledged = BTreeSet::new();
    for round in 1..=KILLS {
        let child = Killed::spawn(places.path());
        let client = Client::at(child.address(places.path()).await);
        let before = samples(&client).await;
        assert!(before.is_superset(&acknowledged), "round {round} lost samples");
        acknowledged = eventually("twenty more scrapes", async || {
            let now = samples(&client).await;
            (now.len() >= before.len() + 40).then_some(now)
        })
        .await;
    }
    places.withdraw("7");
    let store = places.start();
    let kept = samples(&Client::of(&store)).await;
    assert!(acknowledged.len() >= 40 * KILLS);
    assert!(kept.is_superset(&acknowledged), "lost {:?}", acknowledged.difference(&kept));
    store.stop();
}

/// Each sample of the target's own two series: name, time, value.
async fn samples(client: &Client) -> BTreeSet<(String, String, String)> {
    let mut samples = BTreeSet::new();
    for series in client.query("{__name__=~\"units|agents\"}[1h]").await {
        for point in series["values"].as_array().unwrap() {
            let name = series["metric"]["__name__"].as_str().unwrap().to_owned();
            samples.insert((name, point[0].to_string(), point[1].to_string()));
        }
    }
    samples
}

/// A child that is killed, never asked.
struct Killed(Child);

impl Killed {
    fn spawn(places: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::crash::serve_until_killed", "--ignored"])
            .env(PLACES, places)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    async fn address(&self, places: &Path) -> SocketAddr {
        let path = places.join("address");
        let address = eventually("the child's address", async || {
            std::fs::read_to_string(&path).ok()?.parse().ok()
        })
        .await;
        std::fs::remove_file(path).unwrap();
        address
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
