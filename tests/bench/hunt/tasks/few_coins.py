"""A machine has n kinds of coins (1 to 50) with different values c_i (1 to 10000) and as many of each as needed. It pays s (0 to 10000)
with as few coins as it can.

Input: n and s; the c_i. Output: the number of coins, or -1 if it cannot pay s.
"""


def case(g):
    n = g.size(1, 50)
    coins = g.nums(n, 1, 10000, distinct=True)
    return [f"{n} {g.num(0, 10000)}", " ".join(map(str, coins))]


def valid(text):
    try:
        n, s, *coins = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 50 and 0 <= s <= 10000 and len(coins) == n == len(set(coins)) and all(1 <= c <= 10000 for c in coins)


def solve(text):
    n, s, *coins = map(int, text.split())
    reached, count = {0}, 0
    seen = {0}
    while reached:
        if s in reached:
            return str(count)
        reached = {a + c for a in reached for c in coins if a + c <= s} - seen
        seen |= reached
        count += 1
    return "-1"


SAMPLES = [
    ("3 8\n1 2 5\n", "3\n"),
    ("2 7\n2 4\n", "-1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, s;
    cin >> n >> s;
    vector<int> c(n), d(s + 1, 1e9);
    for (auto& x : c) cin >> x;
    d[0] = 0;
    for (int v = 1; v <= s; v++) for (int x : c) if (x <= v) d[v] = min(d[v], d[v - x] + 1);
    cout << (d[s] < 1e9 ? d[s] : -1) << endl;
}
"""

FAULTY = {
    "greedy": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, s, count = 0;
    cin >> n >> s;
    vector<int> c(n);
    for (auto& x : c) cin >> x;
    sort(c.rbegin(), c.rend());
    for (int x : c) { count += s / x; s %= x; }
    cout << (s ? -1 : count) << endl;
}
""",
    "each-coin-once": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, s;
    cin >> n >> s;
    vector<int> d(s + 1, 1e9);
    d[0] = 0;
    for (int i = 0; i < n; i++) {
        int x;
        cin >> x;
        for (int v = s; v >= x; v--) d[v] = min(d[v], d[v - x] + 1);
    }
    cout << (d[s] < 1e9 ? d[s] : -1) << endl;
}
""",
    "zero-is-impossible": """n, s = map(int, input().split())
coins = list(map(int, input().split()))
best = [0] * (s + 1)
for v in range(1, s + 1):
    best[v] = min((best[v - c] + 1 for c in coins if c <= v and best[v - c] >= 0), default=-1)
print(best[s] if best[s] else -1)
""",
}
