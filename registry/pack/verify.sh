#!/bin/sh
# Checks an evidence pack, without a connection and without the registry's software.
# Usage, in the folder into which the pack was unpacked: sh verify.sh ROOT_FINGERPRINT
#   ROOT_FINGERPRINT is that of the root key with which the registry began (SHA256:…), known from elsewhere.
#
# Needs what common.sh says, and openssl (1.1.1 or newer; LibreSSL does not do). Ends with 0, 1, 3 or 4, see there.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/day.sh"
. "$here/form.sh"
. "$here/keys.sh"
. "$here/cases.sh"
. "$here/log.sh"
. "$here/records.sh"
[ $# -eq 1 ] || stop 'usage, in the folder of the pack: sh verify.sh ROOT_FINGERPRINT'
root=$1
printf '%s\n' "$root" | grep -q -x -E 'SHA256:[A-Za-z0-9+/]{43}' ||
    stop 'The fingerprint of the root key looks like SHA256: and 43 letters, digits, + or /.'
cd "$here"
[ -f pack.json ] && [ -d log ] && [ -d head ] || stop 'This is not the folder of an evidence pack: unpack all of it.'
[ -z "$(find . ! -type f ! -type d)" ] || stop 'The pack holds something that is neither a file nor a folder.'
check_versions
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The rest trusts what was checked before it, so the first thing that is BAD is the last that is told.
reject() {
    tell bad "$1"
    echo 'Do not rely on this pack.'
    exit 1
}

scripts='(verify|log|records|common|day|form|keys|cases)[.]sh' number='(0|[1-9][0-9]{0,14})'
names="evidence[.]html|pack[.]json|VERIFY[.]md|$scripts|statement-[1-9][0-9]*[.]html|people/[A-Za-z0-9._/-]+[.]json"
names="$names|log/$number/(leaf|proof|files/[A-Za-z0-9._/-]+)|head/(commit|tree-[A-Za-z0-9._/-]+)"
! find . -type f | sed 's/^[.][/]//' | grep -q -v -x -E "$names" ||
    reject 'the pack has something among its entries, or beside them, that no evidence pack has'

registry=$(text pack.json registry) supplier=$(text pack.json supplier) service=$(text pack.json service)
on=$(text pack.json on) wanted=$(number pack.json version)
case $registry in '' | *[!a-z0-9.-]*) stop 'pack.json does not say which registry this is about.' ;; esac
slug "$supplier" && slug "$service" || stop 'pack.json does not say which certification this is about.'
case $wanted in *[!0-9]*) stop 'pack.json asks for no version.' ;; esac
registry_pattern=$(printf %s "$registry" | sed 's/[.]/[.]/g')
folder=suppliers/$(printf %.2s "$supplier")/$supplier
document=$folder/$service.json

# ---- the entries: each is what it says, and its files are those that it names

