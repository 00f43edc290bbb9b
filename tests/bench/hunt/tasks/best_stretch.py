"""A hiker's diary has n days (1 to 200000) with a balance a_i each (-10^9 to 10^9). He keeps a stretch of at least one day, and wants
the greatest sum of balances.

Input: n; the a_i. Output: the greatest sum.
"""


def case(g):
    n = g.size(1, 200000)
    return [str(n), " ".join(map(str, g.nums(n, -10**9, 10**9)))]


def valid(text):
    try:
        n, *days = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 200000 and len(days) == n and all(abs(a) <= 10**9 for a in days)


def solve(text):
    n, *days = map(int, text.split())
    return str(max(sum(days[i:j]) for i in range(n) for j in range(i + 1, n + 1)))


SAMPLES = [
    ("6\n-2 3 -1 4 -6 2\n", "6\n"),
    ("3\n1 2 3\n", "6\n"),
    ("4\n5 -9 4 3\n", "7\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    long long best = LLONG_MIN, here = 0;
    for (int i = 0; i < n; i++) { long long a; scanf("%lld", &a); here = max(here, 0LL) + a; best = max(best, here); }
    printf("%lld\n", best);
}
"""

FAULTY = {
    "starts-at-zero": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    long long best = 0, here = 0;
    while (n--) { long long a; cin >> a; here = max(0LL, here + a); best = max(best, here); }
    cout << best << endl;
}
""",
    "overflow": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, a, best, here;
    cin >> n >> a;
    best = here = a;
    while (--n) { cin >> a; here = here > 0 ? here + a : a; best = max(best, here); }
    cout << best << endl;
}
""",
    "lowest-is-minus-thousand": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<long long> a(n);
    for (auto& x : a) cin >> x;
    long long best = -1000, sum = 0, low = 0;
    for (auto x : a) { sum += x; best = max(best, sum - low); low = min(low, sum); }
    cout << best << endl;
}
""",
}
