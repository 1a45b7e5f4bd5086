//! `certreg bench-data`: a large registry for measuring, always the same for the same numbers.

mod resume;
mod statement;

use std::{
    path::PathBuf,
    sync::mpsc,
    thread,
    time::{Duration, Instant as Stopwatch},
};

use super::{
    data::DataFolder,
    editions,
    error::{CliError, CliResult, Exit},
    files::{self, Write},
    local::index_failure,
    out,
};
use crate::{
    domain::{
        CertificationId, Day, Digest, Draft, Freshness, Person, RegistryId, RegistrySettings, Supplier, SupplierId,
    },
    format::{profile, v1},
    registry::{
        Clock, Registry, ServerKeys,
        enrol::{SignedFile, SignedKeyRequest},
        genesis::{Admission, Proposal},
        publish::VersionSubmission,
    },
    signing::{self, KeyRing, Namespace, RingKey, Role, SecretKey, Window},
};

/// How many versions share one durable sync.
const GROUP: usize = 500;
/// How often is looked whether packs have piled up.
const BETWEEN_MAINTENANCE: Duration = Duration::from_millis(200);
/// How many services each made-up supplier has at least: registering suppliers is not what is measured.
const LEAST_SERVICES: usize = 50;
/// How many suppliers there are at most, about as many as the scheme has.
const MOST_SUPPLIERS: usize = 200;
/// The first day of the made-up history.
const FIRST_DAY: (i16, i8, i8) = (2016, 1, 4);
/// Days between two versions of a certification.
const STEP_DAYS: i64 = 60;

/// Fill a folder with made-up certifications, for measuring
///
/// Real forms' texts under made-up names, published through every check that 'certreg publish' goes through, in
/// groups, and packed meanwhile as a server packs (which needs the program git). The keys are known to everybody and
/// the dates are simulated: never use such a folder for anything else. The same numbers give the same commits. What
/// was interrupted goes on where it was when the same command is given again; with more versions, it is added to.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg bench-data --certifications 10000 --versions 10 --data /tmp/bench
  certreg serve --data /tmp/bench")]
pub(crate) struct BenchData {
    /// How many certifications
    #[arg(long, value_name = "N", default_value_t = 1000)]
    certifications: usize,
    /// How many versions each
    #[arg(long, value_name = "N", default_value_t = 10)]
    versions: u32,
    /// A new folder, or one that an earlier 'certreg bench-data' began
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl BenchData {
    pub(super) fn run(self) -> CliResult {
        let folder = DataFolder::at(&self.data);
        if self.certifications == 0 || self.versions == 0 || self.certifications > 1_000_000 {
            return Err(CliError::usage("give between 1 and 1,000,000 certifications, and at least 1 version"));
        }
        let started = Stopwatch::now();
        let bench = match folder.holds_registry() {
            true => Bench::resume(&folder, &self.data, self.certifications)?,
            false => Bench::begin(&folder, &self.data, self.certifications)?,
        };
        let (done, stop) = mpsc::channel();
        let versions = thread::scope(|scope| {
            let packing = scope.spawn(|| bench.pack_until(stop));
            let versions = self.publish(&bench);
            drop(done);
            packing.join().expect("packing does not panic").and(versions)
        })?;
        out::line(format!(
            "{versions} versions of {} certifications, {} of them made in {:.1} s: {}",
            self.certifications,
            versions - bench.resumed_at,
            started.elapsed().as_secs_f64(),
            self.data.display()
        ))?;
        Ok(Exit::Done)
    }

    /// All versions that are not there yet, one after the other, each group made and signed while the one before is
    /// published. Gives how many there are then.
    fn publish(&self, bench: &Bench) -> CliResult<u64> {
        let mut newest = Vec::with_capacity(self.certifications);
        for place in 0..self.certifications {
            if place % bench.services_each == 0 {
                bench.enrol(&bench.supplier_id(place))?;
            }
            newest.push(bench.newest(place, self.certifications, self.versions)?);
        }
        let mut progress = out::Progress::of("version");
        let (made, groups) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || self.make(bench, newest, &made));
            let mut done = bench.resumed_at;
            for (version, group) in groups {
                bench.advance(version);
                done += group.len() as u64;
                for result in bench.registry.publish_group(group) {
                    result?;
                }
                progress.at(done);
            }
            Ok(done)
        })
    }

    /// Makes all groups that go on from the `newest` versions, each with their number, until nobody takes them any
    /// more.
    fn make(&self, bench: &Bench, mut newest: Vec<Newest>, made: &mpsc::SyncSender<(u32, Group)>) {
        for version in 1..=self.versions {
            for from in (0..self.certifications).step_by(GROUP) {
                let places = from..self.certifications.min(from + GROUP);
                let missing = places.filter(|place| !bench.is_published(*place, version, self.certifications));
                let group: Group = missing.map(|place| bench.version(&mut newest[place], place, version)).collect();
                if !group.is_empty() && made.send((version, group)).is_err() {
                    return;
                }
            }
        }
    }
}

