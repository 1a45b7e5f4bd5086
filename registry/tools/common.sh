# What the scripts beside this one share. They read it with '.'; by itself it does nothing.
#
# Needs a POSIX shell, git (2.34 or newer), ssh-keygen (OpenSSH 9.1 or newer: older ones read no times in UTC), and
# sed, awk, grep, sort, uniq, cut, paste, tr, fold, od, cmp, comm, base64 and mktemp as every Unix has them; sha256sum,
# or shasum as a Mac has it.
#
# What is read may have been written by somebody who wants to deceive. So nothing that is read is ever run, every
# name from outside is held against a pattern before it is used or shown, and nothing else of a file is shown.
#
# Every script ends with one of these codes:
#   0  everything holds, by what is known today
#   1  something is BAD: do not rely on it
#   2  there is nothing to check: nothing had been published by then
#   3  the question was wrong, or this is no whole clone
#   4  everything held when it was published, but a key has been reported unsafe since, for the time of a signature
set -eu
umask 077
export LC_ALL=C TZ=UTC0
readonly newline='
' tab='	'
bad=0 unsafe=0

# stop TEXT: for questions that cannot be answered.
stop() {
    printf '%s\n' "$1" >&2
    exit 3
}

# Git without what a user's settings or leftovers in the clone could change in its answers.
repo() {
    GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null/none git --literal-pathspecs -c core.commitGraph=false -c core.quotePath=true \
        -c log.showSignature=false -c log.showRoot=true "$@"
}

if command -v sha256sum > /dev/null 2>&1; then
    sha256() { sha256sum | cut -c1-64; }
else
    sha256() { shasum -a 256 | cut -c1-64; }
fi

# at_least WANTED FOUND: whether a version such as 2.34 is reached; what is no version counts as too old.
at_least() {
    case $2 in
        *.*) [ "${2%%.*}" -gt "${1%%.*}" ] || { [ "${2%%.*}" -eq "${1%%.*}" ] && [ "${2#*.}" -ge "${1#*.}" ]; } ;;
        *) return 1 ;;
    esac
}

# Older versions would give wrong answers: they read no times of keys, or no signatures of commits.
check_versions() {
    git_version=$(git --version | sed -n 's/^git version \([0-9]*[.][0-9]*\).*/\1/p')
    at_least 2.34 "$git_version" || stop "git 2.34 or newer is needed, this is ${git_version:-another one}."
    # ssh-keygen does not tell its own version; ssh comes with it nearly everywhere.
    command -v ssh > /dev/null 2>&1 || return 0
    ssh_version=$(ssh -V 2>&1 | sed -n 's/^OpenSSH_[A-Za-z_]*\([0-9]*[.][0-9]*\).*/\1/p')
    at_least 9.1 "$ssh_version" || stop "OpenSSH 9.1 or newer is needed, this is ${ssh_version:-another one}."
}

# begin: a folder for work, the head of main, and $work/history, a line a commit, oldest first:
# COMMIT SECONDS YYYYMMDDHHMMSSZ PARENT (none for the first).
begin() {
    check_versions
    head=$(repo rev-parse --verify --quiet 'refs/heads/main^{commit}') ||
        stop 'There is no branch main: run this inside a clone.'
    [ "$(repo rev-parse --is-shallow-repository)" = false ] || stop 'This clone is shallow: clone the whole history.'
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    repo log --first-parent --reverse --date=format-local:%Y%m%d%H%M%SZ --format='%H %ct %cd %P' "$head" \
        > "$work/history"
    read -r genesis rest < "$work/history"
    authority_now=$work/authority-now
    blob "$head" authority/allowed_signers "$authority_now" || stop 'main has no authority/allowed_signers.'
    registry=$(field "$work/authority-now" authority)
    case $registry in
        '' | *[!a-z0-9.-]*) stop 'authority/allowed_signers does not say whose registry this is.' ;;
    esac
    registry_pattern=$(printf %s "$registry" | sed 's/[.]/[.]/g')
}

# tell good|unsafe|bad TEXT: one line of the answer.
tell() {
    case $1 in
        good) printf 'good then, good now: %s\n' "$2" ;;
        unsafe) unsafe=$((unsafe + 1)) && printf 'good then, UNSAFE now: %s\n' "$2" ;;
        *) bad=$((bad + 1)) && printf 'BAD: %s\n' "$2" ;;
    esac
}

# take STATUS: counts what another script found.
take() {
    case $1 in
        0) ;;
        4) unsafe=$((unsafe + 1)) ;;
        *) bad=$((bad + 1)) ;;
    esac
}

# code: the exit code for what was told.
code() {
    if [ "$bad" -gt 0 ]; then
        echo 1
    elif [ "$unsafe" -gt 0 ]; then
        echo 4
    else
        echo 0
    fi
}

# worse VERDICT REASON: makes the verdict of a function worse, never better; the first reason stays.
worse() {
    case $verdict$1 in
        *good) ;;
        good* | unsafebad) verdict=$1 why=$2 ;;
    esac
}

