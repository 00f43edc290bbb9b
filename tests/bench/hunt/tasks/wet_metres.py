"""n showers (1 to 100000) wet a road, the i-th from the metre l_i to the metre r_i (-10^9 <= l_i < r_i <= 10^9).

Input: n; n lines with l_i and r_i. Output: how many metres are wet.
"""


def case(g):
    n = g.size(1, 100000)
    lines = [str(n)]
    for _ in range(n):
        l = g.num(-10**9, 10**9 - 1)
        lines.append(f"{l} {g.num(l + 1, 10**9)}")
    return lines


def valid(text):
    try:
        n, *rest = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and len(rest) == 2 * n and all(-10**9 <= l < r <= 10**9 for l, r in zip(rest[::2], rest[1::2]))


def solve(text):
    n, *rest = map(int, text.split())
    showers = list(zip(rest[::2], rest[1::2]))
    marks = sorted(set(rest))
    return str(sum(b - a for a, b in zip(marks, marks[1:]) if any(l <= a and b <= r for l, r in showers)))


SAMPLES = [
    ("3\n1 4\n3 6\n8 9\n", "6\n"),
    ("2\n5 7\n0 2\n", "4\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    vector<pair<long long, long long>> v(n);
    for (auto& x : v) scanf("%lld %lld", &x.first, &x.second);
    sort(v.begin(), v.end());
    long long wet = 0, end = -1e18;
    for (auto& x : v) { wet += max(0LL, x.second - max(x.first, end)); end = max(end, x.second); }
    printf("%lld\n", wet);
}
"""

FAULTY = {
    "shower-in-a-shower": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<pair<long long, long long>> v(n);
    for (auto& x : v) cin >> x.first >> x.second;
    sort(v.begin(), v.end());
    long long wet = 0, l = v[0].first, r = v[0].second;
    for (auto& x : v) {
        if (x.first <= r) r = x.second;
        else { wet += r - l; l = x.first, r = x.second; }
    }
    cout << wet + r - l << endl;
}
""",
    "starts-at-zero": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<pair<long long, long long>> v(n);
    for (auto& x : v) cin >> x.first >> x.second;
    sort(v.begin(), v.end());
    long long wet = 0, end = 0;
    for (auto& x : v) { wet += max(0LL, x.second - max(x.first, end)); end = max(end, x.second); }
    cout << wet << endl;
}
""",
    "float": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<pair<float, float>> v(n);
    for (auto& x : v) cin >> x.first >> x.second;
    sort(v.begin(), v.end());
    float wet = 0, end = -1e9;
    for (auto& x : v) { wet += max(0.0f, x.second - max(x.first, end)); end = max(end, x.second); }
    cout << (long long)wet << endl;
}
""",
    "sorted-by-ends": """n = int(input())
showers = sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda s: s[1])
wet, end = 0, -10**10
for l, r in showers:
    wet += r - max(l, end)
    end = r
print(wet)
""",
}
