"""n guests (1 to 100000) are on a ferry: guest i boards at the minute a_i and leaves at the minute b_i (0 <= a_i < b_i <= 10^9). Those who
leave at a minute are gone before others board.

Input: n; n lines with a_i and b_i. Output: the greatest number of guests on board at once.
"""


def case(g):
    n = g.size(1, 100000)
    lines = [str(n)]
    for _ in range(n):
        a = g.num(0, 10**9 - 1)
        lines.append(f"{a} {g.num(a + 1, 10**9)}")
    return lines


def valid(text):
    try:
        n, *rest = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and len(rest) == 2 * n and all(0 <= a < b <= 10**9 for a, b in zip(rest[::2], rest[1::2]))


def solve(text):
    n, *rest = map(int, text.split())
    guests = list(zip(rest[::2], rest[1::2]))
    return str(max(sum(a <= minute < b for a, b in guests) for minute in rest))


SAMPLES = [
    ("3\n1 5\n2 6\n7 9\n", "2\n"),
    ("4\n0 4\n1 4\n2 3\n5 6\n", "3\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    scanf("%d", &n);
    vector<pair<int, int>> events;
    while (n--) { int a, b; scanf("%d %d", &a, &b); events.push_back({a, 1}); events.push_back({b, -1}); }
    sort(events.begin(), events.end());
    int now = 0, most = 0;
    for (auto& e : events) { now += e.second; most = max(most, now); }
    printf("%d\n", most);
}
"""

FAULTY = {
    "boards-first": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    cin >> n;
    vector<pair<int, int>> events;
    while (n--) { int a, b; cin >> a >> b; events.push_back({a, 0}); events.push_back({b, 1}); }
    sort(events.begin(), events.end());
    int now = 0, most = 0;
    for (auto& e : events) { now += e.second ? -1 : 1; most = max(most, now); }
    cout << most << endl;
}
""",
    "small-clock": r"""#include <bits/stdc++.h>
using namespace std;
int change[1000005];
int main() {
    int n;
    cin >> n;
    while (n--) { int a, b; cin >> a >> b; change[a]++; change[b]--; }
    int now = 0, most = 0;
    for (int i = 0; i < 1000005; i++) { now += change[i]; most = max(most, now); }
    cout << most << endl;
}
""",
    "meets-at-any-time": """n = int(input())
guests = [tuple(map(int, input().split())) for _ in range(n)]
print(max(sum(a < d and c < b for c, d in guests) for a, b in guests))
""",
}