# blob COMMIT PATH FILE: the exact bytes of a file as it was in a commit.
blob() {
    repo cat-file blob "$1:$2" > "$3" 2> /dev/null
}

# steps PATH COMMIT FILE: writes 'COMMIT SECONDS' of every commit up to this one that changed the file, oldest first.
steps() {
    repo log --first-parent --reverse --format='%H %ct' "$2" -- "$1" > "$3"
}

# of_history COMMIT: sets $seconds, $when and $parent.
of_history() {
    grep "^$1 " "$work/history" > "$work/line" || return 1
    read -r commit_read seconds when parent < "$work/line"
}

# readable YYYYMMDDHHMMSSZ: the same as 2024-07-01T22:59:59Z.
readable() {
    printf '%s\n' "$1" | sed 's/^\(....\)\(..\)\(..\)\(..\)\(..\)/\1-\2-\3T\4:\5:/'
}

# leaf COMMIT INDEX YYYYMMDDHHMMSSZ FILE: writes the leaf of a commit: what it brought in.
leaf() {
    blob "$1" registry.json "$work/registry" || stop "Commit $1 has no registry.json."
    repo diff-tree -r --root --no-commit-id --no-renames --name-only "$1" | sort > "$work/paths"
    {
        printf '%s/leaf/v1\n' "$(text "$work/registry" registry)"
        printf 'index %s\ntime %s\ncommit %s\n\n' "$2" "$3" "$1"
        while IFS= read -r path; do
            blob "$1" "$path" "$work/file" || stop "Commit $1 removes a file: it is none of the registry."
            printf '%s  %s\n' "$(sha256 < "$work/file")" "$path"
        done < "$work/paths"
    } > "$4"
}

# plain FILE: a text without control characters (but line feeds) that ends in a line feed.
plain() {
    [ -s "$1" ] && [ "$(tr -d '\12\40-\176\200-\377' < "$1" | wc -c)" -eq 0 ] && [ -z "$(tail -c 1 "$1")" ]
}

# text FILE NAME: the value of a member of the outermost object; nothing unless it stands there exactly once.
# (Documents are written in one way only: a member a line, two spaces deeper for every object around it.)
text() {
    once "$(sed -n "s/^  \"$2\": \"\([^\"\\\\]*\)\",\{0,1\}\$/\1/p" "$1")"
}

# number FILE NAME: the same for a number.
number() {
    once "$(sed -n "s/^  \"$2\": \([0-9]*\),\{0,1\}\$/\1/p" "$1")"
}

# inside FILE OBJECT NAME: the same for a text inside an object inside the outermost one.
inside() {
    once "$(sed -n "/^  \"$2\": {\$/,/^  }/s/^    \"$3\": \"\([^\"\\\\]*\)\",\{0,1\}\$/\1/p" "$1")"
}

once() {
    case $1 in
        *"$newline"*) ;;
        *) printf %s "$1" ;;
    esac
}

# field FILE NAME: a value in the first line of a key file.
field() {
    sed -n "1s/^# certreg .* $2=\([^ ]*\).*\$/\1/p" "$1"
}

# as_hex: what comes in, as hexadecimal digits.
as_hex() {
    od -An -v -tx1 | tr -d ' \n'
}

# armoured FILE NAMESPACE: a signature as ssh-keygen writes it, to the byte: one Ed25519 signature, SHA-512, for this
# namespace, its number not over the group's order. (ssh-keygen itself also reads a signature with other text behind it,
# another digest, or the same signature with the order added; the registry does not, and neither does this.)
armoured() {
    sed -e 1d -e '$d' "$1" | tr -cd 'A-Za-z0-9+/=' | base64 --decode > "$work/framed" 2> /dev/null || return 1
    {
        echo '-----BEGIN SSH SIGNATURE-----'
        base64 < "$work/framed" | tr -d '\n' | fold -w 70
        printf '\n%s\n' '-----END SSH SIGNATURE-----'
    } | cmp -s - "$1" || return 1
    kind=0000000b$(printf ssh-ed25519 | as_hex)
    named=$(printf %08x "${#2}")$(printf %s "$2" | as_hex)
    digest=00000006$(printf sha512 | as_hex)
    shape="$(printf SSHSIG | as_hex)0000000100000033${kind}00000020[0-9a-f]{64}$named"
    shape="${shape}00000000${digest}00000053${kind}00000040[0-9a-f]{126}0[0-9a-f]"
    { as_hex < "$work/framed" && echo; } | grep -q -x -E "$shape"
}

# signed KEYS PRINCIPAL NAMESPACE WHEN SIGNATURE DATA: whether it is a good signature at that time; $by is its key.
signed() {
    by=
    armoured "$5" "$3" || return 1
    ssh-keygen -Y verify -f "$1" -I "$2" -n "$3" -s "$5" -Overify-time="$4" < "$6" > "$work/answer" 2>&1 || return 1
    by=$(sed -n 's/^Good .* with [A-Z0-9]* key \(SHA256:[A-Za-z0-9+\/]*\)$/\1/p' "$work/answer")
    [ -n "$by" ]
}

