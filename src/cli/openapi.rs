//! `certreg openapi`: the description of the API, for generating clients.

use super::{
    error::{CliResult, Exit},
    out,
};
use crate::api;

/// Print the OpenAPI document of the API
///
/// The same that a server gives at /openapi.json (3.1) and /openapi-3.0.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg openapi > openapi.json
  certreg openapi --version 3.0 > openapi-3.0.json")]
pub(crate) struct Openapi {
    /// Which version of OpenAPI
    #[arg(long, value_enum, default_value_t = Version::V3_1)]
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Version {
    /// For generators that read only this
    #[value(name = "3.0")]
    V3_0,
    #[value(name = "3.1")]
    V3_1,
}

impl Openapi {
    pub(super) fn run(self) -> CliResult {
        let version = match self.version {
            Version::V3_0 => api::OpenApiVersion::V3_0,
            Version::V3_1 => api::OpenApiVersion::V3_1,
        };
        out::print(api::openapi_json(version))?;
        Ok(Exit::Done)
    }
}
