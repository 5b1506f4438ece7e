package lint

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"strings"
)

// The lengths above which a reader loses the thread. Functions and files count every
// line, tests too; packages count lines of code outside tests.
const (
	FunctionLinesMax = 70
	FileLinesMax     = 400
	PackageLinesMax  = 1500
)

// checkLengths reports what has grown too long.
func (t *Tree) checkLengths(p *Package) []Finding {
	var out []Finding
	code := 0
	for _, f := range p.Files {
		if n := strings.Count(f.Source, "\n"); n > FileLinesMax {
			out = append(out, tooLong(RuleFile, f.Name, f.Name, 0, n, FileLinesMax))
		}
		for _, d := range f.Syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first := t.line(fn.Pos())
			if n := t.line(fn.End()) - first + 1; n > FunctionLinesMax {
				out = append(out, tooLong(RuleFunction, f.Name+" "+funcName(fn), f.Name, first, n, FunctionLinesMax))
			}
		}
		if !f.Test {
			code += codeLines(f.Source)
		}
	}
	if code > PackageLinesMax {
		out = append(out, tooLong(RulePackage, p.Path, p.Path, 0, code, PackageLinesMax))
	}
	return out
}

func tooLong(rule, where, file string, line, n, most int) Finding {
	return Finding{Rule: rule, Where: where, Size: n, File: file, Line: line, Text: fmt.Sprintf("%s: %d lines; at most %d", where, n, most)}
}

// codeLines counts the lines that hold more than comments and blanks.
func codeLines(source string) int {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, 0)
	lines, last := 0, 0
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue
		}
		first := file.Line(pos)
		end := first + strings.Count(text, "\n")
		lines += end - max(first-1, last)
		last = end
	}
}
