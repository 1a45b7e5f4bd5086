# How one certification is checked: read with '.' by as-of.sh and verify-all.sh, after all that they share, and 'begin'.
#
# Whatever is checked here is judged twice: by the keys as they were known when it came in (those of the commit
# before), and as they are known now (those of today's files), both for the time when it came in.

folder_of() {
    printf 'suppliers/%.2s/%s' "$1" "$1"
}

# by_department COMMIT FILE NAMESPACE: judges the Department's signature on $work/signed-file, a file that this commit
# brought.
by_department() {
    if ! blob "$1" "$2.sig" "$work/signature"; then
        worse bad 'there is no signature by the Department'
        return 0
    fi
    authority_at "$1" || { worse bad 'it is not on main' && return 0; }
    judge "$keys" "$work/authority-now" "department@$registry" "$3@$registry" "$when" \
        "$work/signature" "$work/signed-file"
    case $judged in
        unsafe) worse unsafe 'the key of the Department that signed it has been reported unsafe since' ;;
        bad) worse bad 'it is not signed by a key of the Department that counted then' ;;
    esac
}

# record KIND PATH COMMIT: the state of a file that the Department signs, as it was in this commit; KIND is ring,
# supplier or edition. Leaves it in $record_file (empty: there is none); sets $verdict, $why and $version.
# What was found is kept: many versions rest on the same ring.
record() {
    verdict=good why=
    steps "$2" "$3" "$work/record-steps"
    version=$(($(wc -l < "$work/record-steps")))
    came=$(tail -n 1 "$work/record-steps" | cut -d ' ' -f 1)
    if [ -z "$came" ]; then
        record_file='' verdict=bad why='there is none'
        return 0
    fi
    record_file=$work/record-$came-$(printf %s "$2" | tr / :)
    if [ ! -s "$record_file.found" ]; then
        examine_record "$1" "$2"
        printf '%s %s\n' "$verdict" "$why" > "$record_file.found"
    fi
    read -r verdict why < "$record_file.found"
}

examine_record() {
    if ! blob "$came" "$2" "$record_file"; then
        worse bad 'it was removed'
        return 0
    fi
    former=$(tail -n 2 "$work/record-steps" | head -n 1 | cut -d ' ' -f 1)
    previous=
    if [ "$version" -gt 1 ]; then
        blob "$former" "$2" "$work/former" && previous=sha256:$(sha256 < "$work/former")
    fi
    # Each of these tells whether the file says of itself what its place in the history says of it.
    "facts_of_$1" "$2" ||
        worse bad 'it does not belong here: of another owner, an old version put back, or not written as it must be'
    cp "$record_file" "$work/signed-file"
    case $1 in
        edition) by_department "$came" "$2" editions ;;
        *) by_department "$came" "$2" keys ;;
    esac
    [ "$1" != ring ] || examine_growth "$2"
    first=$verdict reason=$why
    check_commit "$came"
    worse "$first" "$reason"
}

