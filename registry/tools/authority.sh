#!/bin/sh
# Checks whose keys count: every version of authority/allowed_signers from the first commit to today's.
# Usage, inside a clone: sh tools/authority.sh ROOT_FINGERPRINT
#   ROOT_FINGERPRINT is that of the root key with which the registry began (SHA256:…), known from elsewhere.
#
# The first version must be signed by exactly that key. Each later one must be signed by as many different root keys
# of the version before as that one asks for (threshold), by signatures that came in the same commit; it must count
# up, name the SHA-256 of the version before, and those of the trust policy and of the files about the registry. So
# a key that somebody adds by himself never counts, whatever else he signs with it.
#
# Also checks what takes no time: main is one line of commits, and their times never go back.
# Ends with 0, 1, 3 or 4, see common.sh.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/day.sh"
. "$here/form.sh"
. "$here/keys.sh"
[ $# -eq 1 ] || stop 'usage, inside a clone: sh tools/authority.sh ROOT_FINGERPRINT'
root=$1
printf '%s\n' "$root" | grep -q -x -E 'SHA256:[A-Za-z0-9+/]{43}' ||
    stop 'The fingerprint of the root key looks like SHA256: and 43 letters, digits, + or /.'
begin

# The rest trusts what was checked before it, so the first thing that is BAD is the last that is told.
reject() {
    tell bad "$1"
    echo 'Stop here: nothing in this copy can be relied on.'
    exit 1
}

check_order() {
    before='' latest=0
    while read -r commit seconds when parents; do
        [ "$parents" = "$before" ] || reject "main is not one line of commits at $commit"
        [ "$seconds" -ge "$latest" ] || reject "time goes backwards at commit $commit"
        before=$commit latest=$seconds
    done < "$work/history"
}

# digest_of_files COMMIT: the SHA-256 of the sha256sum lines of registry.json, VERIFY.md and tools/, sorted by path.
digest_of_files() {
    repo ls-tree -r --name-only "$1" -- registry.json VERIFY.md tools | sort > "$work/paths"
    : > "$work/lines"
    while IFS= read -r path; do
        blob "$1" "$path" "$work/covered" || return 1
        printf '%s  %s\n' "$(sha256 < "$work/covered")" "$path" >> "$work/lines"
    done < "$work/paths"
    sha256 < "$work/lines"
}

# roots FILE: the lines of its root keys.
roots() {
    grep "^root@$registry_pattern " "$1"
}

# pin FILE: of its root keys, the one whose fingerprint was given. Only after key_lines: a line of another shape could
# show one key here and another to ssh-keygen.
pin() {
    roots "$1" | while IFS= read -r line; do
        printf '%s\n' "$line" | cut -d ' ' -f 3,4 > "$work/one-key"
        [ "$(ssh-keygen -lf "$work/one-key" 2> /dev/null | cut -d ' ' -f 2)" != "$root" ] || printf '%s\n' "$line"
    done
}

check_header() {
    digest='sha256:[0-9a-f]{64}'
    changes='(genesis|files|enrol|rotate|left|lost|compromised)'
    shape="# certreg allowed_signers/v1 authority=$registry_pattern version=$version change=$changes"
    shape="$shape policy=$digest files=$digest threshold=[1-9][0-9]{0,2}"
    [ "$version" -eq 1 ] || shape="$shape previous=$digest"
    sed -n 1p "$work/file" | grep -q -x -E "$shape" || reject "$name: its first line is not as it must be"
    key_lines "$work/file" "$registry" root department registry || reject "$name: a line is not as it must be"
    if [ "$version" -gt 1 ]; then
        [ "$(field "$work/file" previous)" = "sha256:$(sha256 < "$work/judge-file")" ] ||
            reject "$name: it does not name the version before it"
    fi
    blob "$commit" authority/trust-policy "$work/policy" || reject "$name: there is no authority/trust-policy"
    [ "$(field "$work/file" policy)" = "sha256:$(sha256 < "$work/policy")" ] ||
        reject "$name: authority/trust-policy is not the file that was signed for"
    [ "$(field "$work/file" files)" = "sha256:$(digest_of_files "$commit")" ] ||
        reject "$name: registry.json, VERIFY.md or tools/ are not the files that were signed for"
    blob "$commit" registry.json "$work/registry" && [ "$(text "$work/registry" registry)" = "$registry" ] ||
        reject "$name: registry.json is about another registry"
    # How a checkout writes the files below tools/ must not depend on attributes that nobody signed for.
    blob "$commit" .gitattributes "$work/attributes" && [ "$(cat "$work/attributes")" = '* -text' ] ||
        reject "$name: .gitattributes is not as it must be"
}

# The signatures that came with this version, by the root keys of the version that judges it.
check_signatures() {
    roots "$work/judge-file" > "$work/judges" || reject "$name: there is no root key to check it with"
    roots "$work/authority-now" > "$work/judges-now" || reject 'the newest authority file has no root key'
    : > "$work/signers"
    repo diff-tree -r --root --no-commit-id --no-renames --name-only "$commit" -- authority |
        grep -x -E 'authority/allowed_signers[.]sig[0-9]*' > "$work/signatures" ||
        reject "$name: no signature came with it"
    while IFS= read -r path; do
        blob "$commit" "$path" "$work/signature" || reject "$name: $path is missing"
        judge "$work/judges" "$work/judges-now" "root@$registry" "root@$registry" "$when" "$work/signature" "$work/file"
        [ "$judged" != bad ] || reject "$name: $path is not a signature by a root key that counted then"
        worse "$judged" "$name was signed with a root key that has been reported unsafe since"
        printf '%s\n' "$by" >> "$work/signers"
    done < "$work/signatures"
    sort -u "$work/signers" > "$work/different"
    needed=$(field "$work/judge-file" threshold)
    [ "$(wc -l < "$work/different")" -ge "$needed" ] ||
        reject "$name: signatures by $needed different root keys are needed"
    [ "$(wc -l < "$work/different")" -eq "$(wc -l < "$work/signers")" ] || reject "$name: one key signed it twice"
}

check_genesis() {
    [ "$commit" = "$genesis" ] || reject 'the first commit has no authority file'
    pin "$work/file" > "$work/pinned"
    [ -s "$work/pinned" ] || reject "the first authority file does not list the root key $root"
    cp "$work/file" "$work/judge-file"
    repo ls-tree --name-only "$commit" authority/ > "$work/paths"
    while IFS= read -r path; do
        case $path in
            authority/allowed_signers.sig*) blob "$commit" "$path" "$work/signature" || continue ;;
            *) continue ;;
        esac
        ! signed "$work/pinned" "root@$registry" "root@$registry" "$when" "$work/signature" "$work/file" || return 0
    done < "$work/paths"
    reject "the first authority file is not signed by the root key $root"
}

