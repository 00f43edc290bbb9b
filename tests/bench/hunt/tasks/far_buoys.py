"""n buoys (2 to 1000) float at whole coordinates x_i and y_i (-10^9 to 10^9).

Input: n; n lines with x_i and y_i. Output: the square of the greatest distance between two buoys.
"""


def case(g):
    n = g.size(2, 1000)
    lines = [str(n)]
    for _ in range(n):
        lines.append(f"{g.num(-10**9, 10**9)} {g.num(-10**9, 10**9)}")
    return lines


def valid(text):
    try:
        n, *rest = map(int, text.split())
    except ValueError:
        return False
    return 2 <= n <= 1000 and len(rest) == 2 * n and all(abs(x) <= 10**9 for x in rest)


def solve(text):
    n, *rest = map(int, text.split())
    buoys = list(zip(rest[::2], rest[1::2]))
    return str(max((a - c)**2 + (b - d)**2 for a, b in buoys for c, d in buoys))


SAMPLES = [
    ("3\n0 0\n3 4\n1 1\n", "25\n"),
    ("4\n-1 2\n5 2\n2 6\n2 0\n", "36\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    vector<long long> x(n), y(n);
    for (int i = 0; i < n; i++) scanf("%lld %lld", &x[i], &y[i]);
    long long best = 0;
    for (int i = 0; i < n; i++) for (int j = 0; j < i; j++)
        best = max(best, (x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j]));
    printf("%lld\n", best);
}
"""

FAULTY = {
    "overflow": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<int> x(n), y(n);
    long long best = 0;
    for (int i = 0; i < n; i++) {
        cin >> x[i] >> y[i];
        for (int j = 0; j < i; j++)
            best = max(best, 1LL * ((x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j])));
    }
    cout << best << endl;
}
""",
    "floats": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<double> x(n), y(n);
    double best = 0;
    for (int i = 0; i < n; i++) {
        cin >> x[i] >> y[i];
        for (int j = 0; j < i; j++) best = max(best, hypot(x[i] - x[j], y[i] - y[j]));
    }
    cout << (long long)(best * best + 0.5) << endl;
}
""",
    "outermost-only": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<pair<long long, long long>> p(n);
    for (auto& q : p) cin >> q.first >> q.second;
    sort(p.begin(), p.end());
    long long a = p[0].first - p[n - 1].first, b = p[0].second - p[n - 1].second;
    cout << a * a + b * b << endl;
}
""",
    "from-the-first": """n = int(input())
buoys = [tuple(map(int, input().split())) for _ in range(n)]
x, y = buoys[0]
print(max((a - x) ** 2 + (b - y) ** 2 for a, b in buoys))
""",
}
