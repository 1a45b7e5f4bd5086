# The log in an evidence pack: one checkpoint, signed as the trust policy asks, and every entry in its tree. Read with '.'
# by verify.sh.

# hex BASE64: the bytes in hex.
hex() {
    printf %s "$1" | base64 -d 2> /dev/null | od -An -v -tx1 | tr -d ' \n'
}

# read_checkpoint: that of the first entry.
read_checkpoint() {
    first=$(head -n 1 "$work/entries")
    sed '1,/^$/d' "log/$first/proof" > "$work/checkpoint"
    sed '/^$/,$d' "$work/checkpoint" > "$work/body"
    [ "$(wc -l < "$work/body")" -eq 3 ] || reject 'the checkpoint is not written as it must be'
    origin=$(sed -n 1p "$work/body") size=$(sed -n 2p "$work/body") tree=$(hex "$(sed -n 3p "$work/body")")
    case $size in '' | *[!0-9]* | ????????????????*) reject 'the checkpoint does not say how many entries there are' ;; esac
}

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
judge_checkpoint() {
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
}

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

# judge_entries: every entry's proof, under that one checkpoint.
judge_entries() {
    while read -r index; do
        [ "$(sed -n 1,2p "log/$index/proof")" = "c2sp.org/tlog-proof@v1${newline}index $index" ] ||
            reject "entry $index: its proof is for another entry"
        sed '1,/^$/d' "log/$index/proof" | cmp -s - "$work/checkpoint" ||
            reject "entry $index: its proof is for another state of the log"
        included "$index" || reject "entry $index is not shown to be in the log"
    done < "$work/entries"
    tell good "the log of $size entries holds every entry of this pack; $witnesses witness(es) signed beside the log"
}
