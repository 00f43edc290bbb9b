"""The texts and programs that the benchmarks submit: always the same ones."""

import base64
import random
import struct
import zlib

WORDS = (
    "array matrix graph tree vertex edge path node root leaf query update range sum count value index prefix suffix string character "
    "integer number digit modulo prime factor divisor sequence subsequence permutation pair distance length weight cost minimum maximum "
    "largest smallest answer output input line contains single two three given find print whether possible exactly distinct equal each "
    "every between before after move step turn player game board cell row column grid wall robot city road bridge farmer garden field "
    "flower river island ship train station ticket price coin bank shop student teacher school book page letter message machine battery "
    "second minute hour day start finish left right upper lower inside outside first last next previous random sorted reversed increasing "
    "decreasing non-negative positive constraint guarantee test case sample explanation note memory limit time wrong program expected"
).split()
CHINESE = (
    "数组 矩阵 图论 顶点 路径 查询 区间 前缀 后缀 字符 整数 模数 质数 序列 排列 距离 长度 权值 最小 最大 答案 输出 "
    "保证 每行 包含 一个 两个 给定 求出 是否 可以 不同 相等 之间 移动 步数 玩家 棋盘 格子 城市 道路 花园 河流 小岛 "
    "车站 价格 硬币 学生 老师 学校 时间 限制 样例 解释"
).split()
# Words of searches: in ten rows of any number, in every tenth, and in none.
RARE, RARE_CHINESE, COMMON_CHINESE, NEVER_CHINESE = "quokka", "括号", "输入", "鱿鱼"
COMMON, TWO_LETTERS = "matrix", "zq"
STATEMENT_BYTES = 1000


def phrases(seed, count):
    """Sentences of about 90 bytes, one in six of them Chinese."""
    source = random.Random(seed)
    made = []
    for number in range(count):
        if number % 6 == 5:
            made.append("".join(source.choices(CHINESE, k=14)) + "。")
        else:
            made.append(" ".join(source.choices(WORDS, k=14)).capitalize() + ".")
    return made


def lines_of_code(seed, count):
    """Statements of C++ of about 45 bytes."""
    source = random.Random(seed)
    made = []
    for number in range(count):
        a, b, c = (word.replace("-", "_") for word in source.choices(WORDS, k=3))
        made.append(source.choice((
            f"    long long {a}_{number} = {b}.size() * {number % 97} + 1;",
            f"    if ({a} > {b} && {c} != {number}) {c} = {a} - {b};",
            f"    for (int i = 0; i < {number % 50}; i++) {a} += {b}[i] * {c};",
            f"    std::sort({a}.begin(), {a}.end());  // {b} {c}",
        )))
    return made


def statement(seed):
    """About 1 KB of a problem."""
    parts, size = [f"Problem {seed}: the {' '.join(random.Random(seed).choices(WORDS, k=3))}"], 0
    for phrase in phrases(seed, 40):
        if size > STATEMENT_BYTES:
            break
        parts.append(phrase)
        size += len(phrase.encode())
    return "\n".join(parts)


def program(lines, seed=0, mistakes=1):
    """A program of so many lines. The endpoint fixes its mistakes, the lines that end with `// here`."""
    top = ["#include <algorithm>", "#include <iostream>", "#include <vector>", "", "int main() {", "    int n;", "    std::cin >> n;",
           "    std::vector<long long> a(n);"]
    end = ["    std::cout << a[0] << '\\n';", "    return 0;", "}"]
    wrong = [f"    for (int k{number} = 0; k{number} <= n; k{number}++) std::cin >> a[k{number}];  // here" for number in range(mistakes)]
    filling = lines_of_code(seed, max(lines - len(top) - len(end) - len(wrong), 0))
    step = len(filling) // mistakes + 1
    middle = []
    for number in range(mistakes):
        middle += [wrong[number], *filling[number * step:(number + 1) * step]]
    return "\n".join(top + middle + end) + "\n"


def submission(seed):
    """A text of about 1 KB with a program of about 1 KB in it: all three stages ask the model."""
    return {"text": f"{statement(seed)}\n\nMy program:\n\n{program(30, seed)}", "verdict": "WA"}


def result(lines, seed=0):
    """A submission for a result page; in a long program three lines are wrong."""
    return {"text": statement(seed), "code": program(lines, seed, 1 if lines < 100 else 3), "verdict": "WA"}


def png(side):
    """A picture of random colours, of about 3 × side² bytes, as a data URL."""
    source = random.Random(side)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + source.randbytes(3 * side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()
