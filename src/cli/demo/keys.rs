//! Everybody's keys, made on the spot, and what is done with them at the beginning of a registry and to a ring.

use std::path::Path;

use zeroize::Zeroizing;

use super::{EXAMPLE_SUPPLIER, Stage, build::DemoError, settings, supplier_id};
use crate::{
    domain::{Instant, KeyRequest},
    format::{profile, v1},
    registry::{
        Registry, RegistryError, Result, ServerKeys,
        enrol::SignedKeyRequest,
        genesis::{Admission, Proposal},
    },
    signing::{self, KeyEvent, KeyRing, Namespace, RingKey, Role, SecretKey, Window},
};

/// Whose key it is. The name is that of its file in `demo-keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoKey {
    /// Signs the authority file.
    Root,
    /// The demo authority's: enrols and transcribes.
    Department,
    /// The server's: signs commits.
    Registry,
    /// The server's: will sign checkpoints.
    Log,
    /// The example supplier's competent person, today.
    Signatory,
    /// The example supplier's senior official, today.
    Official,
    /// The signatory's key until November 2025.
    OldSignatory,
    /// The official of before June 2026.
    OldOfficial,
}

impl DemoKey {
    const ALL: [DemoKey; 8] = [
        DemoKey::Root,
        DemoKey::Department,
        DemoKey::Registry,
        DemoKey::Log,
        DemoKey::Signatory,
        DemoKey::Official,
        DemoKey::OldSignatory,
        DemoKey::OldOfficial,
    ];

    /// Where the key's file is, below the data folder. The server's own two are where `certreg serve` looks.
    pub fn path(self) -> &'static str {
        match self {
            DemoKey::Root => "demo-keys/root",
            DemoKey::Department => "demo-keys/department",
            DemoKey::Registry => "keys/registry",
            DemoKey::Log => "keys/log",
            DemoKey::Signatory => "demo-keys/signatory",
            DemoKey::Official => "demo-keys/official",
            DemoKey::OldSignatory => "demo-keys/old-signatory",
            DemoKey::OldOfficial => "demo-keys/old-official",
        }
    }

    /// The role in the example supplier's ring.
    fn role(self) -> Role {
        match self {
            DemoKey::Official | DemoKey::OldOfficial => Role::Official,
            _ => Role::Signatory,
        }
    }
}

/// All the keys of a demo.
pub(super) struct Keys(Vec<SecretKey>);

impl Keys {
    /// Makes every key from the system's randomness.
    pub(super) fn generate() -> std::result::Result<Keys, DemoError> {
        let key = |_| Ok(SecretKey::from_seed(&*random()?));
        Ok(Keys(DemoKey::ALL.into_iter().map(key).collect::<std::result::Result<_, DemoError>>()?))
    }

    pub(super) fn secret(&self, key: DemoKey) -> &SecretKey {
        &self.0[key as usize]
    }

    /// The keys of the demo's server.
    pub(super) fn server(&self) -> ServerKeys {
        ServerKeys { registry: self.secret(DemoKey::Registry).clone(), log: self.secret(DemoKey::Log).clone() }
    }

    /// Signs `bytes` in `namespace` of the demo registry.
    pub(super) fn sign(&self, key: DemoKey, namespace: Namespace, bytes: &[u8]) -> String {
        signing::sign(self.secret(key), &namespace.at(&settings().registry), bytes)
    }

    /// Writes every key below `data`, readable by its owner only, with its public half beside it.
    pub(super) fn write(&self, data: &Path) -> std::result::Result<(), DemoError> {
        for key in DemoKey::ALL {
            let path = data.join(key.path());
            let comment = key.path().replace('/', "-");
            let text = self.secret(key).to_openssh(&comment, None).map_err(DemoError::story)?;
            super::build::write_private(&path, text.as_bytes())?;
            let public = format!("{} {comment}\n", self.secret(key).public().line());
            super::build::write(&path.with_extension("pub"), public.as_bytes())?;
        }
        // With its registry's name, a copy of the folder serves as the Department's: 'certreg authority --keys COPY'.
        super::build::write(&data.join("demo-keys/registry-id"), format!("{}\n", settings().registry).as_bytes())
    }

    /// What the operator of the demo proposes.
    pub(super) fn proposal(&self) -> Proposal {
        Proposal {
            settings: settings(),
            registry_key: self.secret(DemoKey::Registry).public(),
            log_key: self.secret(DemoKey::Log).public(),
        }
    }

