"""n days (1 to 100000) have the temperatures a_i (-10^9 to 10^9). Some days are kept, in their order, so that each is warmer than the kept
one before.

Input: n; the a_i. Output: the greatest number of days that can be kept.
"""


def case(g):
    n = g.size(1, 100000)
    return [str(n), " ".join(map(str, g.nums(n, -10**9, 10**9)))]


def valid(text):
    try:
        n, *days = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and len(days) == n and all(abs(a) <= 10**9 for a in days)


def solve(text):
    n, *days = map(int, text.split())
    kept = []
    for i in range(n):
        kept.append(1 + max((kept[j] for j in range(i) if days[j] < days[i]), default=0))
    return str(max(kept))


SAMPLES = [
    ("5\n3 1 4 2 6\n", "3\n"),
    ("4\n4 3 2 5\n", "2\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    vector<int> ends;
    while (n--) {
        int a;
        scanf("%d", &a);
        auto it = lower_bound(ends.begin(), ends.end(), a);
        if (it == ends.end()) ends.push_back(a); else *it = a;
    }
    printf("%zu\n", ends.size());
}
"""

FAULTY = {
    "not-colder": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, a;
    cin >> n;
    vector<int> ends;
    while (n--) {
        cin >> a;
        auto it = upper_bound(ends.begin(), ends.end(), a);
        if (it == ends.end()) ends.push_back(a); else *it = a;
    }
    cout << ends.size() << endl;
}
""",
    "ends-with-the-last": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<int> a(n), d(n, 1);
    for (int i = 0; i < n; i++) {
        cin >> a[i];
        for (int j = 0; j < i; j++) if (a[j] < a[i]) d[i] = max(d[i], d[j] + 1);
    }
    cout << d[n - 1] << endl;
}
""",
    "first-warmer": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<int> a(n);
    for (auto& x : a) cin >> x;
    int best = 1;
    for (int i = 0; i < n; i++) {
        int last = a[i], count = 1;
        for (int j = i + 1; j < n; j++) if (a[j] > last) last = a[j], count++;
        best = max(best, count);
    }
    cout << best << endl;
}
""",
    "starts-above-zero": """import bisect
n = int(input())
ends = [0]
for a in map(int, input().split()):
    place = bisect.bisect_left(ends, a)
    ends[place:place + 1] = [a]
print(len(ends) - 1)
""",
}
