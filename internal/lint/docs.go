package lint

import (
	"go/ast"
	"iter"
	"path"
	"strings"
)

// checkDocs reports packages without doc.go or example, and exported names about
// which nothing is said.
func (t *Tree) checkDocs(p *Package) []Finding {
	if !p.hasCode() {
		return nil
	}
	var out []Finding
	documented, example, exports := false, false, false
	for _, f := range p.Files {
		documented = documented || path.Base(f.Name) == "doc.go" && f.Syntax.Doc != nil
		example = example || f.Test && strings.Contains(f.Source, "\nfunc Example")
		if !f.Test && !p.isMain() {
			exports = exports || exported(f.Syntax)
			out = append(out, t.checkNames(f)...)
		}
	}
	if !documented {
		out = append(out, Finding{Rule: RuleDoc, Where: p.Path, Size: 1, File: p.Path, Text: "no doc.go with a package comment"})
	}
	if exports && !example {
		out = append(out, Finding{Rule: RuleExample, Where: p.Path, Size: 1, File: p.Path, Text: "no runnable example"})
	}
	return out
}

func (t *Tree) checkNames(f *File) []Finding {
	var out []Finding
	missing := func(n ast.Node, where, name string) {
		out = append(out, Finding{Rule: RuleNamed, Where: f.Name + " " + where, Size: 1, File: f.Name, Line: t.line(n.Pos()), Text: name + " is not documented"})
	}
	for _, d := range f.Syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
				missing(d, d.Name.Name, funcName(d))
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if name := undocumented(d, s); name != "" {
					missing(s, name, name)
				}
			}
		}
	}
	return out
}

// undocumented returns the exported name in s that neither it nor its group explains.
// A type needs a comment of its own unless it stands alone.
func undocumented(d *ast.GenDecl, s ast.Spec) string {
	switch s := s.(type) {
	case *ast.TypeSpec:
		alone := len(d.Specs) == 1 && d.Doc != nil
		if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && !alone {
			return s.Name.Name
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				return n.Name
			}
		}
	}
	return ""
}

// exported reports whether a file declares anything that other packages see.
func exported(file *ast.File) bool {
	for name := range declared(file) {
		if ast.IsExported(name) {
			return true
		}
	}
	return false
}

// declared yields the names that a file declares at its top.
func declared(file *ast.File) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && !yield(fn.Name.Name) {
				return
			}
			group, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range group.Specs {
				for _, name := range specNames(s) {
					if !yield(name.Name) {
						return
					}
				}
			}
		}
	}
}

func specNames(s ast.Spec) []*ast.Ident {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{s.Name}
	case *ast.ValueSpec:
		return s.Names
	}
	return nil
}

// exportedReceiver reports whether d is a function, or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	return d.Recv == nil || ast.IsExported(receiver(d))
}

// receiver returns the name of d's receiver type, or "".
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// funcName returns "Name" or "Type.Name".
func funcName(d *ast.FuncDecl) string {
	if r := receiver(d); r != "" {
		return r + "." + d.Name.Name
	}
	return d.Name.Name
}
