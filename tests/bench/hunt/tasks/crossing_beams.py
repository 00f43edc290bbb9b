"""In each of t test cases (1 to 10) two beams lie in the plane. Each runs from one point to another, with whole coordinates from -10^9
to 10^9; the two ends differ.

Input: t; for each test case two lines with x1, y1, x2 and y2 of a beam. Output: for each test case YES if the beams have a point in
common, ends included, else NO.
"""


def one(g):
    lines = []
    for _ in range(2):
        x, y = g.num(-10**9, 10**9), g.num(-10**9, 10**9)
        u, v = g.num(-10**9, 10**9), g.num(-10**9, 10**9)
        if (u, v) == (x, y):
            u = u + 1 if u < 10**9 else u - 1
        lines.append(f"{x} {y} {u} {v}")
    return lines


def case(g):
    return g.cases(one, most=10)


def valid(text):
    try:
        t, *rest = map(int, text.split())
    except ValueError:
        return False
    if not (1 <= t <= 10 and len(rest) == 8 * t and all(abs(x) <= 10**9 for x in rest)):
        return False
    return all(rest[i:i + 2] != rest[i + 2:i + 4] for i in range(0, 8 * t, 4))


def solve(text):
    from fractions import Fraction
    t, *rest = map(int, text.split())
    answers = []
    for k in range(0, 8 * t, 8):
        a, b, c, d, e, f, g, h = rest[k:k + 8]
        # The point a + s (c - a) of the first beam is e + r (g - e) of the second.
        p, q, u, v = c - a, d - b, g - e, h - f
        det = p * -v + u * q
        if det:
            s, r = Fraction((e - a) * -v + u * (f - b), det), Fraction(p * (f - b) - q * (e - a), det)
            meet = 0 <= s <= 1 and 0 <= r <= 1
        else:
            same = p * (f - b) == q * (e - a)
            lows, highs = max(min(a, c), min(e, g)), min(max(a, c), max(e, g))
            meet = same and lows <= highs and max(min(b, d), min(f, h)) <= min(max(b, d), max(f, h))
        answers.append("YES" if meet else "NO")
    return "\n".join(answers)


SAMPLES = [
    ("2\n0 0 4 4\n0 4 4 0\n0 0 1 1\n3 0 5 2\n", "YES\nNO\n"),
    ("1\n1 1 2 5\n3 1 4 9\n", "NO\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
typedef long long ll;
int turn(ll a, ll b, ll c, ll d, ll e, ll f) {
    __int128 z = (__int128)(c - a) * (f - b) - (__int128)(d - b) * (e - a);
    return z > 0 ? 1 : z < 0 ? -1 : 0;
}
int main() {
    int t;
    cin >> t;
    while (t--) {
        ll a, b, c, d, e, f, g, h;
        cin >> a >> b >> c >> d >> e >> f >> g >> h;
        bool box = max(min(a, c), min(e, g)) <= min(max(a, c), max(e, g)) && max(min(b, d), min(f, h)) <= min(max(b, d), max(f, h));
        bool meet = box && turn(a, b, c, d, e, f) * turn(a, b, c, d, g, h) <= 0 && turn(e, f, g, h, a, b) * turn(e, f, g, h, c, d) <= 0;
        cout << (meet ? "YES" : "NO") << "\n";
    }
}
"""

TURN = r"""#include <bits/stdc++.h>
using namespace std;
typedef NUMBER ll;
int turn(ll a, ll b, ll c, ll d, ll e, ll f) { ll z = (c - a) * (f - b) - (d - b) * (e - a); return (z > 0) - (z < 0); }
int main() {
    int t;
    cin >> t;
    while (t--) {
        ll a, b, c, d, e, f, g, h;
        cin >> a >> b >> c >> d >> e >> f >> g >> h;
        bool box = max(min(a, c), min(e, g)) <= min(max(a, c), max(e, g)) && max(min(b, d), min(f, h)) <= min(max(b, d), max(f, h));
        bool meet = BOX turn(a, b, c, d, e, f) * turn(a, b, c, d, g, h) LESS 0 && turn(e, f, g, h, a, b) * turn(e, f, g, h, c, d) LESS 0;
        cout << (meet ? "YES" : "NO") << "\n";
    }
}
"""

FAULTY = {
    "ends-do-not-touch": TURN.replace("NUMBER", "long long").replace("LESS", "<").replace("BOX", "box &&"),
    "on-one-line": TURN.replace("NUMBER", "long long").replace("LESS", "<=").replace("BOX", ""),
    "overflow": TURN.replace("NUMBER", "int").replace("LESS", "<=").replace("BOX", "box &&"),
}
