"""The numbers 1 to n (1 <= n <= 100000) are to stand in a row so that two neighbours never differ by 1.

Input: n. Output: such a row, any of them, or NO if there is none.
"""


def case(g):
    return [str(g.size(1, 100000))]


def valid(text):
    try:
        n, = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000


def solve(text):
    n = int(text)
    if n in (2, 3):
        return "NO"
    return " ".join(map(str, list(range(2, n + 1, 2)) + list(range(1, n + 1, 2))))


def check(input, output, answer):
    if answer.strip() == "NO" or output.strip() == "NO":
        return answer.strip() == output.strip()
    try:
        row = list(map(int, output.split()))
    except ValueError:
        return False
    return sorted(row) == list(range(1, int(input) + 1)) and all(abs(a - b) != 1 for a, b in zip(row, row[1:]))


SAMPLES = [
    ("6\n", "2 4 6 1 3 5\n"),
    ("2\n", "NO\n"),
    ("5\n", "2 4 1 3 5\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    if (n == 2 || n == 3) { cout << "NO" << endl; return 0; }
    for (int i = 2; i <= n; i += 2) cout << i << " ";
    for (int i = 1; i <= n; i += 2) cout << i << " ";
    cout << endl;
}
"""

FAULTY = {
    "one-alone": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    if (n < 4) { cout << "NO" << endl; return 0; }
    for (int i = 2; i <= n; i += 2) cout << i << " ";
    for (int i = 1; i <= n; i += 2) cout << i << " ";
    cout << endl;
}
""",
    "three-in-a-row": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    if (n == 2) { cout << "NO" << endl; return 0; }
    for (int i = 2; i <= n; i += 2) cout << i << " ";
    for (int i = 1; i <= n; i += 2) cout << i << " ";
    cout << endl;
}
""",
    "halves-in-turn": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    if (n == 2 || n == 3) { cout << "NO" << endl; return 0; }
    int half = (n + 1) / 2;
    for (int i = 1; i <= half; i++) {
        cout << i << " ";
        if (i + half <= n) cout << i + half << " ";
    }
    cout << endl;
}
""",
}
