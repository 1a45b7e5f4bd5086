#!/bin/sh
# Checks everything: the keys, every commit, and every version of everything that was ever published.
# Usage, inside a clone: sh tools/verify-all.sh ROOT_FINGERPRINT     (see authority.sh)
#
# The last line says what came of it. Ends with 0, 1, 3 or 4, see common.sh.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/certification.sh"
[ $# -eq 1 ] || stop 'usage, inside a clone: sh tools/verify-all.sh ROOT_FINGERPRINT'
begin
status=0
sh "$here/commits.sh" "$1" || status=$?
[ "$status" -ne 3 ] || exit 3
take "$status"

# every_state KIND PATH: each state that a file signed by the Department ever had.
every_state() {
    steps "$2" "$head" "$work/states"
    while read -r state rest; do
        record "$1" "$2" "$state"
        tell "$verdict" "$2 version $version${why:+: $why}"
    done < "$work/states"
}

every_version() {
    folder=${1%/*} service=${1##*/} supplier=${folder##*/}
    service=${service%.json}
    steps "$1" "$head" "$work/versions"
    links "$supplier" "$service" "$work/versions"
    number=0
    while read -r version_commit rest; do
        number=$((number + 1)) versions=$((versions + 1))
        a_version "$supplier" "$service" "$version_commit" "$number"
    done < "$work/versions"
    certifications=$((certifications + 1))
}

# well_placed PATH: editions/<id>.json, or below suppliers/<first two characters>/<supplier>/, with good ids.
well_placed() {
    folder=${1%/*} file=${1##*/}
    case $folder in
        editions) ;;
        *) slug "${folder##*/}" && [ "$folder" = "$(folder_of "${folder##*/}")" ] || return 1 ;;
    esac
    case $file in
        supplier.json | allowed_signers) [ "$folder" != editions ] ;;
        *) slug "${file%.json}" ;;
    esac
}

# look KIND PATH: checks the whole history of a file, by its kind.
look() {
    if ! well_placed "$2"; then
        tell bad 'a file does not lie where one of its kind belongs'
    elif [ "$1" = document ]; then
        every_version "$2"
    else
        every_state "$1" "$2"
    fi
}

certifications=0 versions=0 others=0
repo ls-tree -r --name-only "$head" > "$work/everything"
while IFS= read -r path; do
    case $path in
        *.sig | *.sig[0-9]* | *.countersig | *.oldsig) ;;
        .gitattributes | registry.json | VERIFY.md | tools/* | authority/allowed_signers | authority/trust-policy) ;;
        editions/*.json) look edition "$path" ;;
        suppliers/*/*/*/*) others=$((others + 1)) ;;
        suppliers/*/*/supplier.json) look supplier "$path" ;;
        suppliers/*/*/allowed_signers) look ring "$path" ;;
        suppliers/*/*/*.json) look document "$path" ;;
        *) others=$((others + 1)) ;;
    esac
done < "$work/everything"

echo "Looked at $certifications certification(s) with $versions version(s)."
[ "$others" -eq 0 ] || echo "Not judged: $others other file(s), such as key requests and case statements."
case $(code) in
    0)
        echo 'Everything holds: every version is signed as it must be, and nothing was altered, exchanged or taken' \
            'away.'
        ;;
    4)
        echo 'Everything held when it was published; some of it was signed with keys that have been reported unsafe' \
            'since: see the lines with UNSAFE.'
        ;;
    *)
        echo "NOT everything holds ($bad lines with BAD): do not rely on what they name, and tell whoever runs" \
            'the registry.'
        ;;
esac
exit "$(code)"
