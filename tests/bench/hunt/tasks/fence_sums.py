"""A fence has n planks (1 to 200000); plank i changes the mood of the neighbour by a_i (-10^9 to 10^9). Each of q walks (1 to 200000)
passes the planks from l to r (1 <= l <= r <= n).

Input: n and q; the a_i; q lines with l and r. Output: for each walk the sum of its planks, on a line of its own.
"""


def case(g):
    n = g.size(1, 200000)
    q = g.size(1, 200000)
    walks = []
    for _ in range(q):
        l = g.num(1, n)
        walks.append((l, g.num(l, n)))
    planks = g.nums(n, -10**9, 10**9)
    return [f"{n} {q}", " ".join(map(str, planks))] + [f"{l} {r}" for l, r in walks]


def valid(text):
    try:
        n, q, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 200000 and 1 <= q <= 200000 and len(rest) == n + 2 * q):
        return False
    walks = rest[n:]
    return all(abs(a) <= 10**9 for a in rest[:n]) and all(1 <= l <= r <= n for l, r in zip(walks[::2], walks[1::2]))


def solve(text):
    n, q, *rest = map(int, text.split())
    planks, walks = rest[:n], rest[n:]
    return "\n".join(str(sum(planks[l - 1:r])) for l, r in zip(walks[::2], walks[1::2]))


SAMPLES = [
    ("5 2\n3 -1 4 1 5\n2 4\n3 5\n", "4\n10\n"),
    ("4 2\n7 7 -2 0\n2 3\n3 4\n", "5\n-2\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, q;
    scanf("%d %d", &n, &q);
    vector<long long> p(n + 1);
    for (int i = 1; i <= n; i++) { long long a; scanf("%lld", &a); p[i] = p[i - 1] + a; }
    while (q--) { int l, r; scanf("%d %d", &l, &r); printf("%lld\n", p[r] - p[l - 1]); }
}
"""

FAULTY = {
    "overflow": r"""#include <bits/stdc++.h>
using namespace std;
int p[200005];
int main() {
    int n, q;
    cin >> n >> q;
    for (int i = 1; i <= n; i++) { int a; cin >> a; p[i] = p[i - 1] + a; }
    while (q--) { int l, r; cin >> l >> r; cout << p[r] - p[l - 1] << "\n"; }
}
""",
    "first-plank": r"""#include <bits/stdc++.h>
using namespace std;
long long p[200005];
int main() {
    int n, q;
    cin >> n >> q;
    for (int i = 0; i < n; i++) { cin >> p[i]; if (i) p[i] += p[i - 1]; }
    while (q--) {
        int l, r;
        cin >> l >> r;
        l--, r--;
        if (l == 0) l = 1;
        cout << p[r] - p[l - 1] << "\n";
    }
}
""",
    "remembers-by-the-end": """n, q = map(int, input().split())
a = list(map(int, input().split()))
known = {}
for _ in range(q):
    l, r = map(int, input().split())
    if r not in known:
        known[r] = sum(a[l - 1:r])
    print(known[r])
""",
}
