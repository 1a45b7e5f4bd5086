#!/bin/sh
# Checks an evidence pack, without a connection and without the registry's software.
# Usage, in the folder into which the pack was unpacked: sh verify.sh ROOT_FINGERPRINT
#   ROOT_FINGERPRINT is that of the root key with which the registry began (SHA256:…), known from elsewhere.
#
# Needs what common.sh says, and openssl (1.1.1 or newer; LibreSSL does not do). Ends with 0, 1, 3 or 4, see there.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/day.sh"
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

# seconds_of YYYYMMDDHHMMSSZ: since 1970.
seconds_of() {
    date=$(readable "$1") clock=${date#*T} date=${date%T*} clock=${clock%Z}
    y=${date%%-*} rest=${date#*-} m=${rest%-*} d=${rest#*-} h=${clock%%:*} rest=${clock#*:}
    min=${rest%:*} s=${rest#*:} m=${m#0} d=${d#0} h=${h#0} min=${min#0} s=${s#0}
    echo $(($(days "$y" "$m" "$d") * 86400 + h * 3600 + min * 60 + s))
}

# hex BASE64: the bytes in hex.
hex() {
    printf %s "$1" | base64 -d 2> /dev/null | od -An -v -tx1 | tr -d ' \n'
}

registry=$(text pack.json registry) supplier=$(text pack.json supplier) service=$(text pack.json service)
on=$(text pack.json on) asked=$(number pack.json version)
case $registry in '' | *[!a-z0-9.-]*) stop 'pack.json does not say which registry this is about.' ;; esac
slug "$supplier" && slug "$service" || stop 'pack.json does not say which certification this is about.'
case $asked in *[!0-9]*) stop 'pack.json asks for no version.' ;; esac
registry_pattern=$(printf %s "$registry" | sed 's/[.]/[.]/g')
folder=suppliers/$(printf %.2s "$supplier")/$supplier
document=$folder/$service.json

# ---- the entries: each is what it says, and its files are those that it names

ls -A log | grep -x -E '0|[1-9][0-9]{0,14}' | sort -n > "$work/entries" || reject 'the pack has no entries'
[ "$(ls -A log | wc -l)" -eq "$(wc -l < "$work/entries")" ] || reject 'the pack has something among its entries that is none'
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
    ! grep -q -v -x -E '[0-9a-f]{64}  [A-Za-z0-9._/-]+' "$work/named" || reject "entry $index names odd files"
    if [ -d "$entry/files" ]; then
        (cd "$entry/files" && find . -type f) | sed 's/^[.][/]//' | sort > "$work/there"
        while IFS= read -r path; do
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
    shape="# certreg allowed_signers/v1 authority=$registry_pattern version=$version change=[a-z]+"
    shape="$shape policy=$digest files=$digest threshold=[1-9][0-9]{0,2}"
    [ "$version" -eq 1 ] || shape="$shape previous=$digest"
    sed -n 1p "$file" | grep -q -x -E "$shape" && key_lines "$file" "$registry" root department registry ||
        reject "$name is not written as it must be"
    [ "$version" -eq 1 ] || [ "$(field "$file" previous)" = "sha256:$(sha256 < "$judges")" ] ||
        reject "$name does not name the version before it: one is missing, or an old one was put back"
    [ "$version" -eq 1 ] || grown "$judges" "$file" "$when" ||
        reject "$name: a key of the version before was removed or altered, or one was added for the past"
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

# ---- the log: one checkpoint, signed as the trust policy asks, and every entry in its tree

first=$(head -n 1 "$work/entries")
sed '1,/^$/d' "log/$first/proof" > "$work/checkpoint"
sed '/^$/,$d' "$work/checkpoint" > "$work/body"
[ "$(wc -l < "$work/body")" -eq 3 ] || reject 'the checkpoint is not written as it must be'
origin=$(sed -n 1p "$work/body") size=$(sed -n 2p "$work/body") tree=$(hex "$(sed -n 3p "$work/body")")
case $size in '' | *[!0-9]* | ????????????????*) reject 'the checkpoint does not say how many entries there are' ;; esac