    /// The demo authority's answer.
    pub(super) fn admit(&self, proposal: &Proposal, at: Instant) -> Result<Admission> {
        let (root, department) = (self.secret(DemoKey::Root).public(), self.secret(DemoKey::Department).public());
        let authority = proposal.admit(root, department, at)?.print();
        let signature = self.sign(DemoKey::Root, Namespace::Root, authority.as_bytes());
        Ok(Admission { authority, signatures: vec![signature] })
    }

    /// A key request, signed by the key itself and, at a rotation, by the key that it replaces.
    fn request(&self, key: DemoKey, replaces: Option<DemoKey>) -> SignedKeyRequest {
        let request = KeyRequest {
            registry: settings().registry,
            supplier: supplier_id(EXAMPLE_SUPPLIER),
            role: key.role().as_str().into(),
            key: self.secret(key).public().line(),
        };
        let document = profile::print(&v1::key_request::write(&request));
        SignedKeyRequest {
            signature: self.sign(key, Namespace::Enrolment, &document),
            old_signature: replaces.map(|old| self.sign(old, Namespace::Enrolment, &document)),
            document,
        }
    }

    /// The line of a ring that enrols `key` from `at` on.
    fn line(&self, key: DemoKey, at: Instant) -> RingKey {
        let window = Window::new(at, None).expect("a window without an end, long after 1970");
        RingKey::new(key.role(), self.secret(key).public(), window)
    }
}

/// 32 random bytes from the operating system.
pub(super) fn random() -> std::result::Result<Zeroizing<[u8; 32]>, DemoError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| DemoError::Random)?;
    Ok(bytes)
}

pub(super) fn enrol_first(stage: &mut Stage<'_>) -> Result<()> {
    let now = stage.registry.clock().now();
    let keys = [DemoKey::OldSignatory, DemoKey::OldOfficial];
    let lines = keys.iter().map(|key| stage.keys.line(*key, now)).collect();
    let ring = KeyRing::first(settings().registry, supplier_id(EXAMPLE_SUPPLIER), lines);
    let requests = keys.iter().map(|key| stage.keys.request(*key, None)).collect();
    put_ring(stage, &ring.map_err(RegistryError::internal)?, requests)
}

/// The new key may sign at once; the old one for another day, so that nothing in the making is lost.
pub(super) fn rotate_signatory(stage: &mut Stage<'_>) -> Result<()> {
    const ONE_DAY: i64 = 24 * 60 * 60;
    let now = stage.registry.clock().now();
    let old = stage.keys.secret(DemoKey::OldSignatory).public();
    let ring = current_ring(stage.registry)?
        .rotate(&old, stage.keys.line(DemoKey::Signatory, now), now.plus_seconds(ONE_DAY))
        .map_err(RegistryError::internal)?;
    let request = stage.keys.request(DemoKey::Signatory, Some(DemoKey::OldSignatory));
    put_ring(stage, &ring, vec![request])
}

pub(super) fn enrol_second_official(stage: &mut Stage<'_>) -> Result<()> {
    let line = stage.keys.line(DemoKey::Official, stage.registry.clock().now());
    let ring = current_ring(stage.registry)?.enrol(&[line]).map_err(RegistryError::internal)?;
    let request = stage.keys.request(DemoKey::Official, None);
    put_ring(stage, &ring, vec![request])
}

pub(super) fn end_first_official(stage: &mut Stage<'_>) -> Result<()> {
    let old = stage.keys.secret(DemoKey::OldOfficial).public();
    let ring = current_ring(stage.registry)?
        .end(&old, stage.registry.clock().now(), KeyEvent::Left)
        .map_err(RegistryError::internal)?;
    put_ring(stage, &ring, Vec::new())
}

fn current_ring(registry: &Registry) -> Result<KeyRing> {
    registry.ring(&supplier_id(EXAMPLE_SUPPLIER), None).map(|(_, ring, _)| ring)
}

fn put_ring(stage: &mut Stage<'_>, ring: &KeyRing, requests: Vec<SignedKeyRequest>) -> Result<()> {
    let file = stage.by_department(Namespace::Keys, ring.print().into_bytes());
    stage.registry.put_ring(ring.supplier(), file, requests).map(drop)
}
