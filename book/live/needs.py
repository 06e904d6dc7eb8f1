"""Tell from the text of a page's cells which of them another one needs."""

import ast
import re
import symtable

COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
TRAINS = re.compile(r"train|fit|step|update")


class Cell:
    """What a cell does with the names of the page.

    Attributes
    ----------
    reads, later : set of str
        What it reads, and what its functions read when they are called.
    sets, sure : set of str
        What it gives a new value, and of these what in any case.
    imports : set of str
        Of what it sets, the modules and what comes from them.
    changes : set of str
        What it may change: what stands before a dot or brackets that are called or set,
        and what is handed to something that trains.
    """

    def __init__(self, source):
        self.reads, self.later, self.sets = set(), set(), set()
        self.sure, self.imports, self.changes = set(), set(), set()
        for statement in ast.parse(source).body:
            top = symtable.symtable(ast.unparse(statement), "cell", "exec")
            symbols = {symbol.get_name(): symbol for symbol in top.get_symbols()}
            self.imports |= {name for name, s in symbols.items() if s.is_imported()}
            self.sets |= {
                name
                for name, s in symbols.items()
                if s.is_assigned() or s.is_imported() or s.is_namespace()
            }
            reads = {name for name, s in symbols.items() if s.is_referenced()}
            for scope in top.get_children():
                reads |= self._look_into(scope, scope.get_type() == "class")
            self.reads |= reads - self.sure
            self.sure |= surely_set(statement)
            if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self.changes |= set().union(*map(changed, ast.walk(statement)))

    def _look_into(self, scope, runs):
        """Return what a class or a comprehension reads of the page's names.

        Note what a function reads.
        """
        runs = runs or scope.get_name() in COMPREHENSIONS
        names = {s.get_name() for s in scope.get_symbols() if s.is_global()}
        if not runs:
            self.later |= names
            names = set()
        for inner in scope.get_children():
            names |= self._look_into(inner, runs and inner.get_type() == "class")
        return names


def names_in(node):
    """Return the names in a piece of code."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def surely_set(statement):
    """Return the names that a statement gives a new value."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(a.asname or a.name).split(".")[0] for a in statement.names}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    parts = [part for one in targets for part in getattr(one, "elts", [one])]
    return {part.id for part in parts if isinstance(part, ast.Name)}


def changed(node):
    """Return the names whose values a piece of code may change."""
    if isinstance(node, ast.AugAssign):
        return names_in(node.target)
    if isinstance(node, ast.Subscript | ast.Attribute):
        return set() if isinstance(node.ctx, ast.Load) else names_in(node.value)
    if not isinstance(node, ast.Call):
        return set()
    start, called = node.func, ast.unparse(node.func).rpartition(".")[2]
    while isinstance(start, ast.Attribute | ast.Subscript):
        start = start.value
    found = names_in(start) if start is not node.func else set()
    if TRAINS.search(called):
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        found |= set().union(*map(names_in, parts))
    return found


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
        Places, in order. The first cell, with the imports, is always among them, and so
        is what cannot be read.
    """
    cells = []
    for source in sources[: target + 1]:
        try:
            cells.append(Cell(source))
        except SyntaxError:
            cells.append(None)
    *above, last = cells
    if last is None:
        return list(range(target))
    imported = set().union(*(cell.imports for cell in above if cell))
    at_last = last.reads | last.later
    while True:
        wanted, found, later = set(at_last), [], set()
        for i, cell in reversed(list(enumerate(above))):
            if cell is None:
                found.append(i)
                continue
            touched = cell.sets | (cell.changes - imported)
            if i == 0 or wanted & touched:
                found.append(i)
                wanted = (wanted - cell.sure) | cell.reads
                later |= cell.later
        if later <= at_last:  # else functions read what was set after they were made
            return found[::-1]
        at_last |= later
