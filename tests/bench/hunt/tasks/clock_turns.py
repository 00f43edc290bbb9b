"""A clock has m hours (2 to 10^9), from 0 to m-1, and shows 0. It is turned n times (1 to 100000), the i-th time by a_i hours (-10^9 to
10^9, forwards if positive).

Input: n and m; the a_i. Output: the hour that it shows at the end.
"""


def case(g):
    n = g.size(1, 100000)
    return [f"{n} {g.num(2, 10**9)}", " ".join(map(str, g.nums(n, -10**9, 10**9)))]


def valid(text):
    try:
        n, m, *turns = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and 2 <= m <= 10**9 and len(turns) == n and all(abs(a) <= 10**9 for a in turns)


def solve(text):
    n, m, *turns = map(int, text.split())
    return str(sum(turns) % m)


SAMPLES = [
    ("3 12\n5 9 -4\n", "10\n"),
    ("2 24\n30 -3\n", "3\n"),
    ("3 10\n-7 9 9\n", "1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, s = 0;
    cin >> n >> m;
    while (n--) { long long a; cin >> a; s += a; }
    cout << (s % m + m) % m << endl;
}
"""

FAULTY = {
    "negative-rest": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, s = 0;
    cin >> n >> m;
    while (n--) { long long a; cin >> a; s += a; }
    cout << s % m << endl;
}
""",
    "one-round-back": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, s = 0;
    cin >> n >> m;
    while (n--) {
        long long a;
        cin >> a;
        s += a;
        if (s < 0) s += m;
        s %= m;
    }
    cout << s << endl;
}
""",
    "shows-m": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, m, s = 0;
    cin >> n >> m;
    while (n--) { long long a; cin >> a; s += a; }
    if (s >= 0) cout << s % m << endl;
    else cout << m - (-s % m) << endl;
}
""",
}
