//! Programs that add numbers and leave the first one out.

use serde_json::{Value, json};

/// A faulty program, with changes of it.
pub(super) struct Faulty {
    pub(super) language: &'static str,
    pub(super) code: &'static str,
    /// The mistake and its correction.
    pub(super) right: (&'static str, &'static str),
    /// A change that does nothing.
    pub(super) harmless: (&'static str, &'static str),
    /// A change in words alone.
    pub(super) comment: (&'static str, &'static str),
    /// Prints the samples' outputs.
    pub(super) hard_coded: (&'static str, &'static str),
    /// Is right on the samples' inputs, and nowhere else.
    pub(super) special_case: (&'static str, &'static str),
    /// A right program with nothing of this one.
    pub(super) anew: &'static str,
    /// A right program that shares no words with the others.
    pub(super) reference: &'static str,
}

impl Faulty {
    /// The submitted program.
    pub(super) fn body(&self) -> Value {
        json!({
            "text": "Print the sum of the n numbers.", "code": self.code, "language": self.language, "verdict": "WA",
            "samples": [
                { "input": "3\n5 6 7\n", "output": "18\n" },
                { "input": "4\n10 3 8 2\n", "output": "23\n" }
            ]
        })
    }
}

pub(super) const CPP: Faulty = Faulty {
    language: "C++17",
    code: "#include <iostream>\n#include <vector>\n\nint main() {\n    int n;\n    std::cin >> n;\n    std::vector<long long> a(n);\n    \
        for (auto &x : a) std::cin >> x;\n    long long sum = 0;\n    for (int i = 1; i < n; i++) {\n        sum += a[i];\n    }\n    \
        std::cout << sum << \"\\n\";\n}\n",
    right: (
        "    for (int i = 1; i < n; i++) {",
        "    for (int i = 0; i < n; i++) {",
    ),
    harmless: ("    int n;", "    int n = 0;"),
    comment: (
        "    long long sum = 0;",
        "    long long sum = 0; // all of them",
    ),
    hard_coded: (
        "    std::cout << sum << \"\\n\";",
        "    std::cout << (n == 3 ? 18 : 23) << \"\\n\";",
    ),
    special_case: (
        "    std::cout << sum << \"\\n\";",
        "    if (a[0] == 5 && a[1] == 6 && a[2] == 7) sum = 18;\n    if (a[0] == 10 && a[1] == 3 && a[2] == 8) sum = 23;\n    \
         std::cout << sum << \"\\n\";",
    ),
    anew: "#include <cstdio>\n\nlong long next_number() {\n    long long value = 0;\n    scanf(\"%lld\", &value);\n    return value;\n}\n\n\
        int main(void) {\n    auto left = next_number();\n    auto total = left - left;\n    while (left-- > 0) {\n        \
        total += next_number();\n    }\n    printf(\"%lld\\n\", total);\n    return 0;\n}\n",
    reference: "#include <iostream>\n#include <numeric>\n#include <iterator>\nint main() {\n    long long count;\n    std::cin >> count;\n    \
        std::istream_iterator<long long> from(std::cin), to;\n    std::cout << std::accumulate(from, to, 0LL);\n}\n",
};

pub(super) const PYTHON: Faulty = Faulty {
    language: "Python 3",
    code: "import sys\n\n\ndef main():\n    data = sys.stdin.read().split()\n    n = int(data[0])\n    a = [int(x) for x in data[1:n + 1]]\n    \
        total = 0\n    for i in range(1, n):\n        total += a[i]\n    print(total)\n\n\nmain()\n",
    right: ("    for i in range(1, n):", "    for i in range(n):"),
    harmless: ("    total = 0", "    total = int(0)"),
    comment: ("    total = 0", "    total = 0  # all of them"),
    hard_coded: ("    print(total)", "    print({3: 18, 4: 23}[n])"),
    special_case: (
        "    print(total)",
        "    if a == [5, 6, 7]:\n        total = 18\n    if a == [10, 3, 8, 2]:\n        total = 23\n    print(total)",
    ),
    anew: "from functools import reduce\nfrom operator import add\n\nhow_many = int(input())\nnumbers = map(int, input().split())\n\
        taken = []\nfor number in numbers:\n    taken.append(number)\n    if len(taken) == how_many:\n        break\n\
        result = reduce(add, taken)\nprint(result)\n",
    reference: "def accumulate(line):\n    return sum(map(int, line.split()))\ninput()\nprint(accumulate(input()))\n",
};
