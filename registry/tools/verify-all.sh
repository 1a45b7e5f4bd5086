#!/bin/sh
# Checks everything: the keys, every commit, and every version of everything that was ever published.
# Usage, inside a clone: sh tools/verify-all.sh ROOT_FINGERPRINT     (see authority.sh)
#
# The last line says what came of it. Ends with 0, 1, 3 or 4, see common.sh.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/day.sh"
. "$here/form.sh"
. "$here/keys.sh"
. "$here/cases.sh"
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
    [ "$1" = ring ] || return 0
    steps "${2%/*}/keys" "$head" "$work/requested"
    ! grep -v -x -F -f "$work/states" "$work/requested" > /dev/null ||
        tell bad "${2%/*}/keys: a key request came without the ring that enrols its key"
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

# every_statement: of the folders of case statements there are.
every_statement() {
    sed -n 's/^\(suppliers\/.*[.]case\)\/[^/]*[.]json$/\1/p' "$work/everything" | sort -u > "$work/case-folders"
    while IFS= read -r path; do
        folder=${path%/*} service=${path##*/}
        supplier=${folder##*/} service=${service%.case}
        [ "$service" != supplier ] || service=
        if ! slug "$supplier" || [ "$folder" != "$(folder_of "$supplier")" ] || { [ -n "$service" ] && ! slug "$service"; }
        then
            tell bad 'a folder of case statements does not lie where one belongs'
            continue
        fi
        the_course "$supplier" "$service" "$latest" "$(day_in_london "$latest_when")" "in the end"
        statements=$((statements + case_count))
    done < "$work/case-folders"
}

# odd_place PATH: a file of another kind than a registry has; nothing else of it is shown.
odd_place() {
    if printf '%s\n' "$1" | odd_names; then
        tell bad 'a file has a name that no file of a registry has'
    else
        tell bad "$1: nothing has this place in a registry"
    fi
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

certifications=0 versions=0 statements=0
tail -n 1 "$work/history" > "$work/newest"
read -r newest latest latest_when rest < "$work/newest"
repo ls-tree -r --name-only "$head" > "$work/everything"
while IFS= read -r path; do
    case $path in
        authority/allowed_signers.sig*) ;;
        *.sig | *.countersig | *.oldsig) grep -q -x -F "${path%.*}" "$work/everything" || odd_place "$path" ;;
        .gitattributes | registry.json | VERIFY.md | tools/* | authority/allowed_signers | authority/trust-policy) ;;
        editions/*.json) look edition "$path" ;;
        suppliers/*/*/keys/*/* | suppliers/*/*/*.case/*/*) odd_place "$path" ;;
        suppliers/*/*/keys/signatory-*.json | suppliers/*/*/keys/official-*.json | suppliers/*/*/*.case/*.json) ;;
        suppliers/*/*/*/*) odd_place "$path" ;;
        suppliers/*/*/supplier.json) look supplier "$path" ;;
        suppliers/*/*/allowed_signers) look ring "$path" ;;
        suppliers/*/*/*.json) look document "$path" ;;
        *) odd_place "$path" ;;
    esac
done < "$work/everything"
every_statement

echo "Looked at $certifications certification(s) with $versions version(s), and $statements case statement(s)."
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
