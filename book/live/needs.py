"""Tell from the text of a page's cells which of them another one needs."""

import ast


class Names(ast.NodeVisitor):
    """The names that a cell reads, those it reads later, sets, and may change.

    A function reads its names when it is called. What stands before a dot, or is handed
    to something that trains, may be changed by it.
    """

    def __init__(self, source):
        self.reads, self.later, self.sets, self.changes = set(), set(), set(), set()
        self.sure, self.depth = set(), 0
        tree = ast.parse(source)
        for statement in tree.body:
            if isinstance(statement, ast.Assign):
                self.sure |= {
                    n.id for n in statement.targets if isinstance(n, ast.Name)
                }
                for target in statement.targets:
                    if isinstance(target, ast.Tuple | ast.List):
                        parts = target.elts
                        self.sure |= {n.id for n in parts if isinstance(n, ast.Name)}
            elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self.sure.add(statement.name)
        self.visit(tree)

    def visit_Name(self, node):
        """Note a name."""
        if isinstance(node.ctx, ast.Load):
            (self.later if self.depth else self.reads).add(node.id)
        elif not self.depth:
            self.sets.add(node.id)

    def visit_FunctionDef(self, node):
        """Note a function, and what it reads later."""
        if not self.depth:
            self.sets.add(node.name)
        for part in [*node.decorator_list, node.args]:
            self.visit(part)
        self.depth += 1
        for statement in node.body:
            self.visit(statement)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        """Note a class, and what it reads now or later."""
        if not self.depth:
            self.sets.add(node.name)
        self.depth += 1  # what it sets is no name of the cell
        self.generic_visit(node)
        self.depth -= 1
        bases = [*node.bases, *node.decorator_list]
        self.reads |= {n.id for b in bases for n in ast.walk(b) if _is_name(n)}

    def visit_Lambda(self, node):
        """Note what it reads later."""
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    def visit_Import(self, node):
        """Note what it imports."""
        names = {(a.asname or a.name).split(".")[0] for a in node.names}
        self.sets |= names
        self.sure |= names

    visit_ImportFrom = visit_Import

    def visit_AugAssign(self, node):
        """Note what it changes."""
        self.changes |= {n.id for n in ast.walk(node.target) if _is_name(n)}
        self.sure -= self.changes
        self.generic_visit(node)

    def visit_Subscript(self, node):
        """Note what it changes, if it does."""
        if not isinstance(node.ctx, ast.Load):
            self.changes |= {n.id for n in ast.walk(node.value) if _is_name(n)}
        self.generic_visit(node)

    visit_Attribute = visit_Subscript

    def visit_Call(self, node):
        """Note what a call may change."""
        if isinstance(node.func, ast.Attribute):
            start = node.func.value
            while isinstance(start, ast.Attribute | ast.Subscript):
                start = start.value
            if _is_name(start):
                self.changes.add(start.id)
        called = ast.unparse(node.func).rpartition(".")[2].lower()
        if any(word in called for word in ("train", "fit", "step", "update")):
            parts = [*node.args, *(k.value for k in node.keywords)]
            self.changes |= {n.id for p in parts for n in ast.walk(p) if _is_name(n)}
        self.generic_visit(node)


def _is_name(node):
    return isinstance(node, ast.Name)


def needs(sources, target):
    """Return which cells above another it needs, as far as their text tells.

    Parameters
    ----------
    sources : list of str
        The cells of a page, from the top.
    target : int
        The place of one of them.

    Returns
    -------
    list of int
        Places, in order; the first cell, with the imports, is always needed, and so is
        what cannot be read.
    """
    cells = []
    for source in sources[: target + 1]:
        try:
            cells.append(Names(source))
        except SyntaxError:
            cells.append(None)
    imported = {
        name
        for source, names in zip(sources, cells, strict=False)
        if names
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for name in ((a.asname or a.name).split(".")[0] for a in statement.names)
    }
    last = cells[target]
    if last is None:
        return list(range(target))
    at_last = last.reads | last.later
    while True:
        wanted, found, later = set(at_last), [], set()
        for i in reversed(range(target)):
            names = cells[i]
            changed = set() if names is None else names.changes - imported
            if i == 0 or names is None or wanted & (names.sets | changed):
                found.append(i)
                if names:
                    wanted = (wanted - names.sure) | names.reads
                    wanted |= names.changes & names.reads
                    later |= names.later
        if later <= at_last:
            return found[::-1]
        at_last |= later
