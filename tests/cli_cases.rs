//! Cases by the built program: the Department asks, requires, withdraws; the supplier answers; everybody sees it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cli_desk;

use cli_desk::{Desk, Server};
use serde_json::json;

/// A registry at work in which `acme/lms` has one version.
fn desk() -> (Desk, Server) {
    let desk = Desk::new();
    desk.registry();
    let server = desk.serve();
    desk.enrol(&server.url);
    let people = desk.people();
    desk.finished("cert.json", &people);
    desk.sign("cert.json");
    desk.certreg(&format!("publish cert.json --to {}", server.url)).ok();
    (desk, server)
}

fn day(desk: &Desk, days: &str) -> String {
    desk.run(&format!("date -u -d {days}days +%Y-%m-%d")).ok().out.trim().to_owned()
}

#[test]
fn a_question_is_asked_answered_and_closed() {
    let (desk, server) = desk();
    let url = &server.url;
    let due = day(&desk, "+14");
    let challenge =
        format!("authority case challenge acme/lms --question q5.7 --due-on {due} --text Which? --keys dep");
    desk.certreg(&format!("{challenge} --out asked.json")).ends(2).says("--registry URL");
    desk.certreg(&format!("{challenge} --registry {url} --out asked.json")).ok().says("challenge, number 1");
    desk.certreg(&format!("submit asked.json --to {url}")).ok().says("Accepted: challenge about acme/lms, number 1");
    desk.certreg(&format!("submit asked.json --to {url}")).ok().says("Exactly this is in force already");

    let shown = desk.certreg(&format!("show acme/lms --registry {url}")).ok();
    shown.says("The Department has asked about Q 5.7; an answer is due by");
    desk.certreg(&format!("show acme/lms --registry {url} --as-of 2020-01-01")).ends(1);

    let clarify = format!("case clarify acme/lms --text Thumbnails. --registry {url} --out said.json");
    desk.certreg(&clarify).ok().says("clarification, number 2").says("certreg sign said.json --role signatory");
    desk.certreg(&clarify).ends(1);
    desk.certreg("check said.json").ok();
    desk.certreg("sign said.json --role official --key official").ends(1).says("the signatory signs alone");
    desk.certreg("sign said.json --role signatory --key signatory").ok().says("certreg publish said.json");
    desk.certreg(&format!("publish said.json --to {url} --dry-run")).ends(2);
    desk.certreg(&format!("publish said.json --to {url}"))
        .ok()
        .says("Accepted: clarification about acme/lms, number 2");
    assert!(desk.json("said.json.receipt.json")["leaf"].as_str().unwrap().contains("acme/lms.case/00002.json"));
    // ssh-keygen judges the signature like the registry.
    let ring = desk.read_git("suppliers/ac/acme/allowed_signers");
    desk.write("ring", ring);
    let verify = "ssh-keygen -Y verify -f ring -I signatory@acme -n case@certreg.example -s said.json.sig";
    let mut command = desk.program("sh");
    let status = command.args(["-c", &format!("{verify} < said.json")]).status().unwrap();
    assert!(status.success());

    let resolve = format!("authority case resolve acme/lms --outcome clarified --text Thanks. --keys dep --to {url}");
    desk.certreg(&resolve).ok().says("Accepted: resolution about acme/lms, number 3");
    desk.certreg(&resolve).ends(1).says("No case of acme/lms is open that this would reply to");
    // The same from the folder, without asking the server.
    for registry in [url.as_str(), "data"] {
        desk.certreg(&format!("show acme/lms --registry {registry}")).ok().says("The supplier clarified Q 5.7 on");
    }
}

#[test]
fn a_withdrawal_and_a_reinstatement_are_shown_by_since_and_inbox() {
    let (desk, server) = desk();
    let url = &server.url;
    let today = day(&desk, "+0");
    let due = day(&desk, "+14");
    let require = "authority case require-verification acme/lms --question q5.7 --text Please. --keys dep";
    desk.certreg(&format!("{require} --due-on {due} --to {url}")).ok();
    desk.certreg(&format!("authority case withdraw acme/lms --text Unsafe. --reason Unsafe. --keys dep --to {url}"))
        .ok();
    for registry in [url.as_str(), "data"] {
        let since = desk.certreg(&format!("since acme/lms@{today} --registry {registry}")).ends(1);
        since.says("Withdrawn on ").says("1 needs your attention.");
        let since = desk.certreg(&format!("since acme/lms@{today} --registry {registry} --json")).ends(1);
        let since: serde_json::Value = serde_json::from_str(&since.out).unwrap();
        assert_eq!(since["items"][0]["importance"], "attention");
    }
    let mut inboxes = Vec::new();
    for registry in [url.as_str(), "data"] {
        let inbox = desk.certreg(&format!("authority inbox --registry {registry} --json")).ok().out;
        let inbox: serde_json::Value = serde_json::from_str(&inbox).unwrap();
        // The requirement ended with the withdrawal; the withdrawal stands.
        let kinds: Vec<_> = inbox["cases"].as_array().unwrap().iter().map(|case| case["type"].clone()).collect();
        assert_eq!(kinds, [json!("withdrawal")]);
        inboxes.push(inbox);
    }
    assert_eq!(inboxes[0], inboxes[1], "a clone tells the same as the address");
    desk.certreg(&format!("authority inbox --registry {url}"))
        .ok()
        .says("Open cases (1)")
        .says("acme/lms withdrawal: open since today");

    // The supplier publishes nothing meanwhile, and cannot take back what the Department withdrew.
    desk.certreg(&format!("next cert.json --registry {url} --out second.json")).ok();
    desk.edit("second.json", |document| {
        document["responses"]["q5.7"] = json!({"code": "amber", "statement": ["Thumbnails are not encrypted."]});
        document["completed_on"] = json!(today);
    });
    desk.sign("second.json");
    desk.certreg(&format!("publish second.json --to {url}")).ends(4).says("was withdrawn by the Department");
    let reinstate = format!("case reinstate acme/lms --text Sorry. --registry {url} --out back.json");
    desk.certreg(&reinstate).ends(1).says("No case of acme/lms is open");
    desk.certreg(&format!("authority case reinstate acme/lms --text Resolved. --keys dep --to {url}")).ok();
    desk.certreg(&format!("publish second.json --to {url}")).ok();
    let inbox = desk.certreg(&format!("authority inbox --registry {url}")).ok();
    inbox.says("acme/lms version 2").says("Q 5.7: Changed from GREEN to AMBER").says("Open cases (0)");
}

