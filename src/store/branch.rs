//! The branches: where they are, and moving them by compare-and-swap. All of libgit2's part in refs is here.

use std::path::Path;

use super::{ObjectId, StoreError};

/// Every accepted submission.
pub(super) const MAIN: &str = "refs/heads/main";
/// The history of checkpoints.
pub(super) const LOG: &str = "refs/heads/log";
/// The same in a clone, where only `main` is checked out.
pub(super) const LOG_OF_ORIGIN: &str = "refs/remotes/origin/log";

/// The repository as libgit2 has it, used for its branches. No object is read through it.
pub(super) struct Branch {
    #[expect(clippy::disallowed_types, reason = "this is the store")]
    git: git2::Repository,
}

impl Branch {
    /// Makes a bare repository with an unborn branch `main` in `folder`.
    pub(super) fn init(folder: &Path) -> Result<Branch, StoreError> {
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).no_reinit(true).initial_head("main").external_template(false);
        #[expect(clippy::disallowed_types, reason = "this is the store")]
        let git = git2::Repository::init_opts(folder, &options).map_err(StoreError::git("make the repository"))?;
        configure(&git).map_err(StoreError::git("configure the repository"))?;
        Ok(Branch::new(git))
    }

    /// Opens the repository in `folder` itself, never one above it.
    pub(super) fn open_any(folder: &Path) -> Result<Branch, StoreError> {
        #[expect(clippy::disallowed_types, reason = "this is the store")]
        let git = git2::Repository::open_bare(folder).map_err(StoreError::git("open the repository"))?;
        Ok(Branch::new(git))
    }

    /// Opens the registry's own repository, whose HEAD must name `main`.
    pub(super) fn open(folder: &Path) -> Result<Branch, StoreError> {
        let branch = Branch::open_any(folder)?;
        let head = branch.git.find_reference("HEAD").map_err(StoreError::git("read HEAD"))?;
        match head.symbolic_target() {
            Ok(Some(MAIN)) => {}
            other => return Err(StoreError::damaged("HEAD", format!("it names {other:?}, not {MAIN}"))),
        }
        drop(head);
        Ok(branch)
    }

    #[expect(clippy::disallowed_types, reason = "this is the store")]
    fn new(git: git2::Repository) -> Branch {
        // Otherwise libgit2 would look the new commit up when the ref moves, going through every pack's index, and a
        // damaged index can crash it. The store has just written the commit and knows that it is there.
        git2::opts::strict_object_creation(false);
        Branch { git }
    }

    /// The commit that a branch names, or nothing before its first one.
    pub(super) fn tip(&self, name: &str) -> Result<Option<ObjectId>, StoreError> {
        match self.git.refname_to_id(name) {
            Ok(id) => Ok(Some(ObjectId::from_git2(id))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(StoreError::git("read a branch")(error)),
        }
    }

    /// Moves a branch from `expected` to `new`, if that is where it is.
    ///
    /// libgit2 has reported failures after the ref had moved, so its word is checked either way:
    /// only the ref itself tells.
    ///
    /// # Errors
    /// [`StoreError::Git`] when the ref stayed at `expected`; [`StoreError::HeadMoved`] when it is somewhere else.
    pub(super) fn advance(&self, name: &str, expected: Option<ObjectId>, new: ObjectId) -> Result<(), StoreError> {
        let told = match expected {
            Some(old) => self.git.reference_matching(name, new.to_git2(), true, old.to_git2(), "publish").err(),
            None => self.git.reference(name, new.to_git2(), false, "publish").err(),
        };
        let found = self.tip(name)?;
        match told {
            _ if found == Some(new) => Ok(()),
            Some(error) if found == expected => Err(StoreError::git("move a branch")(error)),
            _ => Err(head_moved(Some(new), found)),
        }
    }
}

/// Two places of a branch that should be one.
pub(super) fn head_moved(expected: Option<ObjectId>, found: Option<ObjectId>) -> StoreError {
    let text = |id: Option<ObjectId>| id.map_or("nothing".to_owned(), |id| id.to_string());
    StoreError::HeadMoved { expected: text(expected), found: text(found) }
}

/// Nothing that Git does on its own may rewrite or drop what the registry holds.
#[expect(clippy::disallowed_types, reason = "this is the store")]
fn configure(git: &git2::Repository) -> Result<(), git2::Error> {
    let mut config = git.config()?.open_level(git2::ConfigLevel::Local)?;
    config.set_i32("gc.auto", 0)?;
    config.set_bool("maintenance.auto", false)?;
    config.set_bool("receive.denyNonFastForwards", true)?;
    config.set_bool("receive.denyDeletes", true)?;
    config.set_bool("core.logAllRefUpdates", false)?;
    config.set_str("core.fsync", "all")
}
