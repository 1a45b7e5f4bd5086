//! The authority's own keys and files by the built program, with keys that stock ssh-keygen made.

mod cli_desk;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
};

use certreg::log::{SignatureType, VerifierKey};
use certreg::signing::{AuthorityFile, AuthorityKey, AuthorityRole, KeyRing, PublicKey, RingKey, Role, Window};
use cli_desk::{Desk, Server};

/// A key by ssh-keygen; gives its fingerprint.
fn make_key(desk: &Desk, name: &str) -> String {
    let mut command = desk.program("ssh-keygen");
    let made = command.args(["-q", "-t", "ed25519", "-N", "", "-C", "somebody@somewhere", "-f", name]).status();
    assert!(made.expect("ssh-keygen runs").success());
    fingerprint(desk, name)
}

fn fingerprint(desk: &Desk, name: &str) -> String {
    let told = desk.run(&format!("ssh-keygen -lf {name}.pub")).ok().out;
    told.split(' ').nth(1).expect("a fingerprint").to_owned()
}

/// A second from now, so that keys begin at once.
fn soon(desk: &Desk) -> String {
    desk.run("date -u -d +1seconds +%Y-%m-%dT%H:%M:%SZ").ok().out.trim().to_owned()
}

fn wait() {
    std::thread::sleep(std::time::Duration::from_millis(1600));
}

