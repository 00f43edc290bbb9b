"""In each of t test cases (1 to 10) there are n villages (1 to 100000) and m roads between different villages, no two between the same
pair (0 to 100000).

Input: t; for each test case n and m, and m lines with the two villages of a road. Output: for each test case the number of groups of
connected villages.
"""


def one(g):
    n = g.size(1, 100000)
    m = g.size(0, min(100000, n * (n - 1) // 2))
    return [f"{n} {m}"] + [f"{u} {v}" for u, v in g.graph(n, m)]


def case(g):
    return g.cases(one, most=10)


def valid(text):
    try:
        t, *rest = map(int, text.split())
    except ValueError:
        return False
    if not 1 <= t <= 10:
        return False
    for _ in range(t):
        if len(rest) < 2 or not (1 <= rest[0] <= 100000 and 0 <= rest[1] <= 100000) or len(rest) < 2 + 2 * rest[1]:
            return False
        n, m = rest[:2]
        roads = {frozenset(road) for road in zip(rest[2:2 + 2 * m:2], rest[3:2 + 2 * m:2])}
        if len(roads) != m or any(len(road) != 2 or min(road) < 1 or max(road) > n for road in roads):
            return False
        rest = rest[2 + 2 * m:]
    return not rest


def solve(text):
    t, *rest = map(int, text.split())
    answers = []
    for _ in range(t):
        n, m = rest[:2]
        group = list(range(n + 1))
        for u, v in zip(rest[2:2 + 2 * m:2], rest[3:2 + 2 * m:2]):
            old, new = group[u], group[v]
            group = [new if k == old else k for k in group]
        answers.append(len(set(group[1:])))
        rest = rest[2 + 2 * m:]
    return "\n".join(map(str, answers))


SAMPLES = [
    ("1\n5 3\n1 2\n2 3\n4 5\n", "2\n"),
    ("2\n3 1\n1 3\n4 0\n", "2\n4\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int p[100005];
int find(int x) { return p[x] == x ? x : p[x] = find(p[x]); }
int main() {
    int t;
    scanf("%d", &t);
    while (t--) {
        int n, m;
        scanf("%d %d", &n, &m);
        for (int i = 1; i <= n; i++) p[i] = i;
        int groups = n;
        while (m--) {
            int u, v;
            scanf("%d %d", &u, &v);
            u = find(u), v = find(v);
            if (u != v) p[u] = v, groups--;
        }
        printf("%d\n", groups);
    }
}
"""

FAULTY = {
    "joins-the-villages": r"""#include <bits/stdc++.h>
using namespace std;
int p[100005];
int find(int x) { return p[x] == x ? x : p[x] = find(p[x]); }
int main() {
    int t, n, m, u, v;
    cin >> t;
    while (t--) {
        cin >> n >> m;
        for (int i = 1; i <= n; i++) p[i] = i;
        while (m--) { cin >> u >> v; if (find(u) != find(v)) p[v] = find(u); }
        int groups = 0;
        for (int i = 1; i <= n; i++) groups += find(i) == i;
        cout << groups << "\n";
    }
}
""",
    "old-roads": r"""#include <bits/stdc++.h>
using namespace std;
vector<int> to[100005];
bool seen[100005];
void walk(int v) { seen[v] = true; for (int u : to[v]) if (!seen[u]) walk(u); }
int main() {
    int t, n, m, u, v;
    cin >> t;
    while (t--) {
        cin >> n >> m;
        fill(seen, seen + n + 1, false);
        for (int i = 0; i < m; i++) { cin >> u >> v; to[u].push_back(v); to[v].push_back(u); }
        int groups = 0;
        for (int i = 1; i <= n; i++) if (!seen[i]) groups++, walk(i);
        cout << groups << "\n";
        for (int i = 1; i < n; i++) to[i].clear();
    }
}
""",
    "villages-minus-roads": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int t, n, m, u, v;
    cin >> t;
    while (t--) {
        cin >> n >> m;
        for (int i = 0; i < m; i++) cin >> u >> v;
        cout << max(1, n - m) << "\n";
    }
}
""",
}