/// The newest version of a certification; before the first, what it will say.
struct Newest {
    draft: Draft,
    digest: Option<Digest>,
}

/// What is published together.
type Group = Vec<(CertificationId, VersionSubmission)>;

/// A registry under a clock that is set by hand, with everybody's keys.
struct Bench {
    registry: Registry,
    id: RegistryId,
    texts: Vec<Draft>,
    services_each: usize,
    /// How many versions an interrupted run left.
    resumed_at: u64,
}

impl Bench {
    fn begin(folder: &DataFolder, data: &std::path::Path, certifications: usize) -> CliResult<Bench> {
        if folder.registry_key().exists() || folder.log_key().exists() {
            return Err(resume::not_ours(format!("{} holds a registry's keys already", data.display())));
        }
        folder.create()?;
        let id = registry_id();
        let settings = RegistrySettings {
            registry: id.clone(),
            name: "Made-up certifications for measuring".to_owned(),
            authority_name: "Nobody".to_owned(),
            content_licence: "None: made up".to_owned(),
            freshness: Freshness::default(),
            simulated_dates: true,
        };
        let start = day_of(0).starts_at();
        let proposal = Proposal { settings, registry_key: key("registry").public(), log_key: key("log").public() };
        let text = proposal.admit(key("root").public(), key("department").public(), start)?.print();
        let signature = signing::sign(&key("root"), &Namespace::Root.at(&id), text.as_bytes());
        let admission = Admission { authority: text, signatures: vec![signature] };
        let registry = Registry::create(data, &proposal, &admission, server_keys(), Clock::standing_at(start))?;
        Bench::of(folder, registry, certifications)
    }

    /// With the keys and the editions that `registry` lacks yet.
    fn of(folder: &DataFolder, registry: Registry, certifications: usize) -> CliResult<Bench> {
        for (path, name) in [(folder.registry_key(), "registry"), (folder.log_key(), "log")] {
            let text = key(name).to_openssh(name, None).map_err(|error| CliError::no(error.to_string()))?;
            files::write_secret(&path, text.as_bytes(), Write::Replace)?;
        }
        let services_each = certifications.div_ceil(MOST_SUPPLIERS).max(LEAST_SERVICES);
        let resumed_at = registry.index().counts().map_err(index_failure)?.versions;
        let bench = Bench { registry, id: registry_id(), texts: statement::texts()?, services_each, resumed_at };
        for known in editions::built_in() {
            if bench.registry.index().edition(&known.edition.id).map_err(index_failure)?.is_none() {
                let file = bench.by_department(Namespace::Editions, known.bytes.clone());
                bench.registry.put_edition(&known.edition.id, file)?;
            }
        }
        Ok(bench)
    }

    fn by_department(&self, namespace: Namespace, document: Vec<u8>) -> SignedFile {
        let signature = signing::sign(&key("department"), &namespace.at(&self.id), &document);
        SignedFile { document, signature: Some(signature) }
    }

    /// Packs what piles up, until nobody holds the other end of `stop`; then all that is left.
    fn pack_until(&self, stop: mpsc::Receiver<()>) -> CliResult<()> {
        while stop.recv_timeout(BETWEEN_MAINTENANCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            self.registry.maintain_if_due()?;
        }
        self.registry.maintain()?;
        Ok(())
    }

    fn advance(&self, version: u32) {
        self.registry.clock().set(day_of(version).starts_at().plus_seconds(10 * 3600));
    }

    /// Registers a supplier and its two keys, unless they are there.
    fn enrol(&self, supplier: &SupplierId) -> CliResult<()> {
        if self.registry.index().supplier(supplier).map_err(index_failure)?.is_none() {
            self.register(supplier)?;
        }
        if self.registry.index().rings(supplier).map_err(index_failure)?.is_empty() {
            self.give_keys(supplier)?;
        }
        Ok(())
    }

