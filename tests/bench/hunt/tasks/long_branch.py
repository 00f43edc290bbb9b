"""A tree has n knots (1 to 200000) and n-1 twigs. An ant wants the longest way between two knots that passes no twig twice.

Input: n; n-1 lines with the two knots of a twig. Output: the number of twigs on the longest way.
"""


def case(g):
    n = g.size(1, 200000)
    return [str(n)] + [f"{u} {v}" for u, v in g.tree(n)]


def valid(text):
    try:
        n, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 200000 and len(rest) == 2 * n - 2 and all(1 <= v <= n for v in rest)):
        return False
    parent = list(range(n + 1))

    def find(v):
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for u, v in zip(rest[::2], rest[1::2]):
        u, v = find(u), find(v)
        if u == v:
            return False
        parent[u] = v
    return True


def solve(text):
    n, *rest = map(int, text.split())
    far = [[0 if i == j else n for j in range(n)] for i in range(n)]
    for u, v in zip(rest[::2], rest[1::2]):
        far[u - 1][v - 1] = far[v - 1][u - 1] = 1
    for k in range(n):
        for i in range(n):
            for j in range(n):
                far[i][j] = min(far[i][j], far[i][k] + far[k][j])
    return str(max(map(max, far)))


SAMPLES = [
    ("4\n1 2\n2 3\n3 4\n", "3\n"),
    ("5\n1 2\n1 3\n3 4\n3 5\n", "3\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    vector<vector<int>> to(n + 1);
    for (int i = 1; i < n; i++) { int u, v; scanf("%d %d", &u, &v); to[u].push_back(v); to[v].push_back(u); }
    auto farthest = [&](int from) {
        vector<int> d(n + 1, -1);
        vector<int> q{from};
        d[from] = 0;
        for (size_t i = 0; i < q.size(); i++) for (int u : to[q[i]]) if (d[u] < 0) d[u] = d[q[i]] + 1, q.push_back(u);
        return pair(q.back(), d[q.back()]);
    };
    printf("%d\n", farthest(farthest(1).first).second);
}
"""

FAULTY = {
    "through-the-first": r"""#include <bits/stdc++.h>
using namespace std;
vector<int> to[200005];
int depth(int v, int from) { int d = 0; for (int u : to[v]) if (u != from) d = max(d, depth(u, v) + 1); return d; }
int main() {
    int n;
    cin >> n;
    for (int i = 1; i < n; i++) { int u, v; cin >> u >> v; to[u].push_back(v); to[v].push_back(u); }
    vector<int> d;
    for (int u : to[1]) d.push_back(depth(u, 1) + 1);
    sort(d.rbegin(), d.rend());
    d.resize(2);
    cout << d[0] + d[1] << endl;
}
""",
    "parents-are-smaller": r"""#include <bits/stdc++.h>
using namespace std;
int down[200005], u[200005], v[200005];
int main() {
    int n, best = 0;
    cin >> n;
    for (int i = 1; i < n; i++) cin >> u[i] >> v[i];
    for (int i = n - 1; i >= 1; i--) {
        int a = min(u[i], v[i]), b = max(u[i], v[i]);
        best = max(best, down[a] + down[b] + 1);
        down[a] = max(down[a], down[b] + 1);
    }
    cout << best << endl;
}
""",
    "only-leaves": """n = int(input())
to = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v = map(int, input().split())
    to[u].append(v)
    to[v].append(u)
best = -1
for leaf in range(1, n + 1):
    if len(to[leaf]) != 1:
        continue
    queue, far = [leaf], {leaf: 0}
    for x in queue:
        for y in to[x]:
            if y not in far:
                far[y] = far[x] + 1
                queue.append(y)
    best = max(best, far[queue[-1]])
print(best)
""",
}