# What was added to a ring asked for it in the same commit, and nothing else did.
examine_growth() {
    [ "$version" -gt 1 ] && cp "$work/former" "$work/ring-before" || : > "$work/ring-before"
    when=${when:-29991231235959Z}
    if ! ring_grown "$work/ring-before" "$record_file" "$when"; then
        worse bad "$not_grown"
        return 0
    fi
    repo diff-tree -r --root --no-commit-id --no-renames --name-only "$came" -- "${1%/*}/keys" | sort > "$work/requests"
    cp "$work/added" "$work/new-keys"
    : > "$work/awaited"
    while IFS= read -r line; do
        key_text=${line#* ssh-ed25519 }
        name=${1%/*}/keys/${line%%@*}-$(short_of "${key_text%% *}").json
        for suffix in '' .sig .oldsig; do
            rm -f "$work/request.json$suffix"
            grep -q -x -F "$name$suffix" "$work/requests" || continue
            blob "$came" "$name$suffix" "$work/request.json$suffix"
            echo "$name$suffix" >> "$work/awaited"
        done
        requested "$record_file" "$when" "$line" ||
            worse bad 'a new key did not ask for it itself: its request is missing, or not signed as it must be'
    done < "$work/new-keys"
    [ -z "$(sort "$work/awaited" | comm -23 "$work/requests" -)" ] ||
        worse bad 'a key request came with it that belongs to no key that it adds'
}

facts_of_ring() {
    owner_id=${1%/*} owner_id=${owner_id##*/}
    expected="# certreg allowed_signers/v1 supplier=$owner_id version=$version change=X${previous:+ previous=$previous}"
    [ "$(sed -n -E '1s/ change=(enrol|rotate|left|lost|compromised)/ change=X/p' "$record_file")" = "$expected" ] &&
        key_lines "$record_file" "$owner_id" signatory official
}

facts_of_supplier() {
    owner_id=${1%/*} owner_id=${owner_id##*/}
    flat "$record_file" && supplier_form &&
        [ "$(text "$record_file" registry) $(text "$record_file" supplier)" = "$registry $owner_id" ] &&
        [ "$(number "$record_file" version)" = "$version" ] &&
        [ "$(text "$record_file" previous)" = "$previous" ]
}

# An edition never changes once published.
facts_of_edition() {
    [ "$version" -eq 1 ] && flat "$record_file" && [ "editions/$(text "$record_file" id).json" = "$1" ]
}

whose() {
    printf '%s %s %s' "$(text "$1" registry)" "$(text "$1" supplier)" "$(text "$1" service)"
}

# links SUPPLIER SERVICE FILE: of every version listed in FILE (as by 'steps'), whether it belongs where it lies:
# registry, supplier and service; version counts up; previous is the SHA-256 of the version before.
links() {
    document=$(folder_of "$1")/$2.json
    count=0 previous='' spoke='' broken=
    while read -r link seconds; do
        count=$((count + 1))
        if ! blob "$link" "$document" "$work/link"; then
            broken="version $count was removed"
        elif ! flat "$work/link" || [ "$(text "$work/link" format)" != certreg/certification@1 ]; then
            broken="version $count is not written as documents are"
        elif [ "$(whose "$work/link")" != "$registry $1 $2" ]; then
            broken="version $count was written for another registry, supplier or service"
        elif [ "$(number "$work/link" version)" != "$count" ]; then
            broken="version $count says of itself that it is another: an old one was put back, or one is missing"
        elif [ "$(text "$work/link" previous)" != "$previous" ]; then
            broken="version $count does not name the version before it"
        else
            follows "$(inside "$work/link" change kind)"
        fi
        [ -z "$broken" ] || { tell bad "order: $broken" && return 0; }
        previous=sha256:$(sha256 < "$work/link")
    done < "$3"
    tell good "order: $count version(s) of $1/$2, each naming the one before"
}

# follows KIND: whether a version of this kind may come now.
follows() {
    case $1$spoke in
        transcriptionyes) broken="version $count is a transcription, though the supplier had spoken for itself" ;;
        initialyes) broken="version $count calls itself the first, though the supplier had spoken for itself" ;;
        transcription | initial) ;;
        *yes) ;;
        *) broken="version $count is the first of the supplier's own, and does not say so" ;;
    esac
    [ "$1" = transcription ] || spoke=yes
}

# a_version SUPPLIER SERVICE COMMIT NUMBER: checks the version that this commit brought.
a_version() {
    supplier=$1 service=$2 commit=$3
    folder=$(folder_of "$1")
    document=$folder/$2.json
    if ! of_history "$commit" || ! blob "$commit" "$document" "$work/document"; then
        tell bad "version $4 cannot be read"
        return 0
    fi
    version_when=$when version_parent=$parent
    echo "$1/$2 version $4, published $(readable "$when"), commit $commit"
    echo "sha256:$(sha256 < "$work/document")"
    check_commit "$commit"
    [ "$verdict" = good ] || tell "$verdict" "$why"
    the_edition
    if [ "$(inside "$work/document" change kind)" = transcription ]; then
        echo "transcribed from the supplier's published statement; not signed by the supplier"
        verdict=good why=
        cp "$work/document" "$work/signed-file"
        by_department "$commit" "$document" transcription
        tell "$verdict" "transcription${why:+: $why}"
    else
        the_rings
        the_signers
    fi
}

the_edition() {
    edition=$(inside "$work/document" edition id)
    if ! slug "$edition"; then
        tell bad 'edition: the document names none'
        return 0
    fi
    record edition "editions/$edition.json" "$commit"
    if [ -n "$record_file" ]; then
        [ "$(inside "$work/document" edition digest)" = "sha256:$(sha256 < "$record_file")" ] ||
            worse bad 'it is not the wording that was signed for'
    fi
    tell "$verdict" "edition $edition${why:+: $why}"
    the_form
}

# Every rule of form that can be told by such means, by the Department's word on the supplier at that time.
the_form() {
    [ -n "$record_file" ] && flat "$record_file" || return 0
    mv "$work/flat" "$work/edition-flat"
    excused_at "$commit"
    flat "$work/document" && certification_form "$excused" ||
        tell bad 'form: a member or an answer is missing, or one too many, or not as it must be'
}

# excused_at COMMIT: sets $excused to 'yes' if the supplier was one person by the record of that commit.
excused_at() {
    record supplier "$folder/supplier.json" "$1"
    excused=no
    ! grep -q -x -E '  "single_signatory": true,?' "${record_file:-/dev/null}" || excused=yes
}

