// Command tlog judges a log that Muster wrote by Go's own packages for such logs, those of the Go
// checksum database (golang.org/x/mod/sumdb/tlog and note), which share no code with Muster.
//
//	tlog verify DIR   checks a log: its checkpoints, tiles, entries and proofs
//	tlog sign DIR     writes go.key and go.note, a note over DIR/text signed with a new key
//
// It prints one line and exits with 0 when all is well, and with 1 and the reason when it is not.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// log is a directory in the layout of C2SP's tlog-tiles. tlog writes the height of tiles into
// their paths, C2SP does not.
type log struct {
	dir  string
	read map[string][]byte
}

func (l log) Height() int                     { return tileHeight }
func (l log) SaveTiles([]tlog.Tile, [][]byte) {}

func (l log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
		if l.read[path] == nil {
			data, err := os.ReadFile(filepath.Join(l.dir, path))
			if err != nil {
				return nil, err
			}
			l.read[path] = data
		}
		out = append(out, l.read[path])
	}
	return out, nil
}

// checkpoint opens a note with the log's key and reads its tree head.
func (l log) checkpoint(name string, key note.Verifier) (tlog.Tree, error) {
	var tree tlog.Tree
	signed, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return tree, fmt.Errorf("%s: %w", name, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() || lines[3] != "" {
		return tree, fmt.Errorf("%s: not origin, size and root: %q", name, opened.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// entries reads the leaves out of their bundles.
func (l log) entries(size int64) ([][]byte, error) {
	var leaves [][]byte
	for int64(len(leaves)) < size {
		tile := tlog.Tile{H: tileHeight, L: -1, N: int64(len(leaves)) >> tileHeight, W: 1 << tileHeight}
		if left := size - int64(len(leaves)); left < int64(tile.W) {
			tile.W = int(left)
		}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", tileHeight), "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(l.dir, path))
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut short", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, data[2:end])
			data = data[end:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s goes on", path)
		}
	}
	return leaves, nil
}

// proof is one of Muster's, of either kind.
type proof struct {
	Hashes    []tlog.Hash `json:"hashes"`
	LeafIndex *int64      `json:"leaf_index"`
	TreeSize  int64       `json:"tree_size"`
	OldSize   int64       `json:"old_size"`
	NewSize   int64       `json:"new_size"`
}

// checkProofs checks Muster's proofs, one a line, against roots by size.
func (l log) checkProofs(roots map[int64]tlog.Hash, leaves [][]byte) (int, error) {
	file, err := os.Open(filepath.Join(l.dir, "proofs"))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	count := 0
	for lines := bufio.NewScanner(file); lines.Scan(); count++ {
		var p proof
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return count, err
		}
		if p.LeafIndex != nil {
			leaf := tlog.RecordHash(leaves[*p.LeafIndex])
			err = tlog.CheckRecord(p.Hashes, p.TreeSize, roots[p.TreeSize], *p.LeafIndex, leaf)
		} else {
			err = tlog.CheckTree(p.Hashes, p.NewSize, roots[p.NewSize], p.OldSize, roots[p.OldSize])
		}
		if err != nil {
			return count, fmt.Errorf("proof %s: %w", lines.Text(), err)
		}
	}
	return count, nil
}

// checkLeaves builds Go's tree over the leaves and compares the root.
func checkLeaves(tree tlog.Tree, leaves [][]byte) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, stored[index])
		}
		return out, nil
	})
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	if root, err := tlog.TreeHash(tree.N, reader); err != nil || root != tree.Hash {
		return fmt.Errorf("the leaves have the root %v (%v)", root, err)
	}
	return nil
}

// checkTiles makes Go's proofs out of Muster's tiles, which it compares with the root as it reads
// them: that leaves are in the tree (each of the first ones, then some: tlog hashes whole tiles
// every time), and that the older trees are its beginning.
func (l log) checkTiles(tree tlog.Tree, roots map[int64]tlog.Hash, leaves [][]byte) error {
	tiles := tlog.TileHashReader(tree, l)
	for i := range leaves {
		if i > 1500 && i%211 != 0 && i < len(leaves)-20 {
			continue
		}
		path, err := tlog.ProveRecord(tree.N, int64(i), tiles)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(leaves[i])
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, int64(i), leaf); err != nil {
			return fmt.Errorf("leaf %d: %w", i, err)
		}
	}
	for size, root := range roots {
		path, err := tlog.ProveTree(tree.N, size, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(path, tree.N, tree.Hash, size, root); err != nil {
			return fmt.Errorf("from %d: %w", size, err)
		}
	}
	return nil
}

func verify(dir string) error {
	l := log{dir, map[string][]byte{}}
	text, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(string(text))
	if err != nil {
		return err
	}
	tree, err := l.checkpoint("checkpoint", key)
	if err != nil {
		return err
	}
	older, err := filepath.Glob(filepath.Join(dir, "checkpoint.*"))
	if err != nil {
		return err
	}
	roots := map[int64]tlog.Hash{tree.N: tree.Hash}
	for _, name := range older {
		old, err := l.checkpoint(filepath.Base(name), key)
		if err != nil {
			return err
		}
		roots[old.N] = old.Hash
	}
	leaves, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	if err := checkLeaves(tree, leaves); err != nil {
		return err
	}
	if err := l.checkTiles(tree, roots, leaves); err != nil {
		return err
	}
	proofs, err := l.checkProofs(roots, leaves)
	if err != nil {
		return err
	}
	fmt.Printf("%d leaves, %d checkpoints, %d proofs\n", len(leaves), len(roots), proofs)
	return nil
}

func sign(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "text"))
	if err != nil {
		return err
	}
	secret, public, err := note.GenerateKey(rand.Reader, "go.example.org/log")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.key"), []byte(public), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.note"), signed, 0o600)
}

func main() {
	err := errors.New("usage: tlog verify|sign DIR")
	if len(os.Args) == 3 && os.Args[1] == "verify" {
		err = verify(os.Args[2])
	} else if len(os.Args) == 3 && os.Args[1] == "sign" {
		err = sign(os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlog:", err)
		os.Exit(1)
	}
}