check_order
steps authority/allowed_signers "$head" "$work/steps"
for path in authority registry.json VERIFY.md tools .gitattributes; do
    steps "$path" "$head" "$work/touched"
    if grep -v -x -F -f "$work/steps" "$work/touched" > "$work/alone"; then
        reject "commit $(head -n 1 "$work/alone" | cut -d ' ' -f 1) changes $path without a new authority file"
    fi
done
version=0
while read -r commit seconds; do
    version=$((version + 1))
    name="authority file version $version"
    blob "$commit" authority/allowed_signers "$work/file" || reject "$name: it was removed"
    check_header
    check_commit "$commit"
    [ "$verdict" != bad ] || reject "$name: $why"
    # Root keys stand for what is in it. What a stolen registry key leaves in doubt is told of the commits themselves.
    verdict=good why=
    former=$work/judge-file
    if [ "$version" -eq 1 ]; then
        check_genesis
        former=$work/file
    fi
    authority_grown "$former" "$work/file" "$when" || reject "$name: $not_grown"
    check_signatures
    signers=$(paste -s -d ' ' "$work/different")
    tell "$verdict" "$name of $(readable "$when"), signed by $signers${why:+: $why}"
    cp "$work/file" "$work/judge-file"
done < "$work/steps"
[ "$version" -gt 0 ] || reject 'there is no authority file'
cmp -s "$work/file" "$work/authority-now" || reject 'the newest authority file is not the last one checked'
echo "The keys of registry $registry lead back to the root key $root."
exit "$(code)"
