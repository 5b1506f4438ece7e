package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is the parsed source of one module.
type Tree struct {
	Dir      string // of go.mod
	Module   string // module path
	Packages []*Package
	Texts    []Text // every other text file
	requires []string
	fset     *token.FileSet
}

// Package is one directory of Go files.
type Package struct {
	Path  string // relative to the module; "." is the root
	Files []*File
}

// File is one Go file.
type File struct {
	Name   string // slash-separated, relative to the module
	Source string
	Test   bool
	Syntax *ast.File
}

// Text is one file that is not Go.
type Text struct{ Name, Source string }

// textBytesMax bounds what is read of files that are not Go: larger ones are data.
const textBytesMax = 1 << 20

// Load reads the module in dir. Directories named testdata or beginning with "_" hold
// no Go for it, and modules inside the module are left out; so are bin, out and
// everything that begins with "." except .ci.
func Load(dir string) (*Tree, error) {
	t := &Tree{Dir: dir, fset: token.NewFileSet()}
	mod, err := readModule(dir)
	if err != nil {
		return nil, err
	}
	t.Module, t.requires = mod.Module.Path, mod.paths()
	byDir := map[string]*Package{}
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			return t.enter(rel)
		}
		if !d.Type().IsRegular() || strings.HasPrefix(path.Base(rel), ".git") {
			return nil
		}
		return t.add(byDir, rel)
	})
	return t, err
}

// enter says whether a directory belongs to the module.
func (t *Tree) enter(rel string) error {
	base := path.Base(rel)
	switch {
	case rel == ".", rel == ".ci":
		return nil
	case base[0] == '.', base[0] == '_', rel == "bin", rel == "out":
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(t.Dir, rel, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func (t *Tree) add(byDir map[string]*Package, rel string) error {
	source, err := os.ReadFile(filepath.Join(t.Dir, rel))
	if err != nil {
		return err
	}
	if !strings.HasSuffix(rel, ".go") || strings.Contains("/"+rel, "/testdata/") {
		if len(source) <= textBytesMax && !strings.Contains(string(source), "\x00") {
			t.Texts = append(t.Texts, Text{rel, string(source)})
		}
		return nil
	}
	syntax, err := parser.ParseFile(t.fset, rel, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("lint: %w", err)
	}
	where := path.Dir(rel)
	if byDir[where] == nil {
		byDir[where] = &Package{Path: where}
		t.Packages = append(t.Packages, byDir[where])
	}
	byDir[where].Files = append(byDir[where].Files, &File{rel, string(source), strings.HasSuffix(rel, "_test.go"), syntax})
	return nil
}

// line returns the line of a position.
func (t *Tree) line(p token.Pos) int { return t.fset.Position(p).Line }

// isMain reports whether p is a program.
func (p *Package) isMain() bool { return p.Files[0].Syntax.Name.Name == "main" }

// hasCode reports whether p has files besides tests.
func (p *Package) hasCode() bool {
	for _, f := range p.Files {
		if !f.Test {
			return true
		}
	}
	return false
}

// Check runs every rule that the source alone decides; arrows come on top.
func (t *Tree) Check() []Finding {
	var out []Finding
	for _, p := range t.Packages {
		out = append(out, t.checkDocs(p)...)
		out = append(out, t.checkLengths(p)...)
		out = append(out, t.checkState(p)...)
		out = append(out, t.checkWords(p)...)
	}
	out = append(out, t.checkPure()...)
	out = append(out, t.checkTexts()...)
	out = append(out, t.checkWitnesses()...)
	out = append(out, t.checkModule()...)
	sortFindings(out)
	return out
}