# judge KEYS_THEN KEYS_NOW PRINCIPAL NAMESPACE WHEN SIGNATURE DATA: as 'signed', by what was known then and is known
# now; sets $judged to good, unsafe or bad, and unless it is bad, $by.
judge() {
    judged=bad
    signed "$1" "$3" "$4" "$5" "$6" "$7" || return 0
    judged=good signed_by=$by
    cmp -s "$1" "$2" || signed "$2" "$3" "$4" "$5" "$6" "$7" || judged=unsafe
    by=$signed_by
}

# authority_at COMMIT: $keys is a copy of the authority file in force when this commit was made: that of the commit
# before, and for the first commit its own. Sets $when and the others of of_history, too.
authority_at() {
    of_history "$1" || return 1
    keys=$work/authority-before-$1
    [ -s "$keys" ] || blob "${parent:-$1}" authority/allowed_signers "$keys"
}

# check_commit COMMIT: sets $verdict and $why. A commit is signed by the registry's key of that time, has only the
# headers that the registry writes, follows the commit before it in time, and adds or replaces plain files; a
# signature comes with what it signs.
check_commit() {
    verdict=good why=
    authority_at "$1" || { worse bad "commit $1 is not on main, or there is no authority file before it" && return 0; }
    repo cat-file commit "$1" > "$work/commit"
    names=$(sed '/^$/q' "$work/commit" | sed 's/ .*//' | tr '\n' ' ')
    after=${names#"tree ${parent:+parent }author committer gpgsig "}
    people=$(sed -n '/^$/q;s/^author //p;s/^committer //p' "$work/commit")
    who="certreg <registry@$registry> $seconds +0000"
    if [ "$after" = "$names" ] || [ -n "$(printf %s "$after" | tr -d ' ')" ] ||
        [ "$people" != "$who$newline$who" ]; then
        worse bad "commit $1 is not written as the registry writes commits"
    fi
    sed -n -e '/^$/q' -e 's/^gpgsig //p' -e 's/^ //p' "$work/commit" > "$work/commit.sig"
    sed -e '1,/^$/{' -e '/^gpgsig /d' -e '/^ /d' -e '}' "$work/commit" > "$work/commit.signed"
    judge "$keys" "$work/authority-now" "registry@$registry" git "$when" "$work/commit.sig" "$work/commit.signed"
    case $judged in
        unsafe) worse unsafe "commit $1 is signed with a key of the registry that has been reported unsafe since" ;;
        bad) worse bad "commit $1 is not signed by a key of the registry that counted then" ;;
    esac
    check_files "$1"
    rm -f "$keys"
}

check_files() {
    repo diff-tree -r --root --no-commit-id --no-renames "$1" > "$work/changes"
    change=":(000000|100644) 100644 [0-9a-f]{40} [0-9a-f]{40} [AM]${tab}[A-Za-z0-9._/-]+"
    if grep -q -v -x -E "$change" "$work/changes"; then
        worse bad "commit $1 removes a file, or brings one of another kind or name than the registry writes"
    fi
    cut -f 2 "$work/changes" | sort > "$work/changed"
    ! odd_names < "$work/changed" || worse bad "commit $1 brings a file of a name that Git or Windows keep for themselves"
    sed -n -E 's/[.](sig[0-9]*|countersig|oldsig)$//p' "$work/changed" | sort -u > "$work/signed-files"
    if comm -23 "$work/signed-files" "$work/changed" | grep -q .; then
        worse bad "commit $1 replaces a signature without what it signs"
    fi
}

# slug TEXT: whether it can be the id of a supplier, a service or an edition.
slug() {
    case $1 in
        '' | ? | *[!a-z0-9-]* | -* | *- | *--* | supplier | keys | case) return 1 ;;
        con | prn | aux | nul | com[0-9] | lpt[0-9]) return 1 ;;
    esac
    [ "${#1}" -le 40 ]
}

# odd_names: whether one of the paths that come in, a line each, is not as the registry writes them, or has a name that
# Git or Windows keep for themselves.
odd_names() {
    tr A-Z a-z | grep -q -E '[^a-z0-9._/-]|^/|//|/$|^$|.{201}|[.](/|$)|(^|/)([.]git(modules)?(/|$)|git~|(con|prn|aux|nul|com[0-9]|lpt[0-9])([./]|$))'
}

# octal HEX: sets $escaped to what printf turns into these bytes.
octal() {
    escaped= rest=$1
    while [ -n "$rest" ]; do
        after=${rest#??}
        byte=$((0x${rest%"$after"}))
        escaped=$escaped\\$((byte / 64))$((byte / 8 % 8))$((byte % 8))
        rest=$after
    done
}

# node LEFT RIGHT: the hash of two hashes of the log's tree, all in hex (RFC 6962, 2.1).
node() {
    octal "01$1$2"
    printf "$escaped" | sha256
}
