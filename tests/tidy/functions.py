"""Where the functions of a C++ file begin and end: by braces, good enough to measure their length."""

import re

from tree import without

SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|^\s*extern\s*\"")
CONTROL = re.compile(r"^\s*(if|for|while|switch|catch|do|else|try)\b")
TABLE = re.compile(r"^\s*(static|constexpr|const|return)\b|=\s*$")


def _without_preprocessor(text):
    return re.sub(r"(?m)^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def _without_template_heads(statement):
    previous = None
    while previous != statement:
        previous = statement
        statement = re.sub(r"<[^<>]*>", "", statement)
    return statement


def _kind(statement, inside_function):
    head = _without_template_heads(statement)
    if inside_function:
        return "table" if "(" not in head and TABLE.search(head) else "block"
    if SCOPE.search(head) and not re.search(r"\)[^()]*$", head):
        return "scope"
    if "(" in head and not CONTROL.match(head) and not re.search(r"(?<![=!<>])=(?!=)[^()]*$", head.split("(")[0]):
        return "function"
    return "block"


class _Brace:
    def __init__(self, kind, line, statement):
        self.kind, self.line, self.statement, self.table_lines = kind, line, statement, 0


def _name(statement):
    found = re.search(r"([~\w:]+)\s*\(", _without_template_heads(statement))
    return found.group(1) if found else "?"


def functions(text):
    """(name, first line, lines) of each function; the lines of tables inside it do not count."""
    code = _without_preprocessor(without(text))
    stack, found = [], []
    line, statement, statement_line = 1, "", 1
    for letter in code:
        if letter == "\n":
            line += 1
        if letter == "{":
            inside = any(brace.kind == "function" for brace in stack)
            stack.append(_Brace(_kind(statement, inside), statement_line if statement.strip() else line, statement))
            statement = ""
        elif letter == "}":
            if stack:
                brace = stack.pop()
                if brace.kind == "function":
                    found.append((_name(brace.statement), brace.line, line - brace.line + 1 - brace.table_lines))
                elif stack and (brace.kind == "table" or brace.table_lines):
                    owned = line - brace.line if brace.kind == "table" else brace.table_lines
                    stack[-1].table_lines += owned
            statement = ""
        elif letter == ";" and statement.count("(") <= statement.count(")"):
            statement = ""
        else:
            if not statement.strip():
                statement_line = line
            statement += letter
    return found
