"""n players (1 to 100000) form the teams 1 and 2. m quarrels (0 to 100000) are between two different players each, no two between the same
pair; players who have quarrelled must not be in the same team. A team may be empty.

Input: n and m; m lines with the two players of a quarrel. Output: the team of each player, any that is allowed, or NO if there is none.
"""


def case(g):
    n = g.size(1, 100000)
    m = g.size(0, min(100000, n * (n - 1) // 2))
    return [f"{n} {m}"] + [f"{u} {v}" for u, v in g.graph(n, m)]


def valid(text):
    try:
        n, m, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 100000 and 0 <= m <= 100000 and len(rest) == 2 * m and all(1 <= v <= n for v in rest)):
        return False
    pairs = {frozenset(pair) for pair in zip(rest[::2], rest[1::2])}
    return len(pairs) == m and all(len(pair) == 2 for pair in pairs)


def solve(text):
    n, m, *rest = map(int, text.split())
    team = [0] * (n + 1)
    changed = True
    while changed:
        changed = False
        for u, v in list(zip(rest[::2], rest[1::2])) + list(zip(rest[1::2], rest[::2])):
            if team[u] and not team[v]:
                team[v], changed = 3 - team[u], True
            if team[u] and team[u] == team[v]:
                return "NO"
        if not changed and 0 in team[1:]:
            team[team.index(0, 1)], changed = 1, True
    return " ".join(map(str, team[1:]))


def check(input, output, answer):
    if answer.strip() == "NO" or output.strip() == "NO":
        return answer.strip() == output.strip()
    n, m, *rest = map(int, input.split())
    team = output.split()
    if len(team) != n or not set(team) <= {"1", "2"}:
        return False
    return all(team[u - 1] != team[v - 1] for u, v in zip(rest[::2], rest[1::2]))


SAMPLES = [
    ("4 3\n1 2\n2 3\n2 4\n", "1 2 1 1\n"),
    ("3 3\n1 2\n2 3\n1 3\n", "NO\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    vector<vector<int>> to(n + 1);
    while (m--) { int u, v; scanf("%d %d", &u, &v); to[u].push_back(v); to[v].push_back(u); }
    vector<int> team(n + 1);
    for (int s = 1; s <= n; s++) if (!team[s]) {
        vector<int> q{s};
        team[s] = 1;
        for (size_t i = 0; i < q.size(); i++) for (int u : to[q[i]]) {
            if (team[u] == team[q[i]]) { puts("NO"); return 0; }
            if (!team[u]) team[u] = 3 - team[q[i]], q.push_back(u);
        }
    }
    for (int i = 1; i <= n; i++) printf("%d ", team[i]);
    puts("");
}
"""

FAULTY = {
    "first-group-only": r"""#include <bits/stdc++.h>
using namespace std;
vector<int> to[100005];
int team[100005];
bool good = true;
void walk(int v, int t) {
    team[v] = t;
    for (int u : to[v]) { if (!team[u]) walk(u, 3 - t); else if (team[u] == t) good = false; }
}
int main() {
    int n, m, u, v;
    cin >> n >> m;
    while (m--) { cin >> u >> v; to[u].push_back(v); to[v].push_back(u); }
    walk(1, 1);
    if (!good) { cout << "NO" << endl; return 0; }
    for (int i = 1; i <= n; i++) cout << max(1, team[i]) << " ";
    cout << endl;
}
""",
    "in-order-of-quarrels": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, m, u, v;
    cin >> n >> m;
    vector<int> team(n + 1);
    bool good = true;
    while (m--) {
        cin >> u >> v;
        if (!team[u] && !team[v]) team[u] = 1, team[v] = 2;
        else if (!team[u]) team[u] = 3 - team[v];
        else if (!team[v]) team[v] = 3 - team[u];
        else if (team[u] == team[v]) good = false;
    }
    if (!good) { cout << "NO" << endl; return 0; }
    for (int i = 1; i <= n; i++) cout << max(1, team[i]) << " ";
    cout << endl;
}
""",
    "triangles-only": """n, m = map(int, input().split())
to = [set() for _ in range(n + 1)]
for _ in range(m):
    u, v = map(int, input().split())
    to[u].add(v)
    to[v].add(u)
team = [0] * (n + 1)
for start in range(1, n + 1):
    if team[start]:
        continue
    team[start] = 1
    queue = [start]
    for x in queue:
        for y in to[x]:
            if not team[y]:
                team[y] = 3 - team[x]
                queue.append(y)
bad = any(to[x] & to[y] for x in range(1, n + 1) for y in to[x])
print("NO" if bad else " ".join(map(str, team[1:])))
""",
}
