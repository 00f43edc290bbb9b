"""A cave is a grid of h rows and w columns (1 to 300 each) of floor (.) and rock (#). From the upper left cell one walks to the lower
right one over floor, each step to a cell beside, above or below.

Input: h and w; h rows. Output: the least number of steps, or -1 if there is no way; there is none if one of the two cells is rock.
"""


def case(g):
    h = g.size(1, 300)
    w = g.size(1, 300)
    return [f"{h} {w}"] + [g.text(w, "..#") for _ in range(h)]


def valid(text):
    try:
        h, w, *rows = text.split()
        h, w = int(h), int(w)
    except ValueError:
        return False
    return 1 <= h <= 300 and 1 <= w <= 300 and len(rows) == h and all(len(row) == w and set(row) <= set(".#") for row in rows)


def solve(text):
    h, w, *rows = text.split()
    h, w = int(h), int(w)
    reached, steps, seen = {(0, 0)}, 0, set()
    reached = {p for p in reached if rows[0][0] == "."}
    while reached:
        if (h - 1, w - 1) in reached:
            return str(steps)
        seen |= reached
        beside = {(y + b, x + a) for y, x in reached for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        reached = {(y, x) for y, x in beside - seen if 0 <= y < h and 0 <= x < w and rows[y][x] == "."}
        steps += 1
    return "-1"


SAMPLES = [
    ("3 4\n....\n.##.\n....\n", "5\n"),
    ("2 3\n.#.\n##.\n", "-1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int h, w;
    cin >> h >> w;
    vector<string> g(h);
    for (auto& r : g) cin >> r;
    vector<vector<int>> d(h, vector<int>(w, -1));
    queue<pair<int, int>> q;
    if (g[0][0] == '.') { d[0][0] = 0; q.push({0, 0}); }
    while (!q.empty()) {
        auto [y, x] = q.front();
        q.pop();
        for (auto [b, a] : {pair{0, 1}, {1, 0}, {0, -1}, {-1, 0}}) {
            int v = y + b, u = x + a;
            if (v < 0 || u < 0 || v >= h || u >= w || g[v][u] == '#' || d[v][u] >= 0) continue;
            d[v][u] = d[y][x] + 1;
            q.push({v, u});
        }
    }
    cout << d[h - 1][w - 1] << endl;
}
"""

FAULTY = {
    "never-back": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int h, w;
    cin >> h >> w;
    vector<string> g(h);
    for (auto& r : g) cin >> r;
    vector<vector<int>> d(h, vector<int>(w, 1e9));
    if (g[0][0] == '.') d[0][0] = 0;
    for (int y = 0; y < h; y++) for (int x = 0; x < w; x++) if (g[y][x] == '.') {
        if (y) d[y][x] = min(d[y][x], d[y - 1][x] + 1);
        if (x) d[y][x] = min(d[y][x], d[y][x - 1] + 1);
    }
    cout << (d[h - 1][w - 1] >= 1e9 ? -1 : d[h - 1][w - 1]) << endl;
}
""",
    "rock-at-the-start": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int h, w;
    cin >> h >> w;
    vector<string> g(h);
    for (auto& r : g) cin >> r;
    map<pair<int, int>, int> d;
    queue<pair<int, int>> q;
    d[{0, 0}] = 0;
    q.push({0, 0});
    while (!q.empty()) {
        auto p = q.front();
        q.pop();
        for (int k = 0; k < 4; k++) {
            int y = p.first + "0121"[k] - '1', x = p.second + "1210"[k] - '1';
            if (y < 0 || x < 0 || y >= h || x >= w || g[y][x] == '#' || d.count({y, x})) continue;
            d[{y, x}] = d[p] + 1;
            q.push({y, x});
        }
    }
    cout << (d.count({h - 1, w - 1}) ? d[{h - 1, w - 1}] : -1) << endl;
}
""",
    "depth-first": """import sys
sys.setrecursionlimit(200000)
h, w = map(int, input().split())
g = [input() for _ in range(h)]
d = {}
def walk(y, x, steps):
    if not (0 <= y < h and 0 <= x < w) or g[y][x] == "#" or (y, x) in d:
        return
    d[y, x] = steps
    for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        walk(y + b, x + a, steps + 1)
walk(0, 0, 0)
print(d.get((h - 1, w - 1), -1))
""",
}
