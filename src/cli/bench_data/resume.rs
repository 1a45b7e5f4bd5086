//! Where an interrupted `certreg bench-data` goes on: versions are published in one order, round after round, so how
//! many there are says which there are; each newest one is made again and compared, so that nothing else is added to.

use std::path::Path;

use super::{Bench, Newest, day_of, registry_id, server_keys, statement};
use crate::{
    cli::{
        data::DataFolder,
        error::{CliError, CliResult},
        local::index_failure,
    },
    domain::Digest,
    format::{profile, v1},
    registry::{Clock, Registry, open},
};

impl Bench {
    /// Goes on with what an earlier run left in `data`.
    ///
    /// # Errors
    /// No when the registry there is another one, or has other suppliers than so many certifications need; as
    /// [`Registry::open`] otherwise.
    pub(super) fn resume(folder: &DataFolder, data: &Path, certifications: usize) -> CliResult<Bench> {
        let found = open::registry_id(data);
        let found =
            found.map_err(|_| not_ours(format!("{} was left before it held a whole registry", data.display())))?;
        if found != registry_id() {
            return Err(not_ours(format!("{} holds a registry already", data.display())));
        }
        let registry = Registry::open(data, server_keys(), Clock::standing_at(day_of(0).starts_at()))?;
        let bench = Bench::of(folder, registry, certifications)?;
        let counts = bench.registry.index().counts().map_err(index_failure)?;
        // All suppliers come before the first version.
        let (there, needed) = (counts.suppliers, certifications.div_ceil(bench.services_each) as u64);
        match there == needed || (bench.resumed_at == 0 && there < needed) {
            true => Ok(bench),
            false => Err(other_numbers()),
        }
    }

    /// How many versions an interrupted run left of the certification with the number `place`.
    fn left(&self, place: usize, certifications: usize) -> u64 {
        let rounds = self.resumed_at / certifications as u64;
        rounds + u64::from((place as u64) < self.resumed_at % certifications as u64)
    }

    /// Whether an interrupted run left this version.
    pub(super) fn is_published(&self, place: usize, version: u32, certifications: usize) -> bool {
        u64::from(version) <= self.left(place, certifications)
    }

    /// The newest version that is there of the certification with the number `place`.
    ///
    /// # Errors
    /// No when it is not the one that this command makes, or one that was not asked for.
    pub(super) fn newest(&self, place: usize, certifications: usize, versions: u32) -> CliResult<Newest> {
        let mut draft = self.first(place)?;
        let id = draft.certification_id();
        let left = self.left(place, certifications);
        let index = self.registry.index();
        let found = index.certification(&id).map_err(index_failure)?.map(|row| row.current.publication);
        if left > u64::from(versions) || found.as_ref().map_or(0, |found| u64::from(found.version)) != left {
            return Err(other_numbers());
        }
        let Some(found) = found else {
            return Ok(Newest { draft, digest: None });
        };
        for version in 1..found.version {
            statement::change(&mut draft, version, None, day_of(version), place);
        }
        let previous = match found.version {
            1 => None,
            number => index.version(&id, number - 1).map_err(index_failure)?.map(|row| row.publication.digest),
        };
        statement::change(&mut draft, found.version, previous, day_of(found.version), place);
        match Digest::of(&profile::print(&v1::certification::write(&draft))) == found.digest {
            true => Ok(Newest { draft, digest: Some(found.digest) }),
            false => Err(other_numbers()),
        }
    }
}

fn other_numbers() -> CliError {
    not_ours("the folder was filled with other numbers, or by another version of this program".to_owned())
}

pub(super) fn not_ours(message: String) -> CliError {
    CliError::no(message).next("Choose a new folder with --data.")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::cli::{
        bench_data::{BenchData, LEAST_SERVICES},
        error::Exit,
    };

    fn fill(data: &Path, certifications: usize, versions: u32) -> CliResult {
        BenchData { certifications, versions, data: data.to_owned() }.run()
    }

    fn head(data: &Path) -> String {
        let git = Command::new("git").arg("-C").arg(data.join("registry.git")).args(["rev-parse", "HEAD"]).output();
        String::from_utf8(git.expect("git runs").stdout).expect("hex digits")
    }

    #[test]
    fn an_interrupted_run_ends_at_the_commit_of_an_undisturbed_one() {
        let folder = tempfile::tempdir().expect("a new folder");
        let [whole, parted] = ["whole", "parted"].map(|name| folder.path().join(name));
        fill(&whole, 3, 2).expect("a new folder is filled");

        // Killed in the middle of the second round, after the first group of all.
        fill(&parted, 3, 1).expect("a new folder is filled");
        let bench = Bench::resume(&DataFolder::at(&parted), &parted, 3).expect("our own folder");
        let mut newest = bench.newest(0, 3, 2).expect("our own version");
        bench.advance(2);
        let published = bench.registry.publish_group(vec![bench.version(&mut newest, 0, 2)]);
        assert!(published.iter().all(Result::is_ok));
        drop(bench);
        assert_ne!(head(&parted), head(&whole));

        assert_eq!(fill(&parted, 3, 2).expect("the rest is added"), Exit::Done);
        assert_eq!(head(&parted), head(&whole));
        fill(&parted, 3, 2).expect("nothing is left to do");
        assert_eq!(head(&parted), head(&whole));
    }

    #[test]
    fn a_folder_that_was_filled_otherwise_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a new folder");
        fill(folder.path(), 3, 2).expect("a new folder is filled");
        let before = head(folder.path());
        for (certifications, versions) in [(2, 2), (4, 2), (3, 1)] {
            let refused = fill(folder.path(), certifications, versions).expect_err("other numbers");
            assert_eq!(refused.exit, Exit::No, "{refused:?}");
        }
        assert_eq!(head(folder.path()), before);

        // As many as one supplier has: one more needs a second supplier.
        let folder = tempfile::tempdir().expect("a new folder");
        fill(folder.path(), LEAST_SERVICES, 1).expect("a new folder is filled");
        let before = head(folder.path());
        assert_eq!(fill(folder.path(), LEAST_SERVICES + 1, 1).expect_err("other numbers").exit, Exit::No);
        assert_eq!(head(folder.path()), before);
    }
}
