# What an evidence pack holds about one certification: the supplier's records and rings, versions, case statements. Read
# with '.' by verify.sh.

# time_of INDEX: when the log says that an entry came.
time_of() {
    sed -n '3s/^time //p' "log/$1/leaf"
}

# by_department INDEX FILE NAMESPACE
by_department() {
    authority_before "$1"
    when=$(time_of "$1") judged=bad
    [ ! -f "$2.sig" ] || judge "$keys" "$authority_now" "department@$registry" "$3@$registry" "$when" "$2.sig" "$2"
    case $judged in
        unsafe) worse unsafe 'the key of the Department that signed it has been reported unsafe since' ;;
        bad) worse bad 'it is not signed by a key of the Department that counted then' ;;
    esac
}

# records PATH KIND: every version of a file that the Department signs.
records() {
    count=0 previous='' former=/dev/null
    entries_of "$1" > "$work/records"
    while read -r index; do
        count=$((count + 1)) file=log/$index/files/$1 verdict=good why=
        "$2"
        by_department "$index" "$file" keys
        tell "$verdict" "$1 version $count${why:+: $why}"
        former=$file previous=sha256:$(sha256 < "$file")
    done < "$work/records"
}

a_record() {
    flat "$file" && supplier_form && [ "$(text "$file" registry) $(text "$file" supplier)" = "$registry $supplier" ] &&
        [ "$(number "$file" version) $(text "$file" previous)" = "$count $previous" ] ||
        worse bad 'it is not written as it must be, or does not follow the version before it'
}

a_ring() {
    expected="# certreg allowed_signers/v1 supplier=$supplier version=$count change=X${previous:+ previous=$previous}"
    if [ "$(sed -n -E '1s/ change=(enrol|rotate|left|lost|compromised)/ change=X/p' "$file")" != "$expected" ] ||
        ! key_lines "$file" "$supplier" signatory official; then
        worse bad 'it is not written as it must be, or does not follow the version before it'
        return 0
    fi
    when=$(time_of "$index")
    cp "$former" "$work/ring-before"
    if ring_grown "$work/ring-before" "$file" "$when"; then
        the_requests
    else
        worse bad "$not_grown"
    fi
}

# What was added to a ring asked for it in the same entry, and nothing else did.
the_requests() {
    cp "$work/added" "$work/new-keys"
    : > "$work/awaited"
    while IFS= read -r line; do
        key_text=${line#* ssh-ed25519 }
        name=$folder/keys/${line%%@*}-$(short_of "${key_text%% *}").json
        for suffix in '' .sig .oldsig; do
            rm -f "$work/request.json$suffix"
            [ -f "log/$index/files/$name$suffix" ] || continue
            cp "log/$index/files/$name$suffix" "$work/request.json$suffix"
            echo "$name$suffix" >> "$work/awaited"
        done
        requested "$file" "$when" "$line" ||
            worse bad 'a new key did not ask for it itself: its request is missing, or not signed as it must be'
    done < "$work/new-keys"
    [ ! -d "log/$index/files/$folder/keys" ] ||
        [ -z "$(cd "log/$index/files" && find "$folder/keys" -type f | grep -v -x -F -f "$work/awaited")" ] ||
        worse bad 'a key request came with it that belongs to no key that it adds'
}

# before_entry INDEX PATH: sets $found to the newest copy of a file that came before this entry.
before_entry() {
    found=
    while read -r known; do
        [ "$known" -ge "$1" ] || [ ! -f "log/$known/files/$2" ] || found=log/$known/files/$2
    done < "$work/entries"
}

# known_at INDEX: sets $when, $keys, $ring_then and $excused to what was known then.
known_at() {
    authority_before "$1"
    when=$(time_of "$1") excused=no
    before_entry "$1" "$folder/supplier.json"
    ! grep -q -x -E '  "single_signatory": true,?' "${found:-/dev/null}" || excused=yes
    before_entry "$1" "$folder/allowed_signers"
    ring_then=${found:-/dev/null}
}

# by_supplier FILE ROLE NAMESPACE SUFFIX: sets $signer.
by_supplier() {
    judged=bad signer=
    [ ! -f "$1.$4" ] || judge "$ring_then" "$ring_now" "$2@$supplier" "$3@$registry" "$when" "$1.$4" "$1"
    [ "$judged" = bad ] || signer=$by
    case $judged in
        unsafe) worse unsafe "a key of $2@$supplier that signed it has been reported unsafe since, for that time" ;;
        bad) worse bad "the signature by $2@$supplier is not one by a key enrolled for it then, or not of these bytes" ;;
    esac
}

# two_people FILE: signatory and official, unless the record says that one is enough, and no version had two before.
two_people() {
    by_supplier "$1" signatory certification sig
    signatory=$signer
    case $excused$([ -f "$1.countersig" ] && echo two) in
        notwo)
            by_supplier "$1" official countersignature countersig
            [ -z "$signer" ] || [ "$signer" != "$signatory" ] || worse bad 'both signatures are by one key'
            twice=yes
            ;;
        yestwo) worse bad 'it has a second signature, of a supplier that is one person by its record' ;;
        no) worse bad "there is no signature by official@$supplier" ;;
    esac
    [ -f "$1.countersig" ] || [ -z "$twice" ] || worse bad 'it has one signature, but an earlier version of its supplier has two'
}