#[test]
fn the_suppliers_own_statements_need_both_signatures() {
    let (desk, server) = desk();
    let url = &server.url;
    let end = day(&desk, "+60");
    desk.certreg(&format!("case close acme/lms --ends-on {end} --text Thanks. --registry {url} --out end.json")).ok();
    desk.certreg("sign end.json --role signatory --key signatory").ok().says("the official signs");
    desk.certreg(&format!("publish end.json --to {url}")).ends(1).says("signature is missing");
    desk.certreg("sign end.json --role official --key official").ok();
    desk.certreg(&format!("publish end.json --to {url}")).ok();
    desk.certreg(&format!("show acme/lms --registry {url}")).ok().says("The service ends on");

    let soon = day(&desk, "+7");
    let notice = format!("case notice acme/lms --question q5.7 --expires-on {soon} --text Outage. --registry {url}");
    desk.certreg(&format!("{notice} --out notice.json")).ok().says("notice, number 2");
    desk.certreg("sign notice.json --role signatory --key signatory").ok();
    desk.certreg(&format!("publish notice.json --to {url}")).ok();
    desk.certreg(&format!("case withdraw acme/lms --text Wrong. --registry {url} --out gone.json")).ok();
    desk.sign("gone.json");
    desk.certreg(&format!("publish gone.json --to {url}")).ok();
    desk.certreg(&format!("show acme/lms --registry {url}")).ok().says("Withdrawn by the supplier on");
    // A stale number: somebody else stated something meanwhile.
    let reinstate = format!("case reinstate acme/lms --text Back. --registry {url} --out back.json");
    desk.certreg(&reinstate).ends(1).says("2 cases of acme/lms are open").says("(withdrawal)");
    let withdrawn = desk.run("sha256sum gone.json").ok().out;
    let reinstate = format!("{reinstate} --case sha256:{}", withdrawn.split(' ').next().unwrap());
    desk.certreg(&reinstate).ok();
    let challenge = format!("authority case challenge acme/lms --question q5.7 --due-on {soon} --text Why? --keys dep");
    desk.certreg(&format!("{challenge} --to {url}")).ok();
    desk.sign("back.json");
    desk.certreg(&format!("publish back.json --to {url}")).ends(4).says("The newest statement here is number 4");
    desk.certreg(&format!("{reinstate} --force")).ok();
    for role in ["signatory", "official"] {
        desk.certreg(&format!("sign back.json --role {role} --key {role} --force")).ok();
    }
    desk.certreg(&format!("publish back.json --to {url}")).ok();
}

#[test]
fn a_renamed_service_is_followed() {
    let (desk, server) = desk();
    let url = &server.url;
    let digest = desk.run("sha256sum cert.json").ok().out;
    let digest = format!("sha256:{}", digest.split(' ').next().unwrap());
    desk.write("new.json", desk.read("cert.json"));
    desk.edit("new.json", |document| {
        document["service"] = json!("learn");
        document["service_name"] = json!("Acme Learn");
        let predecessor = json!({"supplier": "acme", "service": "lms", "version": 1, "digest": digest});
        document["change"] = json!({"kind": "initial", "predecessor": predecessor});
    });
    desk.sign("new.json");
    desk.certreg(&format!("publish new.json --to {url}")).ok();
    let today = day(&desk, "+0");
    let since = |registry: &str| desk.certreg(&format!("since acme/lms@{today} --registry {registry}"));
    since(url).ok().says("No new version since");
    for (of, other) in [("lms", "learn"), ("learn", "lms")] {
        let transfer = format!("case transfer acme/{of} --other acme/{other} --text Renamed. --registry {url}");
        desk.certreg(&format!("{transfer} --out {of}.json")).ok();
        desk.sign(&format!("{of}.json"));
        desk.certreg(&format!("publish {of}.json --to {url}")).ok();
    }
    for registry in [url.as_str(), "data"] {
        since(registry).ends(1).says("Now run by Acme Ltd as acme/learn, since").says("Acme Learn");
        desk.certreg(&format!("show acme/lms --registry {registry}")).ok().says("Carried on as acme/learn since");
    }
}
