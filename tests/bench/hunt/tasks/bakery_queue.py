"""A bakery has k counters (1 to 100). n customers (1 to 100000) come at the minutes a_i (0 to 10^9, ascending or equal) and need b_i
minutes (1 to 10^9). Each is served as soon as a counter is free, at the one with the smallest number if several are.

Input: n and k; n lines with a_i and b_i. Output: for each customer the number of the counter (from 1) and the minute when he is done.
"""


def case(g):
    n = g.size(1, 100000)
    k = g.size(1, 100)
    times = sorted(g.nums(n, 0, 10**9))
    return [f"{n} {k}"] + [f"{a} {g.num(1, 10**9)}" for a in times]


def valid(text):
    try:
        n, k, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= n <= 100000 and 1 <= k <= 100 and len(rest) == 2 * n):
        return False
    times = rest[::2]
    return times == sorted(times) and 0 <= times[0] and times[-1] <= 10**9 and all(1 <= b <= 10**9 for b in rest[1::2])


def solve(text):
    n, k, *rest = map(int, text.split())
    done, answers = [0] * k, []
    for a, b in zip(rest[::2], rest[1::2]):
        start = min(max(a, d) for d in done)
        counter = next(i for i in range(k) if done[i] <= start)
        done[counter] = start + b
        answers.append(f"{counter + 1} {done[counter]}")
    return "\n".join(answers)


SAMPLES = [
    ("3 2\n0 5\n1 3\n4 1\n", "1 5\n2 4\n2 5\n"),
    ("2 1\n0 4\n1 2\n", "1 4\n1 6\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, k;
    scanf("%d %d", &n, &k);
    vector<long long> done(k);
    while (n--) {
        long long a, b, start = LLONG_MAX;
        scanf("%lld %lld", &a, &b);
        for (auto d : done) start = min(start, max(a, d));
        for (int i = 0; i < k; i++) if (done[i] <= start) { done[i] = start + b; printf("%d %lld\n", i + 1, done[i]); break; }
    }
}
"""

FAULTY = {
    "longest-free": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, k, a, b;
    cin >> n >> k;
    priority_queue<pair<long long, int>, vector<pair<long long, int>>, greater<>> q;
    for (int i = 1; i <= k; i++) q.push({0, i});
    while (n--) {
        cin >> a >> b;
        auto [d, i] = q.top();
        q.pop();
        q.push({max(a, d) + b, i});
        cout << i << " " << max(a, d) + b << "\n";
    }
}
""",
    "no-waiting-for-customers": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, k, a, b;
    cin >> n >> k;
    vector<long long> done(k);
    while (n--) {
        cin >> a >> b;
        int best = 0;
        for (int i = 1; i < k; i++) if (max(a, done[i]) < max(a, done[best])) best = i;
        if (done[best] == 0) done[best] = a;
        done[best] += b;
        cout << best + 1 << " " << done[best] << "\n";
    }
}
""",
    "overflow": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, k, a, b;
    cin >> n >> k;
    vector<int> done(k);
    while (n--) {
        cin >> a >> b;
        int best = 0;
        for (int i = 1; i < k; i++) if (max(a, done[i]) < max(a, done[best])) best = i;
        done[best] = max(a, done[best]) + b;
        cout << best + 1 << " " << done[best] << "\n";
    }
}
""",
}
