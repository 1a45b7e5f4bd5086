//! A person is forgotten by the built program: one command of the Department's, and nobody finds the name any more.

mod cli_desk;

use std::fs;

use cli_desk::Desk;

#[test]
fn the_department_has_a_person_forgotten() {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    let url = server.url.clone();
    desk.enrol(&url);
    let people = desk.people();
    desk.finished("c.json", &people);
    desk.sign("c.json");
    desk.certreg(&format!("publish c.json --to {url}")).ok();
    desk.certreg(&format!("verify c.json --registry {url}")).ok();
    let hex = people[0].trim_start_matches("sha256:").to_owned();
    let ask = |desk: &Desk| desk.run(&format!("curl -s -w %{{http_code}} {url}/v1/people/{hex}")).ok();
    ask(&desk).says("Ann Example").says("200");
    desk.certreg("show acme/lms --registry data").ok().says("Ann Example");

    let erase = format!("authority case erase acme --person {} --text Asked-to-be-forgotten --keys dep", people[0]);
    desk.certreg(&format!("{erase} --to {url}")).ok().says("erasure");
    ask(&desk).says("person-erased").says("410");
    assert!(!desk.has(&format!("data/people/{hex}.json")));
    // Whoever reads the folder itself finds nobody either, also after it was put back from a backup.
    let record = fs::read_dir(desk.path("")).expect("the desk").flatten().find_map(|entry| {
        let text = fs::read_to_string(entry.path()).ok()?;
        (entry.path().to_string_lossy().ends_with(".person.json") && text.contains("Ann Example")).then_some(text)
    });
    assert_eq!(server.stop(), Some(0));
    desk.write(&format!("data/people/{hex}.json"), record.expect("the supplier's own copy"));
    let shown = desk.certreg("show acme/lms --registry data").ok();
    assert!(!shown.out.contains("Ann Example") && shown.out.contains("Bob Example"), "{}", shown.out);
    drop(desk.serve());
    assert!(!desk.has(&format!("data/people/{hex}.json")), "a server forgets again at its start");
    desk.run("git clone -q --branch main data/registry.git clone").ok();
    desk.certreg("verify clone").ok().says("as known then and as known now");
    desk.certreg("verify c.json --registry clone").ok();
}
