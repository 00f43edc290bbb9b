"""n runners (1 to 100000) have a_i points each (-10^9 to 10^9). Those with the most points win.

Input: n; the a_i. Output: the most points below the winners', or NONE if all have won.
"""


def case(g):
    n = g.size(1, 100000)
    return [str(n), " ".join(map(str, g.nums(n, -10**9, 10**9)))]


def valid(text):
    try:
        n, *points = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and len(points) == n and all(abs(a) <= 10**9 for a in points)


def solve(text):
    n, *points = map(int, text.split())
    below = [a for a in points if a < max(points)]
    return str(max(below)) if below else "NONE"


SAMPLES = [
    ("5\n3 9 7 9 1\n", "7\n"),
    ("3\n8 2 4\n", "4\n"),
    ("1\n5\n", "NONE\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    set<int> s;
    while (n--) { int a; cin >> a; s.insert(a); }
    if (s.size() < 2) cout << "NONE" << endl;
    else cout << *next(s.rbegin()) << endl;
}
"""

FAULTY = {
    "all-equal": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<int> a(n);
    for (auto& x : a) cin >> x;
    if (n == 1) { cout << "NONE" << endl; return 0; }
    sort(a.rbegin(), a.rend());
    int i = 0;
    while (i < n - 1 && a[i] == a[0]) i++;
    cout << a[i] << endl;
}
""",
    "none-below-zero": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, first = -1, second = -1;
    cin >> n;
    while (n--) {
        int a;
        cin >> a;
        if (a > first) second = first, first = a;
        else if (a < first) second = max(second, a);
    }
    if (second == -1) cout << "NONE" << endl;
    else cout << second << endl;
}
""",
    "old-winner-forgotten": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, a, first = LLONG_MIN, second = LLONG_MIN;
    cin >> n;
    while (n--) {
        cin >> a;
        if (a > first) first = a;
        else if (a < first) second = max(second, a);
    }
    if (second == LLONG_MIN) cout << "NONE" << endl;
    else cout << second << endl;
}
""",
}