# The ring of the commit before (what was known then) and that of today (what is known now).
the_rings() {
    record ring "$folder/allowed_signers" "${version_parent:-$commit}"
    ring_then=${record_file:-/dev/null}
    tell "$verdict" "key ring version $version, in force then${why:+: $why}"
    record ring "$folder/allowed_signers" "$head"
    ring_now=${record_file:-/dev/null}
    [ "$ring_now" = "$ring_then" ] || tell "$verdict" "key ring version $version, in force now${why:+: $why}"
}

# by_supplier ROLE NAMESPACE SUFFIX: sets $signer.
by_supplier() {
    signer=
    if ! blob "$commit" "$document.$3" "$work/signature"; then
        tell bad "there is no signature by $1@$supplier"
        return 0
    fi
    judge "$ring_then" "$ring_now" "$1@$supplier" "$2@$registry" "$version_when" "$work/signature" "$work/document"
    [ "$judged" = bad ] || signer=$by
    case $judged in
        good) tell good "signed by $1@$supplier, $by" ;;
        unsafe) tell unsafe "signed by $1@$supplier with a key that has been reported unsafe since, for that time" ;;
        *) tell bad "the signature by $1@$supplier is not one by a key enrolled for it then, or not of these bytes" ;;
    esac
}

# Whether a version of the supplier's before this one had two signatures: nothing is ever removed.
signed_twice() {
    repo ls-tree --name-only "${version_parent:-$commit}" -- "$folder/" | grep -q '[.]json[.]countersig$'
}

# Two people sign. One is enough only where the Department's record of the supplier said so at that time; a second
# signature that is there is checked in any case.
the_signers() {
    by_supplier signatory certification sig
    if ! repo cat-file -e "$commit:$document.countersig" 2> /dev/null; then
        record supplier "$folder/supplier.json" "$commit"
        grep -q -x -E '  "single_signatory": true,?' "${record_file:-/dev/null}" ||
            worse bad 'it does not say that one signature is enough'
        tell "$verdict" "supplier record version $version${why:+: $why}"
        if [ "$verdict" = bad ]; then
            tell bad "there is no signature by official@$supplier"
        elif signed_twice; then
            tell bad 'one signature, but an earlier version of its supplier has two'
        else
            echo 'signed by one person; not independently verified'
        fi
        return 0
    fi
    excused_at "$commit"
    [ "$excused" = no ] || tell bad 'a second signature, of a supplier that is one person by its record'
    signatory=$signer
    by_supplier official countersignature countersig
    if [ -n "$signer" ] && [ "$signatory" = "$signer" ]; then
        tell bad 'both signatures are by one key'
    fi
}

# the_course SUPPLIER SERVICE SECONDS DAY LABEL: judges the case statements about a certification (SERVICE empty: about the whole
# supplier) that came until then, and the versions by them. Says what is on the record on a day, by its number.
the_course() {
    supplier=$1 folder=$(folder_of "$1")
    cases=$folder/${2:-supplier}.case document=$folder/${2:-supplier.case/none}.json
    cases_begin "$1" "$2"
    repo log --first-parent --reverse --format='%H %ct' "$head" -- "$cases" "$document" > "$work/course"
    versions_seen=0
    while read -r commit seconds; do
        [ "$seconds" -le "$3" ] || break
        of_history "$commit" || continue
        repo diff-tree -r --root --no-commit-id --no-renames --name-only "$commit" -- "$cases" "$document" |
            sort > "$work/brought"
        while IFS= read -r path; do
            case $path in
                "$document")
                    versions_seen=$((versions_seen + 1))
                    blob "$commit" "$path" "$work/document" || continue
                    of_history "$commit"
                    a_version_came "$versions_seen" "$(inside "$work/document" change kind)" "$when"
                    ;;
                *.json) the_statement "$path" ;;
            esac
        done < "$work/brought"
    done < "$work/course"
    on_the_record "$4" "$5"
}

# the_statement PATH: judges a case statement that this commit brought.
the_statement() {
    check_commit "$commit"
    [ "$verdict" = good ] || tell "$verdict" "$why"
    record ring "$folder/allowed_signers" "${parent:-$commit}"
    ring_then=${record_file:-/dev/null}
    [ "$verdict" != bad ] || [ -z "$record_file" ] || tell "$verdict" "key ring version $version, in force then: $why"
    record ring "$folder/allowed_signers" "$head"
    ring_now=${record_file:-/dev/null}
    excused_at "$commit"
    for suffix in '' .sig .countersig; do
        rm -f "$work/statement.json$suffix"
        blob "$commit" "$1$suffix" "$work/statement.json$suffix" || rm -f "$work/statement.json$suffix"
    done
    authority_at "$commit"
    a_statement "${1##*/}"
    rm -f "$keys"
}
