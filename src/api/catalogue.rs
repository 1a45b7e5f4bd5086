//! Every kind of problem, with its page: what `type` in a problem leads to.

/// One kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The slug.
    pub code: &'static str,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// A few words, the same every time.
    pub title: &'static str,
    /// What it means and what to do.
    pub explanation: &'static str,
}

/// The kind of problem with this code.
pub fn entry(code: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.code == code)
}

/// A title for a code that has none of its own.
pub fn title_of_status(status: u16) -> &'static str {
    match status {
        400 => "The request could not be read",
        403 => "The signing key has no right to do this",
        404 => "There is nothing here",
        409 => "The registry's state has moved on",
        410 => "It was taken away for good",
        413 => "It is too large",
        422 => "It breaks a rule",
        503 => "Not now",
        507 => "No room left",
        _ => "The registry failed",
    }
}

macro_rules! entries {
    ($($code:literal $status:literal $title:literal $explanation:literal;)*) => {
        /// Every kind of problem that the registry states, by status, then code.
        pub const ENTRIES: &[Entry] =
            &[$(Entry { code: $code, status: $status, title: $title, explanation: $explanation }),*];
    };
}

entries! {
    "bad-body" 400 "The body could not be read"
        "The body is not JSON of the shape that the operation takes, or has a member that it does not know. The detail gives line and column.";
    "bad-content-digest" 400 "The body is not the one that its digest names"
        "The header Content-Digest (RFC 9530, sha-256) was sent and does not fit the body: something altered it on its way. Send it again.";
    "bad-day" 400 "A day or instant could not be read"
        "Days are written 2025-09-04 and must exist; instants 2025-09-04T12:00:00Z.";
    "bad-parameter" 400 "A parameter could not be read"
        "A query parameter has a value of the wrong kind or outside its bounds. The API's description lists both.";
    "bad-parts" 400 "The parts of the form could not be read"
        "The body is multipart/form-data, but a part is missing, comes twice, or is not one that the operation knows.";
    "bad-request" 400 "The request is not sound HTTP"
        "Two readers could understand it differently, so nobody reads it. The detail says what is wrong with its head.";
    "unknown-parameter" 400 "There is no such parameter"
        "A query parameter that the operation does not know would be without effect, which is easily overlooked: so it is refused.";
    "key-no-longer-valid" 403 "The key's time is over"
        "The signature is good, but the key may not sign any more. Sign with a key that is enrolled now.";
    "key-not-enrolled" 403 "The key is not enrolled"
        "The signature is good, but the key is not in the supplier's ring. Send a key request to the Department.";
    "key-not-yet-valid" 403 "The key's time has not begun"
        "The signature is good, but the key may sign only later. Publish then.";
    "key-of-other-supplier" 403 "The key belongs to another supplier"
        "The signature is good, but the key is in another supplier's ring. Sign with a key of your own.";
    "key-wrong-role" 403 "The key serves another role"
        "A signatory's key signs, an official's key countersigns; neither does the other's.";
    "no-keys" 403 "The supplier has no keys"
        "No keys of this supplier are enrolled. Send a key request to the Department.";
    "supplier-not-registered" 403 "The supplier is not registered"
        "Publishing begins with the Department registering the supplier and enrolling its keys.";
    "two-signatures-stay" 403 "A certification never returns to one signature"
        "The version before carries two signatures, so the next one must as well.";
    "wrong-party" 403 "Somebody else states this"
        "The signature is good, but statements of this type are made by another party: the detail says by whom.";
    "answer-not-found" 404 "No such question"
        "Questions are named like q5.7, support areas like s3.4. The edition lists them.";
    "certification-not-found" 404 "No such certification"
        "Nothing is published under this id. The list of certifications can be searched by name.";
    "document-not-found" 404 "No such document"
        "No document with this digest was ever published here.";
    "edition-not-found" 404 "No such edition"
        "No edition has this id here.";
    "log-size-not-reached" 404 "The log is not that long"
        "The log has fewer entries than were asked for. GET /log/checkpoint says how many it has.";
    "no-such-address" 404 "There is nothing at this address"
        "The address is not one of this registry's, or names something by an id that cannot exist.";
    "nothing-in-force" 404 "Nothing was published by then"
        "The certification began later than the day that was asked for. The detail says when.";
    "person-not-found" 404 "No such person record"
        "No document that was published here names this digest.";
    "person-record-missing" 404 "The person record is missing"
        "A published document names it, nobody asked for its erasure, and it is not here. The registry's operator has it in a backup.";
    "problem-not-found" 404 "No such kind of problem"
        "The list of problems has those that there are.";
    "schema-not-found" 404 "No such schema"
        "The schemas are listed in the registry's own description.";
    "sequence-not-found" 404 "No such commit"
        "The registry has not come as far as this number.";
    "signature-not-found" 404 "No such signature"
        "The version was not signed in this role.";
    "supplier-not-found" 404 "No such supplier"
        "No supplier is registered under this id.";
    "tile-not-found" 404 "No such tile of the log"
        "The log does not have this tile yet, or the address is not one of c2sp.org/tlog-tiles.";
    "version-not-found" 404 "No such version"
        "The certification has no version of this number. The detail says which there are.";
    "method-not-allowed" 405 "That method does not work here"
        "The header Allow lists the methods that do.";
    "request-too-slow" 408 "The request came too slowly"
        "Head and body of a request have to arrive within a time. Send it again over a better connection.";
    "already-stated" 409 "It is on the record already"
        "The same was stated before in other bytes, and once is enough.";
    "already-withdrawn" 409 "It is withdrawn already"
        "The same party withdrew it before and has not reinstated it.";
    "authority-conflict" 409 "The authority file does not follow the one in force"
        "It counts up from the one in force, names its digest, and changes one thing. Fetch the current one and begin again.";
    "case-closed" 409 "The case is closed"
        "Nothing can be added to a case that is closed. The detail says since when and how.";
    "case-conflict" 409 "The statement does not follow the newest one"
        "Another statement was made since, or a number was left out. `current_version` and `current_digest` say which is the newest.";
    "edition-exists" 409 "The edition is published already"
        "An edition never changes once published. Publish other wording under a new id.";
    "registry-key-in-use" 409 "The server signs with the key that would end"
        "Enrol the registry's new key first, restart the server with it, and end the old key after that.";
    "ring-conflict" 409 "The ring does not follow the one in force"
        "A ring counts up from the one in force, names its digest, and changes one thing. Fetch the current one and begin again.";
    "supplier-conflict" 409 "The record does not follow the one in force"
        "A supplier's record counts up from the one in force and names its digest.";
    "supplier-speaks-for-itself" 409 "The supplier has published its own statement"
        "From then on the Department transcribes no more.";
    "too-many-statements" 409 "So much was stated in a day"
        "A supplier makes at most 20 statements about a certification in 24 hours. Gather them in one, or go on tomorrow.";
    "transfer-without-predecessor" 409 "Neither certification carries on the other"
        "First publish the new certification with change.predecessor, then state the transfer on both sides.";
    "version-conflict" 409 "The version does not follow the current one"
        "Another version was published since, or a number was left out. `current_version` and `current_digest` say what to build on; compare before you sign again.";
    "withdrawn-by-department" 409 "The Department has withdrawn it"
        "Nothing can be published until the Department reinstates it.";
    "person-erased" 410 "The person's record was erased"
        "The person asked to be forgotten. Documents that name the digest stay valid.";
    "body-too-large" 413 "The body is too large"
        "A request's body has at most 1 MiB.";
    "document-too-large" 413 "The document is too large"
        "A document has at most 256 KiB. Move long evidence to a web page and link it.";
    "query-too-long" 414 "The query is too long"
        "A query has at most 4 KiB (16 KiB for reports). Send long lists with POST.";
    "unsupported-media-type" 415 "The body is of another type than the operation reads"
        "Send application/json or multipart/form-data, as the API's description says.";
    "range-not-satisfiable" 416 "The file has no such bytes"
        "The header Range names bytes beyond the end of the file. Content-Range says how many there are.";
    "as-of-ahead" 422 "That instant lies ahead"
        "Nobody knows what will stand then. Ask for a day that has begun.";
    "authority-files" 422 "The covered files are not those that were signed for"
        "The authority file names the digests of the trust policy and of registry.json, VERIFY.md and tools/. Send all files that were signed for.";
    "authority-grammar" 422 "The authority file cannot be read"
        "It is an allowed_signers file in the registry's strict form.";
    "case-rules" 422 "The statement breaks rules"
        "`errors` lists every fault with its place.";
    "certification-unknown" 422 "The statement is about nothing that is here"
        "Nothing is published under the id inside the statement.";
    "countersignature-not-allowed" 422 "There is a signature too many"
        "A statement of this type, or a transcription, carries one signature only.";
    "day-ahead" 422 "That day lies ahead"
        "Write the day on which you signed up.";
    "document-rules" 422 "The document breaks rules"
        "`errors` lists every fault with its place. 'certreg check' finds the same ones before you send it.";
    "edition-rules" 422 "The edition breaks rules"
        "`errors` lists every fault with its place.";
    "edition-unknown" 422 "The edition is not published here"
        "The list of editions has those that a document can answer.";
    "id-differs-from-path" 422 "The document is for another address"
        "The ids inside the signed document and those of the address must agree.";
    "id-too-similar" 422 "The id is too similar to another"
        "Ids that differ only in hyphens are too easily mistaken for one another.";
    "key-in-use" 422 "The key is enrolled already"
        "A key serves one role of one supplier. Make a new one.";
    "key-not-the-requested" 422 "The request is signed by another key"
        "A key request is signed by the very key that it asks for.";
    "key-request" 422 "The key request breaks rules"
        "`errors` lists every fault with its place.";
    "kind-does-not-fit" 422 "The kind of change does not fit"
        "The first own version is 'initial'; then 'update', or 'reaffirmation' when nothing changed.";
    "listed-twice" 422 "Something is listed twice"
        "Send it once.";
    "no-such-proof" 422 "There is no such proof"
        "The leaf lies beyond the size of the tree, or the sizes are the wrong way round.";
    "not-a-transcription" 422 "It is no transcription"
        "Objections are about transcriptions; a supplier corrects its own statement by a new version.";
    "old-signature-not-allowed" 422 "There is an old key's signature too many"
        "Only a rotation carries the old key's signature.";
    "path-not-covered" 422 "A file does not belong to the authority's"
        "The authority brings registry.json, VERIFY.md, authority/trust-policy and files below tools/.";
    "person-record" 422 "A person record breaks rules"
        "`errors` lists every fault with its place.";
    "policy-grammar" 422 "The trust policy cannot be used"
        "It names at least one log, defines the witnesses and groups that it refers to, and has one quorum (c2sp.org/tlog-policy).";
    "predecessor-unknown" 422 "The predecessor is unknown"
        "No version with this number and digest is published under the predecessor's id.";
    "profile" 422 "The document is not in the canonical form"
        "What is submitted must already be canonical JSON. 'certreg fmt' brings a file into that form.";
    "registry-rules" 422 "The registry's settings break rules"
        "The id never changes, nor whether dates are simulated; `errors` lists every fault with its place.";
    "reply-does-not-fit" 422 "The reply does not fit the statement"
        "A statement of this type does not reply to one of that type, or another party must.";
    "reply-to-unknown" 422 "There is nothing to reply to"
        "No statement in this folder that opens a case has the digest that `in_reply_to` names.";
    "request-missing" 422 "A key request is missing"
        "Every new key of a ring comes with its signed request.";
    "request-without-use" 422 "A key request has no use"
        "The ring has no new line with this key and role.";
    "ring-grammar" 422 "The ring cannot be read"
        "A ring is an allowed_signers file in the registry's strict form.";
    "same-key-twice" 422 "Both signatures are by one key"
        "Two different people sign, each with a key of their own.";
    "search-too-broad" 422 "The search looks at too much"
        "One answer may cost only so much, whatever is asked. Narrow it: name a supplier, a status or a question with its code, or search for fewer words.";
    "signature-does-not-verify" 422 "A signature does not fit the document"
        "Document or signature was changed after signing. Sign the exact file again.";
    "signature-missing" 422 "A signature is missing"
        "Both signatures are needed before anything is published.";
    "signature-not-needed" 422 "There is a signature too many"
        "A supplier that is one person signs once.";
    "signature-unreadable" 422 "A signature cannot be read"
        "Signatures are armoured SSHSIG by an Ed25519 key, as ssh-keygen -Y sign and certreg sign write them.";
    "signature-wrong-namespace" 422 "A signature was made for something else"
        "The namespace inside a signature says what it was made for. Sign with the one that the detail names.";
    "subject-unknown" 422 "The subject is unknown"
        "The certification has no version with this number and digest.";
    "supplier-rules" 422 "The supplier's record breaks rules"
        "`errors` lists every fault with its place.";
    "supplier-unknown" 422 "The supplier is not registered here"
        "No supplier is registered under the id inside the statement.";
    "too-few-signatures" 422 "Too few root keys signed"
        "The authority file in force says how many different root keys must sign the next one.";
    "too-many-items" 422 "There are too many items, or none"
        "A report takes 1 to 1,000 items.";
    "headers-too-large" 431 "Address and headers are too long"
        "All headers of a request, with its first line, have at most 32 KiB, and there are at most 100.";
    "internal" 500 "The registry failed"
        "Nothing is wrong with the request. Try again, or tell the operator the request id.";
    "clock-ahead" 503 "The registry's clock is wrong"
        "The clock is over a day ahead of the times that witnesses give. The registry accepts nothing until its operator has set it.";
    "clock-behind" 503 "The registry's clock is wrong"
        "The registry refuses to write until its operator has set the clock.";
    "history-contradicted" 503 "The log has signed another history"
        "A witness holds a checkpoint with this log's signature that is not of this history: the registry was put back to an earlier state. Nothing is accepted until its operator has restored the newest backup.";
    "index-behind" 503 "The registry is catching up"
        "The registry is bringing its lists level with what it has stored. Send the same again in a minute.";
    "not-ready" 503 "The registry is not ready"
        "Try again after Retry-After.";
    "not-witnessed-yet" 503 "The witnesses have not signed for it yet"
        "Evidence rests on a checkpoint of the log that its witnesses have signed. Ask again in a minute.";
    "overloaded" 503 "Too much is asked at once"
        "The registry answers what it can and turns the rest away at once. Try again after Retry-After.";
    "queue-full" 503 "Too many submissions wait"
        "The submission was not looked at, because as many wait as the registry can serve in a few seconds. Send the same bytes again after Retry-After.";
    "registry-key-not-valid" 503 "The server's key does not count"
        "The registry refuses to write until its operator has started it with a key that the authority file lists.";
    "registry-not-open" 503 "The registry is not open"
        "Try again after Retry-After.";
    "stopping" 503 "The registry is about to stop"
        "Nothing more is accepted. Send the same bytes again in a minute.";
    "stored-not-listed" 503 "It is stored, but not listed yet"
        "The submission is in the registry for good, but lists do not show it yet. Send the same bytes again in a minute: the answer will be the receipt.";
    "timeout" 503 "The answer took too long"
        "Try again after Retry-After; ask for less at once.";
    "too-many-waiting" 503 "Too many wait for changes"
        "The registry has no place left for one more that waits. Ask again after Retry-After, or without `wait`.";
    "volume-read-only" 503 "The disk takes no writes"
        "Nothing was stored; reading goes on. Send the same bytes again later, or tell the operator.";
    "writing-stopped" 503 "Nothing is accepted until a restart"
        "A write was not confirmed, or somebody else wrote to the repository, so the registry no longer knows what it holds. Its operator restarts it, which checks. Send the same bytes again after that.";
    "disk-full" 507 "No room left"
        "Nothing was stored. Try again later, or tell the operator.";
}
