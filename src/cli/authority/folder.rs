//! The Department's key folder.
//!
//! ```text
//! <keys>/registry-id      for which registry these keys sign
//! <keys>/root             the trust anchor: signs the authority file; keep it off line
//! <keys>/department       signs editions, suppliers, rings and transcriptions
//! <keys>/root.pub, department.pub
//! ```

use std::path::{Path, PathBuf};

use crate::{
    cli::{
        data, demo,
        error::{CliError, CliResult},
        files::{self, Write},
        keys::{self, NewPassphrase, Signer},
    },
    domain::RegistryId,
    signing::{AuthorityRole, Namespace, PublicKey},
};

/// Names the registry that the keys sign for.
const FOR_REGISTRY: &str = "registry-id";

/// A key folder, known to lie outside every registry's data folder.
pub(super) struct KeyFolder {
    path: PathBuf,
    registry: RegistryId,
}

impl KeyFolder {
    /// Opens the folder.
    ///
    /// # Errors
    /// No when it holds no keys, or lies in a data folder.
    pub(super) fn open(path: &Path) -> CliResult<KeyFolder> {
        let Some(bytes) = files::read_if_there(&path.join(FOR_REGISTRY))? else {
            data::refuse_inside_data_folder(path)?;
            return Err(CliError::no(format!("{} holds no keys of a Department", path.display()))
                .next("Make them with 'certreg authority init --registry-id ID --keys DIR'."));
        };
        let text = files::into_text(bytes, &path.join(FOR_REGISTRY))?;
        let registry = text.trim_end().parse().map_err(|error| CliError::no(format!("{FOR_REGISTRY}: {error}")))?;
        let folder = KeyFolder { path: path.to_owned(), registry };
        // The demonstration keeps everybody's keys in one folder, so that one person can play every part.
        if folder.registry.as_str() != demo::REGISTRY_ID {
            data::refuse_inside_data_folder(path)?;
        }
        Ok(folder)
    }

    /// Makes root and Department keys in a new folder.
    ///
    /// # Errors
    /// No when there are keys already.
    pub(super) fn make(path: &Path, registry: RegistryId, passphrase: &NewPassphrase) -> CliResult<KeyFolder> {
        data::refuse_inside_data_folder(path)?;
        data::private_folder(path)?;
        for role in [AuthorityRole::Root, AuthorityRole::Department] {
            files::may_write(&path.join(role.as_str()), Write::New)?;
        }
        for role in [AuthorityRole::Root, AuthorityRole::Department] {
            keys::make(&path.join(role.as_str()), &role.principal(&registry), passphrase, Write::New)?;
        }
        files::write(&path.join(FOR_REGISTRY), format!("{registry}\n").as_bytes(), Write::Replace)?;
        Ok(KeyFolder { path: path.to_owned(), registry })
    }

    /// For which registry these keys sign.
    pub(super) fn registry(&self) -> &RegistryId {
        &self.registry
    }

    /// The public half of a key: private halves are not touched.
    ///
    /// # Errors
    /// Unreachable or no when it cannot be read.
    pub(super) fn public(&self, role: AuthorityRole) -> CliResult<PublicKey> {
        let path = keys::public_path(&self.path.join(role.as_str()));
        let line = files::read_text(&path)?;
        PublicKey::parse_line(&line).map_err(|error| CliError::no(format!("{}: {error}", path.display())))
    }

    /// Signs `document` as `role`.
    ///
    /// # Errors
    /// As [`Signer::open`].
    pub(super) fn sign(&self, role: AuthorityRole, namespace: Namespace, document: &[u8]) -> CliResult<String> {
        let path = self.path.join(role.as_str());
        let signer = if path.exists() { Signer::open(&path)? } else { Signer::open(&keys::public_path(&path))? };
        signer.sign(&namespace.at(&self.registry), document)
    }
}