# note_signature VKEY: whether the checkpoint has a good signature by this key (c2sp.org/signed-note).
note_signature() {
    key_name=${1%%+*} rest=${1#*+}
    id=${rest%%+*} key=$(hex "${rest#*+}")
    [ "${#key}" -eq 66 ] || return 1
    octal "$key"
    [ "$({ printf '%s\n' "$key_name" && printf "$escaped"; } | sha256 | cut -c 1-8)" = "$id" ] || return 1
    signature= time=
    sed '1,/^$/d' "$work/checkpoint" > "$work/note-signatures"
    while read -r dash who value; do
        [ "$who" = "$key_name" ] || continue
        value=$(hex "$value")
        case $value in "$id"*) signature=${value#"$id"} ;; esac
    done < "$work/note-signatures"
    case $key in
        01*) cp "$work/body" "$work/message" ;;
        04*)
            time=${signature%"${signature#????????????????}"} signature=${signature#????????????????}
            { printf 'cosignature/v1\ntime %s\n' "$((0x${time:-0}))" && cat "$work/body"; } > "$work/message"
            ;;
        *) return 1 ;;
    esac
    signed_at=$((0x${time:-0}))
    [ "${#signature}" -eq 128 ] || return 1
    octal "302a300506032b6570032100${key#??}"
    printf "$escaped" > "$work/key.der"
    octal "$signature"
    printf "$escaped" > "$work/note-signature"
    openssl pkey -pubin -inform DER -in "$work/key.der" -out "$work/key.pem" 2> /dev/null &&
        openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -in "$work/message" \
            -sigfile "$work/note-signature" > /dev/null 2>&1
}

# The policy, line by line (c2sp.org/tlog-policy): a group may name only what stands above it.
logged=no quorum= satisfied=' ' witnesses=0 known_second=
while read -r word name rest; do
    case $word in
        log) [ "${name%%+*}" != "$origin" ] || { note_signature "$name" && logged=yes; } || reject 'the log has not signed the checkpoint' ;;
        witness)
            if note_signature "${rest%% *}"; then
                satisfied="$satisfied$name " witnesses=$((witnesses + 1))
                [ -n "$known_second" ] && [ "$known_second" -le "$signed_at" ] || known_second=$signed_at
            fi
            ;;
        group)
            least=${rest%% *} count=0 members=0
            for member in ${rest#* }; do
                members=$((members + 1))
                case $satisfied in *" $member "*) count=$((count + 1)) ;; esac
            done
            case $least in any) least=1 ;; all) least=$members ;; esac
            [ "$count" -lt "$least" ] || satisfied="$satisfied$name "
            ;;
        quorum) quorum=$name ;;
    esac
done < "$policy"
[ "$logged" = yes ] || reject 'the checkpoint is of a log that the trust policy does not name'
case $quorum in
    none) ;;
    '') reject 'the trust policy has no quorum' ;;
    *) case $satisfied in *" $quorum "*) ;; *) reject 'not enough witnesses have signed the checkpoint' ;; esac ;;
esac

# included INDEX: whether the entry is in the tree (RFC 9162, 2.1.3.2).
included() {
    hash=$({ printf '\000' && cat "log/$1/leaf"; } | sha256)
    at=$1 last=$((size - 1))
    [ "$at" -le "$last" ] || return 1
    sed -n -e '1,2d' -e '/^$/q' -e p "log/$1/proof" > "$work/path"
    while read -r sibling; do
        [ "$last" -gt 0 ] || return 1
        sibling=$(hex "$sibling")
        if [ $((at % 2)) -eq 1 ] || [ "$at" -eq "$last" ]; then
            hash=$(node "$sibling" "$hash")
            while [ $((at % 2)) -eq 0 ] && [ "$at" -ne 0 ]; do at=$((at / 2)) last=$((last / 2)); done
        else
            hash=$(node "$hash" "$sibling")
        fi
        at=$((at / 2)) last=$((last / 2))
    done < "$work/path"
    [ "$last" -eq 0 ] && [ "$hash" = "$tree" ]
}
while read -r index; do
    [ "$(sed -n 1,2p "log/$index/proof")" = "c2sp.org/tlog-proof@v1${newline}index $index" ] ||
        reject "entry $index: its proof is for another entry"
    sed '1,/^$/d' "log/$index/proof" | cmp -s - "$work/checkpoint" ||
        reject "entry $index: its proof is for another state of the log"
    included "$index" || reject "entry $index is not shown to be in the log"
done < "$work/entries"
tell good "the log of $size entries holds every entry of this pack; $witnesses witness(es) signed beside the log"

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
tell good 'nothing newer than what is in this pack had been published about these keys and this certification'