/// What everybody can check in a clone: by the program, and by the clone's own scripts.
fn holds(desk: &Desk, says: &str) {
    let root = fingerprint(desk, "dep/root");
    desk.run("rm -rf clone").ok();
    desk.run("git clone -q --branch main data/registry.git clone").ok();
    desk.certreg(&format!("verify clone --root {root}")).ok().says(says);
    let mut script = desk.program("sh");
    let output = script.current_dir(desk.path("clone")).args(["tools/authority.sh", &root]).output();
    let output = output.expect("the script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn serve(desk: &Desk) -> Server {
    desk.registry();
    desk.serve()
}

#[test]
fn two_holders_of_root_keys_sign_one_after_the_other() {
    let desk = Desk::new();
    let server = serve(&desk);
    let url = &server.url;
    let second = make_key(&desk, "second-root");
    let soon = soon(&desk);
    desk.certreg(&format!("authority root add second-root --keys dep --to {url}")).ends(1).says("private key");
    desk.certreg(&format!("authority root add second-root.pub --valid-after {soon} --keys dep --to {url}"))
        .ok()
        .says("version 2 (enrol)")
        .says(&format!("root {second}, valid from {soon}"))
        .says("Accepted: authority file version 2");
    assert!(!desk.read_git("authority/allowed_signers").contains("somewhere"), "no comment of anybody's");
    wait();
    desk.certreg(&format!("authority root threshold 3 --keys dep --to {url}")).ends(1).says("cannot change");
    desk.certreg(&format!("authority root threshold 2 --keys dep --to {url}")).ok().says("from now on 2");

    // From now on one alone cannot.
    let policy = desk.read_git("authority/trust-policy");
    let witness = PublicKey::parse_line(&desk.read("second-root.pub")).expect("a key");
    let witness = VerifierKey::new("one.example", SignatureType::Cosignature, witness.as_bytes()).expect("a key");
    desk.write("policy", policy.replace("quorum none", &format!("witness w {witness}\nquorum w")));
    desk.certreg(&format!("authority policy policy --keys dep --to {url}")).ends(1).says("1 more signature");
    let out = format!("authority policy policy --keys dep --registry {url} --out change.json");
    desk.certreg(&out).ok().says("cosign change.json");
    desk.certreg(&format!("submit change.json --to {url}")).ends(1).says("2 signatures by different root keys");
    // The second holder's folder.
    desk.run("mkdir dep2").ok();
    desk.run("cp second-root dep2/root").ok();
    desk.run("cp second-root.pub dep2/root.pub").ok();
    desk.run("cp dep/registry-id dep2/registry-id").ok();
    let cosign = format!("authority cosign change.json --keys dep2 --to {url}");
    // Its key signed nothing of what is in force, so it takes more than the server's word.
    desk.certreg(&cosign).ends(1).says("the server's word is not enough");
    holds(&desk, "Everything holds:");
    desk.certreg(&format!("{cosign} --registry clone")).ends(1).says("say so: --root");
    let root = fingerprint(&desk, "dep/root");
    desk.certreg(&format!("{cosign} --registry clone --root {root}"))
        .ok()
        .says("authority/trust-policy")
        .says("Accepted: authority file version 4");
    assert_eq!(desk.read_git("authority/trust-policy"), desk.read("policy"));
    desk.certreg(&format!("authority policy policy --keys dep --root-key second-root --to {url}"))
        .ends(1)
        .says("in force already");
    // Both keys in one place sign at once.
    desk.certreg(&format!("authority root end {second} --event lost --keys dep --root-key second-root --to {url}"))
        .ends(1)
        .says("nobody could ever sign");
    desk.certreg(&format!("authority root threshold 1 --keys dep --root-key second-root --to {url}")).ok();
    wait();
    desk.certreg(&format!("authority root end {second} --event lost --keys dep --to {url}"))
        .ok()
        .says("may sign until");
    holds(&desk, "Everything holds:");
}

#[test]
fn the_departments_and_the_registrys_keys_are_exchanged() {
    let desk = Desk::new();
    let server = serve(&desk);
    let url = server.url.clone();
    make_key(&desk, "dep/department.new");
    let registry = make_key(&desk, "data/keys/registry.new");
    let soon = soon(&desk);
    let add = format!("--valid-after {soon} --keys dep --to {url}");
    desk.certreg(&format!("authority department add dep/department.new.pub {add}")).ok().says("department SHA256:");
    desk.certreg(&format!("authority registry-key add data/keys/registry.new.pub {add}")).ok().says(&registry);
    desk.certreg(&format!("authority registry-key add data/keys/registry.new.pub {add}")).ends(1).says("on two lines");
    wait();
    let old = fingerprint(&desk, "data/keys/registry");
    let end_registry = format!("authority registry-key end {old} --event left --keys dep");
    desk.certreg(&format!("{end_registry} --to {url}")).ends(4).says("restart the server");
    desk.certreg(&format!("authority registry-key end {registry}x --event left --keys dep --to {url}"))
        .ends(1)
        .says(&format!("There is {old}, {registry}."));
    // The Department's folder takes the new key; the old one ends.
    let old_department = fingerprint(&desk, "dep/department");
    desk.run("mv dep/department.new dep/department").ok();
    desk.run("mv dep/department.new.pub dep/department.pub").ok();
    desk.certreg(&format!("authority department end {old_department} --event left --keys dep --to {url}")).ok();
    desk.certreg(&format!("authority edition dfe-2016-dpa --keys dep --to {url}")).ok();
    // So does the server.
    assert_eq!(server.stop(), Some(0));
    desk.run("mv data/keys/registry.new data/keys/registry").ok();
    desk.run("mv data/keys/registry.new.pub data/keys/registry.pub").ok();
    let server = desk.serve();
    let url = &server.url;
    // The old key ends with the second before: what it signed in this second would not count.
    wait();
    desk.certreg(&format!("{end_registry} --to {url}")).ok().says("may sign until");
    desk.certreg(&format!("authority supplier acme --name Acme --keys dep --to {url}")).ok();
    holds(&desk, "Everything holds:");
}

#[test]
fn the_guide_and_the_scripts_are_brought_up_to_date() {
    let desk = Desk::new();
    let server = serve(&desk);
    let url = &server.url;
    let refresh = format!("authority refresh --keys dep --to {url}");
    desk.certreg(&refresh).ends(1).says("in force already");
    // As if an earlier version of the program had begun the registry: the root key signs other settings, too.
    let settings = desk.read_git("registry.json").replace("\"Register\"", "\"Register of services\"");
    desk.write("registry.json", settings);
    desk.certreg(&format!("authority settings registry.json --keys dep --to {url}")).ok().says("registry.json");
    let told = desk.run(&format!("curl -s {url}/v1")).ok().out;
    assert!(told.contains("Register of services"), "{told}");
    desk.write("registry.json", desk.read("registry.json").replace("certreg.example", "other.example"));
    desk.certreg(&format!("authority settings registry.json --keys dep --to {url}")).ends(1).says("never changes");
    holds(&desk, "Everything holds:");
}

/// A server that answers each path with what it is told to.
fn lying_server(answers: Vec<(&'static str, String)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let line = lines.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().remove(0);
            let asked = line.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(path, _)| *path == asked).map(|(_, body)| body.as_str());
            let (status, body) = found.map_or(("404 Not Found", ""), |body| ("200 OK", body));
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn a_server_cannot_slip_a_key_in_for_the_department_to_sign() {
    let desk = Desk::new();
    let server = serve(&desk);
    desk.enrol(&server.url);
    let told = |path: &str| desk.run(&format!("curl -s {}{path}", server.url)).ok().out;
    let (settings, ring) = (told("/v1"), told("/v1/suppliers/acme/allowed_signers"));
    let (signature, authority) = (told("/v1/suppliers/acme/allowed_signers.sig"), told("/v1/authority"));
    make_key(&desk, "mallory");
    let mine = PublicKey::parse_line(&desk.read("mallory.pub")).expect("a key");
    let window = Window::new("2026-01-01T00:00:00Z".parse().expect("an instant"), None).expect("a window");
    let id = "certreg.example".parse().expect("an id");
    let with_mine = KeyRing::parse(&ring, &id).expect("a ring");
    let with_mine = with_mine.enrol(&[RingKey::new(Role::Signatory, mine, window)]).expect("a ring").print();
    let end = format!(
        "authority end-key {} --supplier acme --event left --keys dep --out next.json --registry",
        fingerprint(&desk, "signatory")
    );
    let serve_ring = |ring: &str, authority: &str| {
        lying_server(vec![
            ("/v1", settings.clone()),
            ("/v1/suppliers/acme/allowed_signers", ring.to_owned()),
            ("/v1/suppliers/acme/allowed_signers.sig", signature.clone()),
            ("/v1/authority", authority.to_owned()),
        ])
    };
    for ring in [&with_mine, &ring.replace("change=enrol", "change=rotate")] {
        desk.certreg(&format!("{end} {}", serve_ring(ring, &authority))).ends(1);
        assert!(!desk.has("next.json"));
    }
    // The same with the list of the authority's own keys, and with the files that it covers.
    let mut altered: serde_json::Value = serde_json::from_str(&authority).expect("JSON");
    let text = altered["document"].as_str().expect("a text").to_owned();
    let file = AuthorityFile::parse(&text, &id).expect("an authority file");
    let root = AuthorityKey::new(AuthorityRole::Root, mine, window);
    altered["document"] = file.enrol(*file.settings(), &[root]).expect("an authority file").print().into();
    let add = "authority root add mallory.pub --keys dep --out next.json --registry";
    desk.certreg(&format!("{add} {}", serve_ring(&ring, &altered.to_string())))
        .ends(1)
        .says("the server's word is not enough");
    altered["document"] = text.into();
    altered["files"]["tools/as-of.sh"] = "echo good\n".into();
    desk.certreg(&format!("{add} {}", serve_ring(&ring, &altered.to_string()))).ends(1).says("not those that it was");
    assert!(!desk.has("next.json"));
    // What is true is signed for.
    desk.certreg(&format!("{end} {}", serve_ring(&ring, &authority))).ok();
}
