"""From tokens to a tree, with Excel's precedence.

From tightest to loosest: sign (``-2^2`` is 4), percent, ``^`` (from the left: ``2^3^2`` is 64), ``* /``, ``+ -``,
``&``, comparison (from the left).
"""

from __future__ import annotations

from runtime.formulas.problems import FormulaRejected, Span
from runtime.formulas.syntax import (
    BinaryNode,
    BooleanNode,
    CallNode,
    FieldNode,
    JoinNode,
    Node,
    NumberNode,
    TextNode,
    UnaryNode,
)
from runtime.formulas.tokens import Kind, Token, tokenize
from runtime.formulas.types import MAX_ARGUMENTS, MAX_DEPTH
from runtime.i18n import N_

_BOOLEANS = {"TRUE": True, "FALSE": False, "真": True, "假": False}
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})


def parse(source: str) -> Node:
    """Parse a formula. Raises :class:`FormulaRejected` with the place and what was expected there."""
    reader = _Reader(tokenize(source))
    if reader.peek().kind is Kind.END:
        raise FormulaRejected(N_("公式是空的,写一个算式,例如 {{数量}}*{{单价}}"), reader.peek().span)
    tree = reader.comparison()
    reader.expect_end()
    return tree


class _Reader:
    """Recursive descent; one method per level of precedence."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._heights: dict[int, int] = {}

    def peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _operator(self, wanted: frozenset[str]) -> Token | None:
        token = self.peek()
        if token.kind is Kind.OPERATOR and token.text in wanted:
            return self._take()
        return None

    def expect_end(self) -> None:
        token = self.peek()
        if token.kind is Kind.END:
            return
        if token.kind is Kind.CLOSE:
            raise _unexpected(token, N_("第 {position} 个字符:多了一个右括号"))
        if token.kind is Kind.COMMA:
            raise _unexpected(token, N_("第 {position} 个字符:逗号只能用在函数的括号里"))
        raise _unexpected(token, N_("第 {position} 个字符“{found}”前面缺少运算符,例如 + - * / &"))

    # -- levels, loosest first ------------------------------------------------------------------------------

    def comparison(self) -> Node:
        left = self._join()
        while operator := self._operator(_COMPARISONS):
            left = self._binary(operator.text, left, self._join())
        return left

    def _join(self) -> Node:
        parts = [self._sum()]
        while operator := self._operator(frozenset("&")):
            parts.append(self._sum())
            if len(parts) > MAX_ARGUMENTS:
                raise _unexpected(
                    operator,
                    N_("用 & 连接的内容太多了,最多 {limit} 段"),
                    code="formula_limit",
                    limit=MAX_ARGUMENTS,
                )
        if len(parts) == 1:
            return parts[0]
        node = JoinNode(parts[0].span.to(parts[-1].span), tuple(parts))
        return self._measure(node, *parts)

    def _sum(self) -> Node:
        left = self._product()
        while operator := self._operator(frozenset("+-")):
            left = self._binary(operator.text, left, self._product())
        return left

    def _product(self) -> Node:
        left = self._power()
        while operator := self._operator(frozenset("*/")):
            left = self._binary(operator.text, left, self._power())
        return left

    def _power(self) -> Node:
        left = self._percent()
        while self._operator(frozenset("^")):
            left = self._binary("^", left, self._percent())
        return left

    def _percent(self) -> Node:
        operand = self._sign()
        while operator := self._operator(frozenset("%")):
            operand = self._measure(UnaryNode(operand.span.to(operator.span), "%", operand), operand)
        return operand

    def _sign(self) -> Node:
        if operator := self._operator(frozenset("+-")):
            self._enter(operator)
            operand = self._sign()
            self._depth -= 1
            return self._measure(UnaryNode(operator.span.to(operand.span), operator.text, operand), operand)
        return self._primary()

    def _primary(self) -> Node:
        token = self._take()
        match token.kind:
            case Kind.NUMBER:
                assert token.number is not None  # noqa: S101 - the tokenizer set it
                return NumberNode(token.span, token.number)
            case Kind.TEXT:
                return TextNode(token.span, token.text)
            case Kind.FIELD:
                return FieldNode(token.span, token.text)
            case Kind.NAME:
                return self._name(token)
            case Kind.OPEN:
                self._enter(token)
                inner = self.comparison()
                self._close(token)
                self._depth -= 1
                return inner
            case Kind.END:
                raise _unexpected(token, N_("公式到这里还没写完,后面要有一个值:数字、文字、{{字段}} 或函数"))
            case _:
                raise _unexpected(
                    token, N_("第 {position} 个字符处要有一个值(数字、文字、{{字段}} 或函数),这里是“{found}”")
                )

    # -- names and calls ------------------------------------------------------------------------------------

    def _name(self, name: Token) -> Node:
        constant = _BOOLEANS.get(name.text.upper())
        if self.peek().kind is not Kind.OPEN:
            if constant is not None:
                return BooleanNode(name.span, constant)
            raise _unexpected(
                name,
                N_(
                    "第 {position} 个字符:不认识“{found}”。字段名要放在花括号里,例如 {{订单状态}};文字要用双引号;函数后面要有括号"
                ),
            )
        opening = self._take()
        self._enter(opening)
        arguments = self._arguments(name, opening)
        self._depth -= 1
        span = Span(name.span.start, self._tokens[self._at - 1].span.end)
        if constant is not None and not arguments:  # TRUE() is TRUE
            return BooleanNode(span, constant)
        node = CallNode(span, name.text, name.span, tuple(arguments))
        return self._measure(node, *(a for a in arguments if a is not None))

    def _arguments(self, name: Token, opening: Token) -> list[Node | None]:
        if self.peek().kind is Kind.CLOSE:
            self._take()
            return []
        arguments: list[Node | None] = []
        while True:
            left_out = self.peek().kind in (Kind.COMMA, Kind.CLOSE)
            arguments.append(None if left_out else self.comparison())
            if len(arguments) > MAX_ARGUMENTS:
                raise _unexpected(
                    name,
                    N_("{found} 的参数太多了,最多 {limit} 个"),
                    code="formula_limit",
                    limit=MAX_ARGUMENTS,
                )
            if self.peek().kind is Kind.COMMA:
                self._take()
                continue
            self._close(opening)
            return arguments

    def _close(self, opening: Token) -> None:
        token = self.peek()
        if token.kind is Kind.CLOSE:
            self._take()
        elif token.kind is Kind.END:
            raise FormulaRejected(
                N_("第 {position} 个字符处的左括号没有配对,在末尾补一个右括号"),
                opening.span,
            )
        else:
            raise _unexpected(token, N_("第 {position} 个字符“{found}”前面缺少逗号、运算符或右括号"))

    # -- limits ---------------------------------------------------------------------------------------------

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(token.span)

    def _binary(self, operator: str, left: Node, right: Node) -> Node:
        return self._measure(BinaryNode(left.span.to(right.span), operator, left, right), left, right)

    def _measure(self, node: Node, *below: Node) -> Node:
        """Keep the height of the tree bounded, so that walking it cannot exhaust the stack."""
        height = 1 + max((self._heights.get(id(n), 0) for n in below), default=0)
        if height > MAX_DEPTH:
            raise _too_deep(node.span)
        self._heights[id(node)] = height
        return node


def _unexpected(token: Token, msgid: str, code: str | None = None, **params: object) -> FormulaRejected:
    found = token.text if len(token.text) <= 20 else token.text[:20] + "…"
    return FormulaRejected(msgid, token.span, code=code, found=found, **params)


def _too_deep(span: Span) -> FormulaRejected:
    return FormulaRejected(
        N_("公式嵌套太深了(最多 {limit} 层),可以拆成两个公式字段,或用 SUM、IFS、SWITCH 代替层层嵌套"),
        span,
        code="formula_limit",
        limit=MAX_DEPTH,
    )
