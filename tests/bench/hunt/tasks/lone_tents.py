"""n places (2 to 100000) on a trail are at the different metres x_i (0 to 10^9), in any order. k tents (2 to n) are put up, at most one a
place, so that the two nearest to each other are as far apart as can be.

Input: n and k; the x_i. Output: the distance of the two nearest.
"""


def case(g):
    n = g.size(2, 100000)
    k = g.size(2, n)
    return [f"{n} {k}", " ".join(map(str, g.nums(n, 0, 10**9, distinct=True)))]


def valid(text):
    try:
        n, k, *places = map(int, text.split())
    except ValueError:
        return False
    return 2 <= k <= n <= 100000 and len(places) == n == len(set(places)) and all(0 <= x <= 10**9 for x in places)


def solve(text):
    n, k, *places = map(int, text.split())
    places.sort()
    for d in sorted({b - a for a in places for b in places if a < b}, reverse=True):
        count, last = 0, -d
        for x in places:
            if x - last >= d:
                count, last = count + 1, x
        if count >= k:
            return str(d)


SAMPLES = [
    ("5 3\n1 2 4 8 9\n", "3\n"),
    ("3 2\n10 20 35\n", "25\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, k;
    scanf("%d %d", &n, &k);
    vector<int> x(n);
    for (auto& v : x) scanf("%d", &v);
    sort(x.begin(), x.end());
    int low = 1, high = 1000000000;
    while (low < high) {
        int mid = low + (high - low + 1) / 2, count = 1, last = x[0];
        for (int v : x) if (v - last >= mid) count++, last = v;
        if (count >= k) low = mid; else high = mid - 1;
    }
    printf("%d\n", low);
}
"""

SEARCH = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, k;
    cin >> n >> k;
    vector<int> x(n);
    for (auto& v : x) cin >> v;
    SORT
    int low = 0, high = HIGH;
    while (high - low > 1) {
        int mid = (low + high) / 2, count = 1, last = x[0];
        for (int v : x) if (v - last MORE mid) count++, last = v;
        if (count >= k) low = mid; else high = mid;
    }
    cout << low << endl;
}
"""

FAULTY = {
    "unsorted": SEARCH.replace("SORT", "").replace("HIGH", "1000000001").replace("MORE", ">="),
    "high-is-excluded": SEARCH.replace("SORT", "sort(x.begin(), x.end());").replace("HIGH", "1000000000").replace("MORE", ">="),
    "nearest-to-equal-parts": """n, k = map(int, input().split())
x = sorted(map(int, input().split()))
step = (x[-1] - x[0]) / (k - 1)
tents = [min(x, key=lambda v: abs(v - x[0] - i * step)) for i in range(k)]
print(min(b - a for a, b in zip(tents, tents[1:])))
""",
}