the_edition() {
    edition=$(inside "$file" edition id)
    slug "$edition" || { worse bad 'it names no edition' && return 0; }
    newest "editions/$edition.json"
    [ -n "$found" ] && flat "$found" && [ "$(inside "$file" edition digest)" = "sha256:$(sha256 < "$found")" ] ||
        { worse bad 'the wording of the questions is not the one that was signed for' && return 0; }
    mv "$work/flat" "$work/edition-flat"
    flat "$file" && certification_form "$excused" ||
        worse bad 'a member or an answer is missing, or one too many, or not as it must be'
    came=${found#log/}
    by_department "${came%%/*}" "$found" editions
}

# follows KIND: whether a version of this kind may come after the one before, as far as this pack knows it.
follows() {
    case $1,$before_kind in
        transcription,own) worse bad 'it is a transcription, though the supplier had spoken for itself' ;;
        initial,own) worse bad 'it calls itself the first, though the supplier had spoken for itself' ;;
        update,transcription | reaffirmation,transcription | update,none | reaffirmation,none)
            worse bad "it is the first of the supplier's own, and does not say so"
            ;;
    esac
    before_kind=own
    [ "$1" != transcription ] || before_kind=transcription
}

every_version() {
    entries_of "$document" > "$work/published"
    before_version='' before_digest='' before_kind='' twice=
    while read -r index; do
        file=log/$index/files/$document verdict=good why=
        version=$(number "$file" version) published=$(time_of "$index") version_kind=$(inside "$file" change kind)
        flat "$file" && [ "$(text "$file" format)" = certreg/certification@1 ] &&
            [ "$(text "$file" registry) $(text "$file" supplier) $(text "$file" service)" = "$registry $supplier $service" ] ||
            worse bad 'it was written for another registry, supplier or service'
        case $version in '' | *[!0-9]*) worse bad 'it has no number' && version=0 ;; esac
        if [ -n "$before_version" ]; then
            [ "$version $(text "$file" previous)" = "$((before_version + 1)) $before_digest" ] ||
                worse bad 'it does not follow the version before it'
        elif [ "$version" -eq 1 ]; then
            before_kind=none
            [ -z "$(text "$file" previous)" ] || worse bad 'it does not follow the version before it'
        else
            [ -n "$(text "$file" previous)" ] || worse bad 'it does not follow the version before it'
        fi
        follows "$version_kind"
        known_at "$index"
        the_edition
        known_at "$index"
        if [ "$version_kind" = transcription ]; then by_department "$index" "$file" transcription; else two_people "$file"; fi
        tell "$verdict" "version $version of $supplier/$service, published $(readable "$published")${why:+: $why}"
        echo "$version $(seconds_of "$published") $published" >> "$work/stood"
        before_version=$version before_digest=sha256:$(sha256 < "$file")
    done < "$work/published"
    [ -s "$work/stood" ] || reject 'there is no version in this pack'
}

# the_course SERVICE: every case statement (SERVICE empty: about the whole supplier), and the versions by them. Leaves in
# $work/record what was on the record at the end of the day asked about, and in the end.
the_course() {
    cases=$folder/${1:-supplier}.case told=$([ -n "$on" ] || echo yes)
    cases_begin "$supplier" "$1"
    while read -r index; do
        when=$(time_of "$index")
        [ -n "$told" ] || [ "$(seconds_of "$when")" -le "$until_second" ] || tell_that_day
        for path in "log/$index/files/$cases"/*.json; do
            [ -f "$path" ] || continue
            for suffix in '' .sig .countersig; do
                rm -f "$work/statement.json$suffix"
                [ ! -f "$path$suffix" ] || cp "$path$suffix" "$work/statement.json$suffix"
            done
            known_at "$index"
            a_statement "${path##*/}"
        done
        path=log/$index/files/$document
        [ -z "$1" ] || [ ! -f "$path" ] ||
            a_version_came "$(number "$path" version | tr -cd 0-9)" "$(inside "$path" change kind)" "$when"
    done < "$work/entries"
    [ -n "$told" ] || tell_that_day
    on_the_record "$(london_day_of "$known_second")" 'when this pack was made' >> "$work/record"
}

tell_that_day() {
    told=yes
    on_the_record "$that_day" "on $on" >> "$work/record"
}

# Records of people: each is named by its SHA-256, and by a document of this pack.
every_person() {
    for path in people/*.json; do
        [ -f "$path" ] || continue
        digest=$(sha256 < "$path")
        [ "$path" = "people/$digest.json" ] && grep -q -F "\"sha256:$digest\"" log/*/files/"$document" ||
            tell bad "$path is no record that a document of this pack names"
    done
}
