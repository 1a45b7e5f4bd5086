// Makes the files beside it with Go's own transparency log, golang.org/x/mod/sumdb: an oracle for src/log.
//
// They were made on Debian 12 (packages golang-go 1.19 and golang-golang-x-mod-dev 0.7.0), in this folder, with
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run make.go
//
// Tests only read the files; nothing here runs on a build machine. Leaf i of every tree is the text "leaf i\n".
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const leaves = 70000

var hashes []tlog.Hash

var reader = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = hashes[index]
	}
	return out, nil
})

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func write(name string, text *bytes.Buffer) {
	if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func main() {
	for i := int64(0); i < leaves; i++ {
		hashes = append(hashes, must(tlog.StoredHashes(i, []byte(fmt.Sprintf("leaf %d\n", i)), reader))...)
	}
	roots()
	proofs()
	tiles()
	notes()
}

// A line a tree: size, root.
func roots() {
	var text bytes.Buffer
	for size := int64(1); size <= 300; size++ {
		fmt.Fprintln(&text, size, must(tlog.TreeHash(size, reader)))
	}
	for _, size := range []int64{511, 512, 513, 65535, 65536, 65537, leaves} {
		fmt.Fprintln(&text, size, must(tlog.TreeHash(size, reader)))
	}
	write("roots.txt", &text)
}

// A line a proof: 'inclusion INDEX SIZE HASH…' or 'consistency OLD NEW HASH…'.
func proofs() {
	var text bytes.Buffer
	inclusion := func(index, size int64) {
		fmt.Fprint(&text, "inclusion ", index, " ", size)
		for _, hash := range must(tlog.ProveRecord(size, index, reader)) {
			fmt.Fprint(&text, " ", hash)
		}
		fmt.Fprintln(&text)
	}
	consistency := func(old, size int64) {
		fmt.Fprint(&text, "consistency ", old, " ", size)
		for _, hash := range must(tlog.ProveTree(size, old, reader)) {
			fmt.Fprint(&text, " ", hash)
		}
		fmt.Fprintln(&text)
	}
	for size := int64(1); size <= 18; size++ {
		for index := int64(0); index < size; index++ {
			inclusion(index, size)
			consistency(index+1, size)
		}
	}
	for _, size := range []int64{255, 256, 257, 65537, leaves} {
		for _, index := range []int64{0, 1, 127, 128, 254, size - 1} {
			inclusion(index, size)
			consistency(index+1, size)
		}
	}
	write("proofs.txt", &text)
}

// A line a tile: size of the tree, Go's path (with the height 8 in it, which C2SP leaves out), SHA-256 of the bytes.
func tiles() {
	var text bytes.Buffer
	for _, size := range []int64{1, 257, 600, leaves} {
		for _, tile := range tlog.NewTiles(8, 0, size) {
			data := must(tlog.ReadTileData(tile, reader))
			fmt.Fprintf(&text, "%d %s %x\n", size, tile.Path(), sha256.Sum256(data))
		}
	}
	write("tiles.txt", &text)
}

// A checkpoint of the log's key (seed: 32 times 1), cosigned by a witness (seed: 32 times 2) at 1700000000.
// The cosignature is made by hand after c2sp.org/tlog-cosignature, which Go's library does not know.
func notes() {
	const name, witness = "certreg.example/log", "witness.example/w1"
	secret := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	vkey := must(note.NewEd25519VerifierKey(name, secret.Public().(ed25519.PublicKey)))
	verifier := must(note.NewVerifier(vkey))
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, verifier.KeyHash(),
		base64.StdEncoding.EncodeToString(append([]byte{1}, secret.Seed()...)))
	root := must(tlog.TreeHash(leaves, reader))
	body := fmt.Sprintf("%s\n%d\n%s\n", name, int64(leaves), root)
	signed := must(note.Sign(&note.Note{Text: body}, must(note.NewSigner(skey))))

	cosigner := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	typed := append([]byte{4}, cosigner.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256([]byte(witness + "\n" + string(typed)))
	raw := binary.BigEndian.AppendUint64(append([]byte{}, id[:4]...), 1700000000)
	raw = append(raw, ed25519.Sign(cosigner, []byte("cosignature/v1\ntime 1700000000\n"+body))...)
	signed = append(signed, fmt.Sprintf("— %s %s\n", witness, base64.StdEncoding.EncodeToString(raw))...)

	// Go reads it back, and passes over the witness that it does not know.
	must(note.Open(signed, note.VerifierList(verifier)))
	write("checkpoint.txt", bytes.NewBuffer(signed))
	keys := fmt.Sprintf("%s\n%s+%x+%s\n", vkey, witness, id[:4], base64.StdEncoding.EncodeToString(typed))
	write("keys.txt", bytes.NewBufferString(keys))
}