ls -A log | grep -x -E '0|[1-9][0-9]{0,14}' | sort -n > "$work/entries" || reject 'the pack has no entries'
[ "$(ls -A log | wc -l)" -eq "$(wc -l < "$work/entries")" ] || reject 'the pack has something among its entries that is none'
# belongs PATH: whether a file has a place in a registry, and in a pack about this certification.
belongs() {
    case $1 in
        authority/allowed_signers | authority/allowed_signers.sig* | authority/trust-policy | registry.json) ;;
        editions/*/*) return 1 ;;
        editions/*.json | editions/*.json.sig) ;;
        "$folder"/keys/*/* | "$folder"/*.case/*/*) return 1 ;;
        "$folder"/allowed_signers | "$folder"/allowed_signers.sig) ;;
        "$folder"/keys/*.json | "$folder"/keys/*.json.sig | "$folder"/keys/*.json.oldsig)
            [ -f "$entry/files/$folder/allowed_signers" ]
            ;;
        "$folder"/*.json | "$folder"/*.json.sig | "$folder"/*.json.countersig) ;;
        *) return 1 ;;
    esac
}
latest=0
while read -r index; do
    entry=log/$index
    plain "$entry/leaf" && plain "$entry/proof" || reject "entry $index is not written as entries are"
    when=$(sed -n '3s/^time \([0-9]\{14\}Z\)$/\1/p' "$entry/leaf")
    commit=$(sed -n '4s/^commit \([0-9a-f]\{40\}\)$/\1/p' "$entry/leaf")
    [ "$(sed -n 1,5p "$entry/leaf")" = "$registry/leaf/v1${newline}index $index${newline}time $when${newline}commit $commit" ] &&
        [ -n "$when" ] && [ -n "$commit" ] || reject "entry $index is of another registry or place"
    [ "${when%Z}" -ge "$latest" ] || reject "entry $index is older than the one before it"
    latest=${when%Z} head=$index head_commit=$commit
    sed '1,/^$/d' "$entry/leaf" > "$work/named"
    ! grep -q -v -x -E '[0-9a-f]{64}  [A-Za-z0-9._/-]+' "$work/named" && cut -c 67- "$work/named" > "$work/paths" &&
        sort -c -u "$work/paths" 2> /dev/null || reject "entry $index names odd files"
    ! odd_names < "$work/paths" || reject "entry $index names odd files"
    if [ -d "$entry/files" ]; then
        (cd "$entry/files" && find . -type f) | sed 's/^[.][/]//' | sort > "$work/there"
        while IFS= read -r path; do
            belongs "$path" || reject "entry $index: $path has no place in this pack"
            grep -q -x -F "$(sha256 < "$entry/files/$path")  $path" "$work/named" ||
                reject "entry $index: $path is not the file that the log names: it was altered"
        done < "$work/there"
        cut -c 67- "$work/named" | grep -v -E '^tools/|^VERIFY[.]md$|^[.]gitattributes$' | sort > "$work/needed" || :
        [ -z "$(comm -23 "$work/needed" "$work/there")" ] || reject "entry $index: a file is missing from the pack"
    fi
done < "$work/entries"

# newest PATH: sets $found to the newest copy of a file in the pack; empty when there is none.
newest() {
    found=
    while read -r known; do
        [ ! -f "log/$known/files/$1" ] || found=log/$known/files/$1
    done < "$work/entries"
}

# entries_of PATH: the entries that brought a version of a file.
entries_of() {
    while read -r known; do
        [ ! -f "log/$known/files/$1" ] || echo "$known"
    done < "$work/entries"
}

# ---- the keys: every version of the authority file, from the root key on

newest authority/allowed_signers
[ -n "$found" ] || reject 'there is no authority file'
authority_now=$found
roots() {
    grep "^root@$registry_pattern " "$1"
}
check_authority() {
    digest='sha256:[0-9a-f]{64}'
    changes='(genesis|files|enrol|rotate|left|lost|compromised)'
    shape="# certreg allowed_signers/v1 authority=$registry_pattern version=$version change=$changes"
    shape="$shape policy=$digest files=$digest threshold=[1-9][0-9]{0,2}"
    [ "$version" -eq 1 ] || shape="$shape previous=$digest"
    sed -n 1p "$file" | grep -q -x -E "$shape" && key_lines "$file" "$registry" root department registry ||
        reject "$name is not written as it must be"
    [ "$version" -eq 1 ] || [ "$(field "$file" previous)" = "sha256:$(sha256 < "$judges")" ] ||
        reject "$name does not name the version before it: one is missing, or an old one was put back"
    authority_grown "${judges:-$file}" "$file" "$when" || reject "$name: $not_grown"
    [ "$version" -gt 1 ] || [ "$(text "log/$index/files/registry.json" registry)" = "$registry" ] ||
        reject "$name: registry.json is about another registry"
    [ ! -f "log/$index/files/authority/trust-policy" ] || policy=log/$index/files/authority/trust-policy
    [ -n "$policy" ] && [ "$(field "$file" policy)" = "sha256:$(sha256 < "$policy")" ] ||
        reject "$name: the trust policy is not the one that was signed for"
    roots "${judges:-$file}" > "$work/judges" || reject "$name: there is no root key to check it with"
    roots "$authority_now" > "$work/judges-now" || reject 'the newest authority file has no root key'
    : > "$work/signers"
    for signature in "$file".sig*; do
        judge "$work/judges" "$work/judges-now" "root@$registry" "root@$registry" "$when" "$signature" "$file"
        [ "$judged" != bad ] || reject "$name: a signature is not one by a root key that counted then"
        worse "$judged" 'a root key that signed it has been reported unsafe since'
        printf '%s\n' "$by" >> "$work/signers"
    done
    sort -u "$work/signers" > "$work/different"
    [ "$(wc -l < "$work/different")" -ge "$(field "${judges:-$file}" threshold)" ] ||
        reject "$name: not enough different root keys have signed it"
    [ "$version" -gt 1 ] || grep -q -x -F "$root" "$work/different" ||
        reject "the first authority file is not signed by the root key $root: this is another registry, or a forged one"
}
version=0 judges='' policy=
entries_of authority/allowed_signers > "$work/versions"
while read -r index; do
    version=$((version + 1)) file=log/$index/files/authority/allowed_signers name="authority file version $version"
    when=$(sed -n '3s/^time //p' "log/$index/leaf") verdict=good why=
    check_authority
    tell "$verdict" "$name, signed by $(paste -s -d ' ' "$work/different")${why:+: $why}"
    judges=$file
done < "$work/versions"

# authority_before INDEX: sets $keys to the authority file in force when this entry was made.
authority_before() {
    keys=
    while read -r known; do
        [ -n "$keys" ] && [ "$known" -ge "$1" ] || keys=log/$known/files/authority/allowed_signers
    done < "$work/versions"
}

# ---- the log

read_checkpoint
judge_checkpoint
judge_entries

# ---- the newest commit: nothing newer was left out

[ "$head" -eq $((size - 1)) ] || reject 'the newest entry of the log is missing: newer ones may have been left out'
export GIT_DIR="$work/objects" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q --bare "$GIT_DIR"
for object in head/tree-*; do
    [ "head/tree-$(git hash-object -t tree -w --stdin < "$object" 2> /dev/null)" = "$object" ] ||
        reject "$object is not the listing that its name says"
done
[ "$(git hash-object -t commit -w --stdin < head/commit 2> /dev/null)" = "$head_commit" ] ||
    reject 'the newest commit is not the one that the log names'
# at_head PATH: sets $object to the file there; empty when there is none.
at_head() {
    object=$(repo ls-tree "$head_commit" -- "$1" 2> "$work/errors" | cut -f 1 | cut -d ' ' -f 3)
    [ ! -s "$work/errors" ] || reject "the listing that should show $1 is missing"
}
is_newest() {
    at_head "$1"
    newest "$1"
    [ "$object" = "${found:+$(git hash-object --stdin < "${found:-/dev/null}")}" ] ||
        reject "the $1 of this pack is not the newest: a stale one was put in its place, or it was left out"
}
for path in authority/allowed_signers authority/trust-policy "$folder/supplier.json" "$folder/allowed_signers"; do
    is_newest "$path"
done
for cases in "$folder/$service.case" "$folder/supplier.case"; do
    repo ls-tree "$head_commit" -- "$cases/" 2> "$work/errors" | cut -f 2 > "$work/cases"
    [ ! -s "$work/errors" ] || reject "the listing that should show $cases is missing"
    while IFS= read -r path; do
        case $path in *.json) is_newest "$path" ;; esac
    done < "$work/cases"
done
# Nothing is ever removed: where the current version came with one signature, a second one is of a version before it.
at_head "$document"
newest "$document"
if [ -n "$found" ] && [ "$(inside "$found" change kind)" != transcription ] && [ "$object" = "$(git hash-object --stdin < "$found")" ] && [ ! -f "$found.countersig" ]; then
    at_head "$document.countersig"
    [ -z "$object" ] || reject 'the current version has one signature, but an earlier version of its supplier has two'
fi
tell good 'nothing newer than what is in this pack had been published about these keys and this certification'

# ---- records that the Department signed, then versions and case statements

newest "$folder/allowed_signers"
ring_now=${found:-/dev/null}
records "$folder/supplier.json" a_record
records "$folder/allowed_signers" a_ring
every_version
known_second=${known_second:-$(seconds_of "${latest}Z")}
from_second=0 until_second=0
if [ -n "$on" ]; then
    moment "$on" || stop 'pack.json names no day.'
    until_second=$before that_day=$that from_second=$((that * 86400)) that=$((that - 1))
    if summer; then from_second=$((from_second - 3600)); fi
fi
: > "$work/record"
the_course ''
the_course "$service"
every_person

# ---- the answer

if [ "$bad" -gt 0 ]; then
    echo 'Do not rely on this pack.'
    exit 1
fi
newest "$document"
at_head "$document"
current=no
[ "$object" != "$(git hash-object --stdin < "$found")" ] || current=yes
if [ -n "$on" ] && [ "$known_second" -lt "$from_second" ]; then
    [ "$witnesses" -eq 0 ] || reject "this pack knows the log until before $on: it says nothing about that day"
    echo "The log was last written before $on: what came between then and that day this pack cannot show."
fi
answers=0 number_before='' covered=yes
while read -r version second published; do
    ended=$(sed -n "/^$version /{n;p;}" "$work/stood") ended_second= ended_when=
    if [ -n "$ended" ]; then
        rest=${ended#* } ended_second=${rest% *} ended_when=${rest#* }
    fi
    if [ -n "$on" ]; then
        [ "$second" -le "$until_second" ] && { [ -z "$ended" ] || [ "$ended_second" -gt "$from_second" ]; } || continue
        [ "$answers" -gt 0 ] || [ "$version" = 1 ] || [ "$second" -le "$from_second" ] || covered=no
    else
        [ "$version" = "$wanted" ] || continue
    fi
    answers=$((answers + 1))
    if [ -n "$ended" ]; then
        echo "Version $version of $supplier/$service stood from $(readable "$published") to $(readable "$ended_when")."
    else
        echo "Version $version of $supplier/$service stood from $(readable "$published") on."
        [ "$current" = yes ] || covered=no
    fi
done < "$work/stood"
cat "$work/record"
[ "$answers" -gt 0 ] || reject 'no version in this pack answers its question'
[ "$covered" = yes ] || reject 'a version that stood on that day, or replaced another, was left out'
[ "$(code)" -eq 0 ] ||
    echo 'It held when it was published; a key that signed it has been reported unsafe since: see the lines with UNSAFE.'
echo 'The pages (.html) are for reading and were not checked: what counts are the files in log/.'
exit "$(code)"
