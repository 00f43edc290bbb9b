"""A rucksack holds c grams (1 to 10000). Of n things (1 to 100) the i-th weighs w_i grams (1 to 10000) and is worth v_i (1 to 10^9); each
is there once.

Input: n and c; n lines with w_i and v_i. Output: the greatest worth that fits in.
"""


def case(g):
    n = g.size(1, 100)
    c = g.num(1, 10000)
    return [f"{n} {c}"] + [f"{g.num(1, 10000)} {g.num(1, 10**9)}" for _ in range(n)]


def valid(text):
    try:
        n, c, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 100 and 1 <= c <= 10000 and len(rest) == 2 * n):
        return False
    return all(1 <= w <= 10000 for w in rest[::2]) and all(1 <= v <= 10**9 for v in rest[1::2])


def solve(text):
    n, c, *rest = map(int, text.split())
    packed = {(0, 0)}
    for w, v in zip(rest[::2], rest[1::2]):
        packed |= {(a + w, b + v) for a, b in packed if a + w <= c}
    return str(max(b for _, b in packed))


SAMPLES = [
    ("3 5\n3 10\n2 7\n4 12\n", "17\n"),
    ("2 3\n5 100\n3 1\n", "1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, c;
    cin >> n >> c;
    vector<long long> d(c + 1);
    while (n--) {
        long long w, v;
        cin >> w >> v;
        for (int i = c; i >= w; i--) d[i] = max(d[i], d[i - w] + v);
    }
    cout << d[c] << endl;
}
"""

FAULTY = {
    "again-and-again": r"""#include <bits/stdc++.h>
using namespace std;
long long d[10005];
int main() {
    int n, c, w, v;
    cin >> n >> c;
    while (n--) { cin >> w >> v; for (int i = w; i <= c; i++) d[i] = max(d[i], d[i - w] + v); }
    cout << d[c] << endl;
}
""",
    "best-ratio": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, c;
    cin >> n >> c;
    vector<pair<long long, long long>> p(n);
    for (auto& x : p) cin >> x.first >> x.second;
    sort(p.begin(), p.end(), [](auto& a, auto& b) { return a.second * b.first > b.second * a.first; });
    long long worth = 0;
    for (auto& x : p) if (x.first <= c) c -= x.first, worth += x.second;
    cout << worth << endl;
}
""",
    "overflow": r"""#include <bits/stdc++.h>
using namespace std;
int d[10005];
int main() {
    int n, c, w, v;
    cin >> n >> c;
    while (n--) { cin >> w >> v; for (int i = c; i >= w; i--) d[i] = max(d[i], d[i - w] + v); }
    cout << d[c] << endl;
}
""",
    "must-be-full": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, c, w, v;
    cin >> n >> c;
    vector<long long> d(c + 1, -1);
    d[0] = 0;
    while (n--) { cin >> w >> v; for (int i = c; i >= w; i--) if (d[i - w] >= 0) d[i] = max(d[i], d[i - w] + v); }
    cout << d[c] << endl;
}
""",
}