# ---- records that the Department signed, then versions and case statements

# by_department INDEX FILE NAMESPACE
by_department() {
    authority_before "$1"
    when=$(sed -n '3s/^time //p' "log/$1/leaf")
    judged=bad
    [ ! -f "$2.sig" ] || judge "$keys" "$authority_now" "department@$registry" "$3@$registry" "$when" "$2.sig" "$2"
    case $judged in
        unsafe) worse unsafe 'the key of the Department that signed it has been reported unsafe since' ;;
        bad) worse bad 'it is not signed by a key of the Department that counted then' ;;
    esac
}
# records PATH KIND: every version of a file that the Department signs.
records() {
    count=0 previous=
    entries_of "$1" > "$work/records"
    while read -r index; do
        count=$((count + 1)) file=log/$index/files/$1 verdict=good why=
        "$2" || worse bad 'it is not written as it must be, or does not follow the version before it'
        by_department "$index" "$file" keys
        tell "$verdict" "$1 version $count${why:+: $why}"
        former=$file previous=sha256:$(sha256 < "$file")
    done < "$work/records"
}
is_record() {
    plain "$file" && [ "$(text "$file" format)" = certreg/supplier@1 ] &&
        [ "$(text "$file" registry) $(text "$file" supplier)" = "$registry $supplier" ] &&
        [ "$(number "$file" version) $(text "$file" previous)" = "$count $previous" ]
}
is_ring() {
    expected="# certreg allowed_signers/v1 supplier=$supplier version=$count change=X${previous:+ previous=$previous}"
    [ "$(sed -n -E '1s/ change=(enrol|rotate|left|lost|compromised)/ change=X/p' "$file")" = "$expected" ] &&
        key_lines "$file" "$supplier" signatory official || return 1
    [ "$count" -eq 1 ] || grown "$former" "$file" "$(sed -n '3s/^time //p' "log/$index/leaf")"
}
records "$folder/supplier.json" is_record
records "$folder/allowed_signers" is_ring
newest "$folder/allowed_signers"
ring_now=${found:-/dev/null}