    fn register(&self, supplier: &SupplierId) -> CliResult<()> {
        let record = Supplier {
            registry: self.id.clone(),
            supplier: supplier.clone(),
            version: 1,
            previous: None,
            names: vec![statement::supplier_name(supplier)],
            company_number: None,
            website: None,
            single_signatory: false,
        };
        let record = profile::print(&v1::supplier::write(&record));
        self.registry.put_supplier(supplier, self.by_department(Namespace::Keys, record))?;
        Ok(())
    }

    fn give_keys(&self, supplier: &SupplierId) -> CliResult<()> {
        let window = Window::new(self.registry.clock().now(), None).map_err(|error| CliError::no(error.to_string()))?;
        let keys = Role::ALL.map(|role| RingKey::new(role, signer(supplier, role).public(), window));
        let ring = KeyRing::first(self.id.clone(), supplier.clone(), keys.to_vec());
        let ring = ring.map_err(|error| CliError::no(error.to_string()))?.print().into_bytes();
        let requests = Role::ALL.map(|role| self.request(supplier, role)).to_vec();
        self.registry.put_ring(supplier, self.by_department(Namespace::Keys, ring), requests)?;
        Ok(())
    }

    fn request(&self, supplier: &SupplierId, role: Role) -> SignedKeyRequest {
        let key = signer(supplier, role);
        let request = crate::domain::KeyRequest {
            registry: self.id.clone(),
            supplier: supplier.clone(),
            role: role.as_str().to_owned(),
            key: key.public().line(),
        };
        let document = profile::print(&v1::key_request::write(&request));
        let signature = signing::sign(&key, &Namespace::Enrolment.at(&self.id), &document);
        SignedKeyRequest { document, signature, old_signature: None }
    }

    /// The supplier of the certification with this number.
    fn supplier_id(&self, place: usize) -> SupplierId {
        let id = format!("supplier-{:05}", place / self.services_each);
        id.parse().expect("a word and five to seven digits are an id")
    }

    /// The first version of the certification with this number.
    fn first(&self, place: usize) -> CliResult<Draft> {
        let supplier = self.supplier_id(place);
        let service = format!("service-{place}").parse().map_err(|_| CliError::usage("too many certifications"))?;
        let id = CertificationId::new(supplier, service);
        let text = &self.texts[place % self.texts.len()];
        let people = people(&id.supplier);
        Ok(statement::first(text, &self.id, id, people))
    }

    /// The next version of the certification with the number `place`, signed.
    fn version(&self, newest: &mut Newest, place: usize, version: u32) -> (CertificationId, VersionSubmission) {
        let Newest { draft, digest } = newest;
        statement::change(draft, version, *digest, day_of(version), place);
        let document = profile::print(&v1::certification::write(draft));
        *digest = Some(Digest::of(&document));
        let sign = |role: Role| {
            signing::sign(&signer(&draft.supplier, role), &role.version_namespace().at(&self.id), &document)
        };
        let people = if version == 1 { people(&draft.supplier).map(|p| record(&p)).to_vec() } else { Vec::new() };
        let signature = Some(sign(Role::Signatory));
        let countersignature = Some(sign(Role::Official));
        (draft.certification_id(), VersionSubmission { signature, countersignature, document, people })
    }
}

/// The name of every registry that is made here.
fn registry_id() -> RegistryId {
    "bench.certreg.example".parse().expect("a host name is an id")
}

fn server_keys() -> ServerKeys {
    ServerKeys { registry: key("registry"), log: key("log") }
}

/// A key that everybody can make.
fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(Digest::of(format!("certreg bench-data {name}").as_bytes()).as_bytes())
}

fn signer(supplier: &SupplierId, role: Role) -> SecretKey {
    key(&role.principal(supplier))
}

fn day_of(version: u32) -> Day {
    let (year, month, day) = FIRST_DAY;
    let first = Day::new(year, month, day).expect("the first day is in the calendar");
    first.plus_days(STEP_DAYS * i64::from(version))
}

/// The two people of a supplier.
fn people(supplier: &SupplierId) -> [Person; 2] {
    Role::ALL.map(|role| Person {
        email: None,
        name: format!("{} {}", role.as_str(), supplier),
        salt: Digest::of(role.principal(supplier).as_bytes()).hex(),
        telephone: None,
    })
}

fn record(person: &Person) -> Vec<u8> {
    profile::print(&v1::person::write(person))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_and_keys_are_always_the_same() {
        assert!(day_of(1) < day_of(2));
        assert_eq!(key("root").public(), key("root").public());
        assert_ne!(key("root").public(), key("department").public());
    }
}
