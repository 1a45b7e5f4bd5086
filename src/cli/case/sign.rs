//! Signing a case statement, as `certreg sign` signs a version.

use std::path::Path;

use super::statement::shown;
use crate::{
    cli::{
        bundle::Bundle,
        error::{CliError, CliResult, Exit},
        files::Write,
        keys::Signer,
        out::{self, BOLD, styled},
    },
    domain::{CaseStatement, case::Matter},
    format::v1,
    signing::{Namespace, Role},
};

/// Shows the statement, and signs it in `role`.
///
/// # Errors
/// No when it cannot be read, or is not signed in this role; as [`Signer::open`].
pub(crate) fn sign(mut bundle: Bundle, role: Role, key: &Path, how: Write) -> CliResult {
    let name = bundle.path.display().to_string();
    let statement = v1::stored(&bundle.document, v1::case::read)
        .map_err(|faults| CliError::faulty(format!("{name} cannot be signed as it is"), &faults))?
        .value;
    check_role(&statement, role, &name)?;
    out::tell(shown(&statement).trim_end());
    let signer = Signer::open(key)?;
    let namespace = match role {
        Role::Signatory => Namespace::Case,
        Role::Official => Namespace::Countersignature,
    };
    let signature = signer.sign(&namespace.at(&statement.registry), &bundle.document)?;
    let path = bundle.keep_signature(role, &signature, how)?;
    out::line(format!(
        "Signed as {} with {} ({}): {}",
        role.principal(&statement.supplier),
        signer.public(),
        signer.place(),
        path.display()
    ))?;
    let next = match role {
        Role::Signatory if !is_signatorys_alone(&statement.matter) => {
            format!(
                "the official signs: certreg sign {name} --role official --key KEY\n      \
                 (a supplier that the Department knows as one person publishes it now)"
            )
        }
        _ => format!("certreg publish {name} --to URL"),
    };
    out::tell(format!("{} {next}", styled(BOLD, "Next:")));
    Ok(Exit::Done)
}

/// Whether the signatory states this without the official.
pub(crate) fn is_signatorys_alone(matter: &Matter) -> bool {
    matches!(matter, Matter::Clarification { .. } | Matter::Notice { .. })
}

fn check_role(statement: &CaseStatement, role: Role, name: &str) -> CliResult<()> {
    let kind = statement.matter.name();
    match &statement.matter {
        matter if is_signatorys_alone(matter) && role == Role::Official => {
            Err(CliError::no(format!("{name} is a {kind}, which the signatory signs alone"))
                .next(format!("certreg publish {name} --to URL")))
        }
        Matter::Clarification { .. }
        | Matter::Notice { .. }
        | Matter::Withdrawal { .. }
        | Matter::Closure { .. }
        | Matter::Reinstatement { .. }
        | Matter::Transfer { .. } => Ok(()),
        _ => Err(CliError::no(format!("{name} is a statement of type '{kind}', which the Department makes"))
            .next("The Department states it with 'certreg authority case'.")),
    }
}
