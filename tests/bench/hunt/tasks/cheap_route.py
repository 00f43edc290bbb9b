"""n towns (1 to 100000) have m one-way roads (0 to 200000); the i-th leads from u_i to v_i (1 to n, both may be the same) and costs c_i (0 to
10^9).

Input: n and m; m lines with u_i, v_i and c_i. Output: the least cost from town 1 to town n, or -1 if there is no way.
"""


def case(g):
    n = g.size(1, 100000)
    m = g.size(0, 200000)
    return [f"{n} {m}"] + [f"{g.num(1, n)} {g.num(1, n)} {g.num(0, 10**9)}" for _ in range(m)]


def valid(text):
    try:
        n, m, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 100000 and 0 <= m <= 200000 and len(rest) == 3 * m):
        return False
    return all(1 <= v <= n for v in rest[::3] + rest[1::3]) and all(0 <= c <= 10**9 for c in rest[2::3])


def solve(text):
    n, m, *rest = map(int, text.split())
    cost = {1: 0}
    for _ in range(n):
        for u, v, c in zip(rest[::3], rest[1::3], rest[2::3]):
            if u in cost and cost[u] + c < cost.get(v, cost[u] + c + 1):
                cost[v] = cost[u] + c
    return str(cost.get(n, -1))


SAMPLES = [
    ("4 4\n1 2 3\n2 4 4\n1 3 5\n3 4 9\n", "7\n"),
    ("3 1\n1 2 5\n", "-1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    vector<vector<pair<int, int>>> to(n + 1);
    while (m--) { int u, v, c; scanf("%d %d %d", &u, &v, &c); to[u].push_back({v, c}); }
    vector<long long> d(n + 1, LLONG_MAX);
    priority_queue<pair<long long, int>> q;
    d[1] = 0;
    q.push({0, 1});
    while (!q.empty()) {
        auto [far, v] = q.top();
        q.pop();
        if (-far != d[v]) continue;
        for (auto [u, c] : to[v]) if (d[v] + c < d[u]) { d[u] = d[v] + c; q.push({-d[u], u}); }
    }
    printf("%lld\n", d[n] == LLONG_MAX ? -1 : d[n]);
}
"""

FAULTY = {
    "both-ways": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, u, v, c;
    cin >> n >> m;
    vector<vector<pair<int, long long>>> to(n + 1);
    while (m--) { cin >> u >> v >> c; to[u].push_back({v, c}); to[v].push_back({u, c}); }
    vector<long long> d(n + 1, 1e18);
    set<pair<long long, int>> q{{0, 1}};
    d[1] = 0;
    while (!q.empty()) {
        int x = q.begin()->second;
        q.erase(q.begin());
        for (auto& e : to[x]) if (d[x] + e.second < d[e.first]) { d[e.first] = d[x] + e.second; q.insert({d[e.first], e.first}); }
    }
    cout << (d[n] >= 1e18 ? -1 : d[n]) << endl;
}
""",
    "infinity-too-small": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, u, v, c, far = 1e9;
    cin >> n >> m;
    vector<vector<pair<int, long long>>> to(n + 1);
    while (m--) { cin >> u >> v >> c; to[u].push_back({v, c}); }
    vector<long long> d(n + 1, far);
    set<pair<long long, int>> q{{0, 1}};
    d[1] = 0;
    while (!q.empty()) {
        int x = q.begin()->second;
        q.erase(q.begin());
        for (auto& e : to[x]) if (d[x] + e.second < d[e.first]) { d[e.first] = d[x] + e.second; q.insert({d[e.first], e.first}); }
    }
    cout << (d[n] == far ? -1 : d[n]) << endl;
}
""",
    "seen-when-pushed": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, u, v, c;
    cin >> n >> m;
    vector<vector<pair<int, long long>>> to(n + 1);
    while (m--) { cin >> u >> v >> c; to[u].push_back({v, c}); }
    vector<long long> d(n + 1, -1);
    set<pair<long long, int>> q{{0, 1}};
    d[1] = 0;
    while (!q.empty()) {
        int x = q.begin()->second;
        q.erase(q.begin());
        for (auto& e : to[x]) if (d[e.first] < 0) { d[e.first] = d[x] + e.second; q.insert({d[e.first], e.first}); }
    }
    cout << d[n] << endl;
}
""",
    "last-parallel-road": """import heapq
n, m = map(int, input().split())
to = [{} for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    to[u][v] = c
done, queue = set(), [(0, 1)]
answer = -1
while queue:
    far, x = heapq.heappop(queue)
    if x == n:
        answer = far
        break
    if x in done:
        continue
    done.add(x)
    for y, c in to[x].items():
        heapq.heappush(queue, (far + c, y))
print(answer)
""",
}
