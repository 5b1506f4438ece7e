package lint

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// pureRoom says how pure the packages under one path must be. The root package and
// query may use floating point and maps: they decide no state.
type pureRoom struct {
	path           string
	floats, orders bool     // also without floating point, without unordered walks
	allow          []string // imports that this room alone may have
}

// pureRooms are the packages that promise to be functions of their input. The first
// room that holds a package decides.
var pureRooms = []pureRoom{
	{path: "fsm/table", floats: true, orders: true, allow: []string{"sync", "sync/atomic"}},
	{path: "fsm", floats: true, orders: true},
	{path: "coordination", floats: true, orders: true},
	{path: "dht", floats: true, orders: true},
	{path: "query", orders: true},
	{path: "access", orders: true},
	{path: "placement", orders: true},
	{path: "mailbox", floats: true, orders: true},
	{path: "fleet", orders: true},
	{path: "scaling", floats: true, orders: true},
	{path: "agentpool/memory", floats: true, orders: true},
	{path: "."},
}

// outside are the imports that no pure package has.
var outside = []string{"math/rand", "math/rand/v2", "crypto/rand", "os", "os/exec", "os/signal", "io/ioutil", "net", "net/http",
	"sync", "sync/atomic", "log", "log/slog", "runtime", "syscall", "unsafe"}

// clocks are the functions of package time that look at or wait for the clock.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// room returns the rules for the package at rel, or nil.
func roomOf(rel string) *pureRoom {
	for i, r := range pureRooms {
		if rel == r.path || (r.path != "." && strings.HasPrefix(rel, r.path+"/")) {
			return &pureRooms[i]
		}
	}
	return nil
}

// checkPure type-checks the pure packages and reports where they touch the world.
func (t *Tree) checkPure() []Finding {
	var patterns []string
	for _, p := range t.Packages {
		if roomOf(p.Path) != nil && p.hasCode() {
			patterns = append(patterns, "./"+p.Path)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	loaded, err := packages.Load(&packages.Config{
		Dir: t.Dir,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile | packages.NeedModule,
	}, patterns...)
	if err != nil {
		return []Finding{{Rule: RuleBuild, Where: ".", Size: 1, File: ".", Text: err.Error()}}
	}
	var out []Finding
	for _, p := range loaded {
		rel := "."
		if r, inside := strings.CutPrefix(p.PkgPath, t.Module+"/"); inside {
			rel = r
		}
		if len(p.Errors) > 0 {
			out = append(out, Finding{Rule: RuleBuild, Where: rel, Size: 1, File: rel, Text: p.Errors[0].Error()})
			continue
		}
		out = append(out, checkPurePackage(rel, roomOf(rel), p)...)
	}
	return out
}

func checkPurePackage(rel string, room *pureRoom, p *packages.Package) []Finding {
	var out []Finding
	for _, file := range p.Syntax {
		c := &pureCheck{room: room, info: p.TypesInfo, fset: p.Fset, marks: orderFree(p.Fset, file)}
		c.name = path.Join(rel, path.Base(p.Fset.Position(file.Package).Filename))
		for _, imp := range file.Imports {
			if s := importPath(imp); slices.Contains(outside, s) && !slices.Contains(room.allow, s) {
				c.report(RuleImport, imp.Pos(), "pure package imports "+s)
			}
		}
		ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
			c.node(n, stack)
			return true
		})
		out = append(out, c.found...)
	}
	return out
}

// pureCheck walks one file.
type pureCheck struct {
	room  *pureRoom
	info  *types.Info
	fset  *token.FileSet
	marks map[int]bool // lines whose walk is excused
	name  string
	found []Finding
}

func (c *pureCheck) report(rule string, pos token.Pos, text string) {
	line := c.fset.Position(pos).Line
	if n := len(c.found); n > 0 && c.found[n-1].Rule == rule && c.found[n-1].Line == line {
		return
	}
	c.found = append(c.found, Finding{Rule: rule, Where: c.name, Size: 1, File: c.name, Line: line, Text: text})
}

func (c *pureCheck) node(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.report(RuleGo, n.Pos(), "pure package starts a goroutine")
	case *ast.RangeStmt:
		if c.isMap(n.X) {
			c.order(n.Pos(), "range over a map")
		}
	case *ast.CallExpr:
		c.call(n, stack)
	}
	if e, ok := n.(ast.Expr); ok && c.room.floats && isFloat(c.info.Types[e]) {
		c.report(RuleFloat, e.Pos(), "floating point in replicated state")
	}
}

// call reports clocks, and walks over maps by iterator unless a sort takes them.
func (c *pureCheck) call(n *ast.CallExpr, stack []ast.Node) {
	from, name := c.callee(n)
	switch {
	case from == "time" && slices.Contains(clocks, name):
		c.report(RuleCall, n.Pos(), "pure package calls time."+name)
	case from == "maps" && (name == "Keys" || name == "Values" || name == "All"):
		if parent, ok := stack[len(stack)-1].(*ast.CallExpr); ok {
			if p, sorted := c.callee(parent); p == "slices" && strings.HasPrefix(sorted, "Sorted") {
				return
			}
		}
		c.order(n.Pos(), "maps."+name)
	}
}

// callee returns the package and name of a called package function.
func (c *pureCheck) callee(n *ast.CallExpr) (from, name string) {
	sel, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	f, ok := c.info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
		return "", ""
	}
	return f.Pkg().Path(), f.Name()
}

func (c *pureCheck) order(pos token.Pos, text string) {
	if c.room.orders && !c.marks[c.fset.Position(pos).Line] {
		c.report(RuleOrder, pos, text+` without a comment "order-free: why"`)
	}
}

func (c *pureCheck) isMap(e ast.Expr) bool {
	t := c.info.TypeOf(e)
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

func isFloat(tv types.TypeAndValue) bool {
	if tv.Type == nil {
		return false
	}
	b, ok := tv.Type.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

// orderFree returns the lines that a comment "order-free: why" stands on or above.
func orderFree(fset *token.FileSet, file *ast.File) map[int]bool {
	marks := map[int]bool{}
	for _, group := range file.Comments {
		if _, why, found := strings.Cut(group.Text(), "order-free:"); found && strings.TrimSpace(why) != "" {
			marks[fset.Position(group.Pos()).Line] = true
			marks[fset.Position(group.End()).Line+1] = true
		}
	}
	return marks
}

func importPath(imp *ast.ImportSpec) string {
	s, err := strconv.Unquote(imp.Path.Value)
	if err != nil {
		return imp.Path.Value
	}
	return s
}