# before INDEX PATH: sets $found to the newest copy of a file that came before this entry.
before_entry() {
    found=
    while read -r known; do
        [ "$known" -ge "$1" ] || [ ! -f "log/$known/files/$2" ] || found=log/$known/files/$2
    done < "$work/entries"
}
# by_supplier INDEX FILE ROLE NAMESPACE SUFFIX: sets $signer.
by_supplier() {
    before_entry "$1" "$folder/allowed_signers"
    when=$(sed -n '3s/^time //p' "log/$1/leaf")
    judged=bad signer=
    [ -z "$found" ] || [ ! -f "$2.$5" ] ||
        judge "$found" "$ring_now" "$3@$supplier" "$4@$registry" "$when" "$2.$5" "$2"
    [ "$judged" = bad ] || signer=$by
    case $judged in
        unsafe) worse unsafe "a key of $3@$supplier that signed it has been reported unsafe since, for that time" ;;
        bad) worse bad "the signature by $3@$supplier is not one by a key enrolled for it then, or not of these bytes" ;;
    esac
}
# two_people INDEX FILE NAMESPACE: signatory and official, unless the record says that one is enough.
two_people() {
    by_supplier "$1" "$2" signatory "$3" sig
    signatory=$signer
    if [ -f "$2.countersig" ]; then
        by_supplier "$1" "$2" official countersignature countersig
        [ -z "$signer" ] || [ "$signer" != "$signatory" ] || worse bad 'both signatures are by one key'
    else
        before_entry "$1" "$folder/supplier.json"
        grep -q -x -E '  "single_signatory": true,?' "${found:-/dev/null}" ||
            worse bad "there is no signature by official@$supplier"
    fi
}
check_edition() {
    edition=$(inside "$file" edition id)
    slug "$edition" || { worse bad 'it names no edition' && return 0; }
    newest "editions/$edition.json"
    [ -n "$found" ] && [ "$(inside "$file" edition digest)" = "sha256:$(sha256 < "$found")" ] ||
        { worse bad 'the wording of the questions is not the one that was signed for' && return 0; }
    came=${found#log/}
    by_department "${came%%/*}" "$found" editions
}
entries_of "$document" > "$work/published"
before_version='' before_digest='' stood='' open=
while read -r index; do
    file=log/$index/files/$document verdict=good why=
    version=$(number "$file" version) published=$(sed -n '3s/^time //p' "log/$index/leaf")
    plain "$file" && [ "$(text "$file" format)" = certreg/certification@1 ] &&
        [ "$(text "$file" registry) $(text "$file" supplier) $(text "$file" service)" = "$registry $supplier $service" ] ||
        worse bad 'it was written for another registry, supplier or service'
    [ -z "$before_version" ] ||
        [ "$version $(text "$file" previous)" = "$((before_version + 1)) $before_digest" ] ||
        worse bad 'it does not follow the version before it'
    check_edition
    if [ "$(inside "$file" change kind)" = transcription ]; then
        by_department "$index" "$file" transcription
    else
        two_people "$index" "$file" certification
    fi
    tell "$verdict" "version $version of $supplier/$service, published $(readable "$published")${why:+: $why}"
    echo "$version $(seconds_of "$published") $published" >> "$work/stood"
    before_version=$version before_digest=sha256:$(sha256 < "$file")
done < "$work/published"
[ -s "$work/stood" ] || reject 'there is no version in this pack'
for kind in "$service" supplier; do
    while read -r index; do
        for path in "log/$index/files/$folder/$kind.case"/*.json; do
            [ ! -f "$path" ] || printf '%s\n' "${path#log/}"
        done
    done < "$work/entries" > "$work/statements"
    count=0 previous=
    while IFS= read -r path; do
        index=${path%%/*} file=log/$path verdict=good why= count=$((count + 1))
        [ "$(number "$file" seq) $(text "$file" previous)" = "$count $previous" ] ||
            worse bad 'it does not follow the statement before it'
        type=$(text "$file" type)
        case $type in
            clarification | notice) by_supplier "$index" "$file" signatory case sig ;;
            withdrawal | closure | transfer | reinstatement)
                authority_before "$index"
                when=$(sed -n '3s/^time //p' "log/$index/leaf")
                if [ -f "$file.sig" ] &&
                    signed "$keys" "department@$registry" "case@$registry" "$when" "$file.sig" "$file"; then
                    by_department "$index" "$file" case
                else
                    two_people "$index" "$file" case
                fi
                ;;
            *) by_department "$index" "$file" case ;;
        esac
        case $type in '' | *[!a-z_]*) type=statement ;; esac
        tell "$verdict" "case statement $count ($type), stated $(text "$file" stated_on | tr -cd 0-9-)${why:+: $why}"
        previous=sha256:$(sha256 < "$file")
    done < "$work/statements"
done

# Records of people: each is named by its SHA-256, and by a document of this pack.
for path in people/*.json; do
    [ -f "$path" ] || continue
    digest=$(sha256 < "$path")
    [ "$path" = "people/$digest.json" ] && grep -q -F "\"sha256:$digest\"" log/*/files/"$document" ||
        tell bad "$path is no record that a document of this pack names"
done

# ---- the answer

if [ "$bad" -gt 0 ]; then
    echo 'Do not rely on this pack.'
    exit 1
fi
known_second=${known_second:-$(seconds_of "${latest}Z")}
newest "$document"
at_head "$document"
current=no
[ "$object" != "$(git hash-object --stdin < "$found")" ] || current=yes
from_second=0 until_second=0
if [ -n "$on" ]; then
    moment "$on" || stop 'pack.json names no day.'
    until_second=$before from_second=$(((that) * 86400)) that=$((that - 1))
    if summer; then from_second=$((from_second - 3600)); fi
    if [ "$known_second" -lt "$from_second" ]; then
        [ "$witnesses" -eq 0 ] || reject "this pack knows the log until before $on: it says nothing about that day"
        echo "The log was last written before $on: what came between then and that day this pack cannot show."
    fi
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
        [ "$version" = "$asked" ] || continue
    fi
    answers=$((answers + 1))
    if [ -n "$ended" ]; then
        echo "Version $version of $supplier/$service stood from $(readable "$published") to $(readable "$ended_when")."
    else
        echo "Version $version of $supplier/$service stood from $(readable "$published") on."
        [ "$current" = yes ] || covered=no
    fi
done < "$work/stood"
[ "$answers" -gt 0 ] || reject 'no version in this pack answers its question'
[ "$covered" = yes ] || reject 'a version that stood on that day, or replaced another, was left out'
echo 'The pages (.html) are for reading and were not checked: what counts are the files in log/.'
exit "$(code)"
