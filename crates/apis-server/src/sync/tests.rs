//! A device that follows the changes has what the server has.

use std::collections::BTreeMap;

use apis_server_api::members::Role;
use serde_json::{Value, json};

use crate::ids::{HiveId, NewId as _, SiteId};
use crate::testing::{Browser, START, in_each_world};

/// What a device keeps, by kind and id, and where it stands.
#[derive(Default)]
struct Device {
    records: BTreeMap<(String, String), Value>,
    cursor: Option<String>,
    /// How often it had to begin anew.
    begun: usize,
}

impl Device {
    /// Pulls one page; returns its numbers, and whether there is more.
    async fn pull(&mut self, reader: &Browser, limit: u32) -> (Vec<i64>, bool) {
        let cursor = self.cursor.iter().map(|cursor| format!("&cursor={cursor}"));
        let path = format!("/api/v1/changes?limit={limit}{}", cursor.collect::<String>());
        let page = reader.get(&path).await.ok();
        if page["starts_anew"] == true {
            self.records.clear();
            self.begun += 1;
        }
        let mut numbers = Vec::new();
        for item in page["items"].as_array().unwrap() {
            let (kind, record) = (&item["kind"], &item["record"]);
            let key =
                (kind.as_str().unwrap().to_owned(), record["id"].as_str().unwrap().to_owned());
            self.records.insert(key, record.clone());
            numbers.push(item["change_seq"].as_i64().unwrap());
        }
        self.cursor = Some(page["cursor"].as_str().unwrap().to_owned());
        (numbers, page["has_more"] == true)
    }

    async fn pull_all(&mut self, reader: &Browser, limit: u32) {
        while self.pull(reader, limit).await.1 {}
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.records.iter().filter(|((own, _), _)| own == kind).map(|(_, record)| record).collect()
    }
}

async fn make_site(member: &Browser) -> SiteId {
    let id = SiteId::new_at(START);
    let site = json!({ "id": id.to_string(), "name": "Orchard", "time_zone": "Europe/Brussels" });
    member.post("/api/v1/sites", &site).await.ok();
    id
}

async fn make_hive(member: &Browser, site: SiteId, name: &str) -> HiveId {
    let id = HiveId::new_at(START);
    let hive = json!({ "id": id.to_string(), "site_id": site.to_string(), "name": name });
    member.post("/api/v1/hives", &hive).await.ok();
    id
}

#[tokio::test]
async fn each_record_comes_once_as_it_is_and_again_when_it_changes() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let ann = world.member(tenant, Role::Member).await;
        let unit = world.unit(tenant).await;
        let site = make_site(&ann).await;
        let mut hives = Vec::new();
        for number in 0..4 {
            hives.push(make_hive(&ann, site, &format!("Hive {number}")).await);
        }
        let mut device = Device::default();
        let (numbers, has_more) = device.pull(&ann, 4).await;
        assert!(has_more && numbers.is_sorted() && numbers.len() == 4, "{numbers:?}");
        device.pull_all(&ann, 4).await;
        assert_eq!((device.records.len(), device.begun), (6, 1));
        let [kept] = device.of_kind("unit")[..] else { panic!("{:?}", device.records) };
        assert_eq!(kept["id"], unit.id.unwrap().to_string());
        assert!(kept.get("state").is_none() && kept["version"] == 1);

        assert_eq!(device.pull(&ann, 4).await, (Vec::new(), false));
        ann.patch(&format!("/api/v1/hives/{}", hives[1]), 1, &json!({ "name": "Lime" })).await.ok();
        let (numbers, has_more) = device.pull(&ann, 4).await;
        assert_eq!((numbers.len(), has_more), (1, false));
        let names = device.of_kind("hive").into_iter().map(|hive| hive["name"].as_str().unwrap());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        assert_eq!(names, ["Hive 0", "Hive 2", "Hive 3", "Lime"]);
        assert_eq!(device.begun, 1);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_other_data_begins_anew_and_what_is_none_is_refused() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Read).await;
        let mut device = Device::default();
        device.pull_all(&ann, 50).await;
        let (epoch, place) = device.cursor.as_deref().unwrap().rsplit_once('.').unwrap();
        // Restored from a backup: another epoch, or the same with fewer changes.
        let beyond = format!("{epoch}.{}", place.parse::<i64>().unwrap() + 1);
        for cursor in ["another-epoch.0".to_owned(), beyond] {
            let page = ann.get(&format!("/api/v1/changes?cursor={cursor}")).await.ok();
            assert_eq!(page["starts_anew"], true, "{cursor}");
        }
        for cursor in ["1", "epoch.", "epoch.x", "epoch.-1", ".1"] {
            let answer = ann.get(&format!("/api/v1/changes?cursor={cursor}")).await;
            assert_eq!(answer.refusal(), (400, "malformed".to_owned()), "{cursor}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_skipped_while_many_write() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let (ann, reader) =
            (world.member(tenant, Role::Member).await, world.member(tenant, Role::Read).await);
        let site = make_site(&ann).await;
        let mut device = Device::default();
        let writers = async {
            let write = async |writer: usize| {
                for number in 0..6 {
                    make_hive(&ann, site, &format!("{writer}-{number}")).await;
                }
            };
            futures_util::future::join_all((0..6).map(write)).await;
        };
        let follow = async {
            // Small pages, so that most end amid what is being written.
            while device.of_kind("hive").len() < 36 {
                device.pull(&reader, 3).await;
            }
        };
        let both = async { tokio::join!(writers, follow) };
        let bound = std::time::Duration::from_secs(60);
        tokio::time::timeout(bound, both).await.expect("the device has every hive");
        assert_eq!(device.begun, 1);
    })
    .await;
}
