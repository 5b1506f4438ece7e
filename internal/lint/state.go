package lint

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// makers are the calls whose result is a table: built once, never changed.
var makers = []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "crc32.MakeTable", "crc64.MakeTable",
	"strings.NewReplacer", "template.Must", "time.Unix"}

// checkState reports init functions, package variables that are neither errors nor
// tables, any where a type would say more, sleeping tests, and bubbles that the race
// detector does not stand.
func (t *Tree) checkState(p *Package) []Finding {
	var out []Finding
	for _, f := range p.Files {
		add := func(rule, where string, n ast.Node, text string) {
			out = append(out, Finding{Rule: rule, Where: strings.TrimSpace(f.Name + " " + where), Size: 1, File: f.Name, Line: t.line(n.Pos()), Text: text})
		}
		for _, d := range f.Syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					add(RuleInit, "", d, "init runs behind the reader's back")
				}
			case *ast.GenDecl:
				if f.Test || embedded(d) {
					continue // a test's variables, such as flags, are in no product
				}
				for _, name := range variables(d) {
					add(RuleVariable, name.Name, name, "package variable "+name.Name+" is neither an error nor a table")
				}
			}
		}
		if path.Dir(f.Name) != "internal/bubble" {
			for _, n := range calls(f.Syntax, "synctest.Test") {
				add(RuleBubble, "", n, "synctest.Test crashes the race detector: take bubble.Test")
			}
		}
		if f.Test {
			for _, n := range calls(f.Syntax, "time.Sleep") {
				add(RuleSleep, "", n, "time.Sleep in a test: wait for the thing itself")
			}
			continue
		}
		for _, n := range anys(f.Syntax) {
			add(RuleAny, "", n, "any where a type would say more")
		}
	}
	return out
}

// variables returns the package variables of d that the house does not allow.
func variables(d *ast.GenDecl) []*ast.Ident {
	var out []*ast.Ident
	if d.Tok != token.VAR {
		return nil
	}
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		for i, name := range v.Names {
			var value ast.Expr
			if len(v.Values) == len(v.Names) {
				value = v.Values[i]
			}
			isError := strings.HasPrefix(strings.ToLower(name.Name), "err")
			if name.Name != "_" && !isError && !isTable(v.Type, value) {
				out = append(out, name)
			}
		}
	}
	return out
}

// embedded reports whether the compiler fills d with a file.
func embedded(d *ast.GenDecl) bool {
	return d.Doc != nil && slices.ContainsFunc(d.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// isTable reports whether a declaration is an error, a literal table or a constant
// that Go has no literal for.
func isTable(typ, value ast.Expr) bool {
	if dotted(typ) == "error" {
		return true
	}
	if u, ok := value.(*ast.UnaryExpr); ok && u.Op == token.AND {
		value = u.X
	}
	if _, ok := value.(*ast.CompositeLit); ok {
		return true
	}
	return slices.ContainsFunc(makers, func(m string) bool { return called(value, m) })
}

// called reports whether e is a call of a function whose dotted name begins with prefix.
func called(e ast.Expr, prefix string) bool {
	c, ok := e.(*ast.CallExpr)
	return ok && strings.HasPrefix(dotted(c.Fun), prefix)
}

// dotted returns "pkg.Name" or "Name", "" for other expressions.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	}
	return ""
}

// calls returns the calls of a function by its name in the source.
func calls(file *ast.File, name string) []ast.Node {
	var out []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && dotted(c.Fun) == name {
			out = append(out, n)
		}
		return true
	})
	return out
}

// anys returns the uses of any and interface{}. Constraints of type parameters and
// the arguments of printf-like functions have no other spelling, and Result.Value is
// the one field that the design allows.
func anys(file *ast.File) []ast.Node {
	var out []ast.Node
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Name != "any" {
				return true
			}
		case *ast.InterfaceType:
			if len(n.Methods.List) > 0 {
				return true
			}
		default:
			return true
		}
		if !excusedAny(stack) {
			out = append(out, n)
		}
		return true
	})
	return out
}

func excusedAny(stack []ast.Node) bool {
	parent := stack[len(stack)-1]
	if _, variadic := parent.(*ast.Ellipsis); variadic {
		return true
	}
	field, ok := parent.(*ast.Field)
	if !ok {
		return false
	}
	list, ok := stack[len(stack)-2].(*ast.FieldList)
	if !ok {
		return false
	}
	switch owner := stack[len(stack)-3].(type) {
	case *ast.FuncType:
		return owner.TypeParams == list
	case *ast.TypeSpec:
		return owner.TypeParams == list
	case *ast.StructType:
		spec, named := stack[len(stack)-4].(*ast.TypeSpec)
		return named && spec.Name.Name == "Result" && len(field.Names) == 1 && field.Names[0].Name == "Value"
	}
	return false
}
