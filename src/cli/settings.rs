//! What `certreg serve` is told, and who told it: flags, then the environment, then files, then the defaults.
//!
//! Every setting has one name, as it stands in a file: `limits.connections`. In the environment it is
//! `CERTREG_LIMITS_CONNECTIONS`, on the command line `--set limits.connections=500`; a few have a flag of their own.
//! Nobody who mistypes a name is left believing that it has an effect.
//!
//! Reading order: this file (where values come from), `keys` (which settings there are).

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::error::{CliError, CliResult};
use crate::server::{Limits, Style};

mod keys;

use keys::{KEYS, Key};

/// The file in the data folder.
const FILE: &str = "certreg.toml";
/// How many letters may be wrong for a name to be taken for a mistyped one.
const NEAR: usize = 3;
/// Variables that mean something else.
const OTHER_VARIABLES: [&str; 1] = [super::keys::PASSPHRASE_VARIABLE];

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// The folder of the registry.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Whether other machines may reach it.
    pub public: bool,
    /// How the journal looks.
    pub log: Style,
    /// The address of the metrics, if they are shown.
    pub metrics: Option<SocketAddr>,
    /// What connections and requests may ask for.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data: PathBuf::from(super::DEFAULT_DATA),
            listen: super::DEFAULT_LISTEN.parse().expect("the default address is one"),
            public: false,
            log: Style::Plain,
            metrics: None,
            limits: Limits::default(),
        }
    }
}

/// One value, and who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The setting's name.
    pub key: String,
    /// Its value as text.
    pub value: String,
    /// Who said it, in words.
    pub by: String,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags {
    /// Each setting that was given.
    pub told: Vec<Told>,
    /// A file to read besides the one in the data folder.
    pub config: Option<PathBuf>,
}

/// The settings as they stand, with their origins by name; those that are not listed are defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gathered {
    /// What holds.
    pub settings: Settings,
    origins: BTreeMap<&'static str, String>,
}

impl Gathered {
    /// Reads everything in its order: whoever comes later has the last word.
    ///
    /// # Errors
    /// Usage for a name that no setting has, or a value that it cannot take; unreachable for a file that cannot be read.
    pub fn gather(flags: &Flags, environment: impl Iterator<Item = (OsString, OsString)>) -> CliResult<Gathered> {
        let variables = variables(environment)?;
        let file = flags.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let mut first = Gathered::default();
        first.hear(file.iter().chain(&variables).chain(&flags.told))?;
        // Which folder it is decides which file lies in it, so that one cannot name the folder.
        let inside = first.settings.data.join(FILE);
        let inside = if inside.exists() { read_file(&inside)? } else { Vec::new() };
        if let Some(told) = inside.iter().find(|told| told.key == "data") {
            return Err(CliError::usage(format!("{} names the folder 'data' that it lies in", told.by))
                .next("Name the folder with --data, CERTREG_DATA, or in a file elsewhere with --config."));
        }
        let mut all = Gathered::default();
        all.hear(inside.iter().chain(&file).chain(&variables).chain(&flags.told))?;
        Ok(all)
    }

    fn hear<'a>(&mut self, told: impl Iterator<Item = &'a Told>) -> CliResult<()> {
        for Told { key: name, value, by } in told {
            let key = Key::named(name).ok_or_else(|| unknown(name, by))?;
            (key.put)(&mut self.settings, value)
                .map_err(|why| CliError::usage(format!("{by}: {name} cannot be '{}': {why}", shown(value))))?;
            self.origins.insert(key.name, by.clone());
        }
        Ok(())
    }

    /// Every setting as a file that could be used in the place of all, with the origins as comments.
    pub fn print(&self) -> String {
        let mut text = String::new();
        let mut table = "";
        for key in KEYS {
            let (folder, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if folder != table {
                table = folder;
                text.push_str(&format!("\n[{table}]\n"));
            }
            let origin = self.origins.get(key.name).map_or("default", String::as_str);
            let (comment, value) = match (key.show)(&self.settings) {
                Some(value) => ("", value),
                None => ("# ", "\"\"".to_owned()),
            };
            text.push_str(&format!("{:<40} # {origin}: {}\n", format!("{comment}{name} = {value}"), key.help));
        }
        text
    }
}

/// Reads a file of settings.
fn read_file(path: &Path) -> CliResult<Vec<Told>> {
    let text = fs::read_to_string(path).map_err(CliError::file("read", path))?;
    let value: Value = basic_toml::from_str(&text)
        .map_err(|error| CliError::usage(format!("{} is no TOML: {error}", path.display())))?;
    let mut told = Vec::new();
    flatten(&value, "", &path.display().to_string(), &mut told)?;
    Ok(told)
}

fn flatten(value: &Value, name: &str, by: &str, told: &mut Vec<Told>) -> CliResult<()> {
    let text = match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flatten(value, &name, by, told)?;
            }
            return Ok(());
        }
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Array(_) | Value::Null => {
            return Err(CliError::usage(format!("{by}: {name} cannot be a list")));
        }
    };
    told.push(Told { key: name.to_owned(), value: text, by: by.to_owned() });
    Ok(())
}

/// The environment's part. Names of others that begin alike are left alone, unless they look mistyped.
fn variables(environment: impl Iterator<Item = (OsString, OsString)>) -> CliResult<Vec<Told>> {
    let mut told = Vec::new();
    for (variable, value) in environment {
        let (Some(variable), Some(value)) = (variable.to_str(), value.to_str()) else { continue };
        if !variable.starts_with("CERTREG_") || OTHER_VARIABLES.contains(&variable) {
            continue;
        }
        match KEYS.iter().find(|key| key.variable() == variable) {
            Some(key) => told.push(Told { key: key.name.to_owned(), value: value.to_owned(), by: variable.to_owned() }),
            None => {
                let near = KEYS.iter().map(Key::variable).find(|known| strsim::levenshtein(known, variable) < NEAR);
                if let Some(near) = near {
                    return Err(CliError::usage(format!("the variable {variable} has no meaning"))
                        .next(format!("Did you mean {near}?")));
                }
            }
        }
    }
    Ok(told)
}

fn unknown(name: &str, by: &str) -> CliError {
    let nearest = KEYS.iter().min_by_key(|key| {
        let last = key.name.rsplit('.').next().unwrap_or_default();
        strsim::levenshtein(key.name, name).min(strsim::levenshtein(last, name))
    });
    let next = nearest.map_or(String::new(), |key| {
        format!("Did you mean '{}'? 'certreg serve --print-config' lists all settings.", key.name)
    });
    CliError::usage(format!("{by}: there is no setting '{}'", shown(name))).next(next)
}

/// What somebody wrote, in one line.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests;
