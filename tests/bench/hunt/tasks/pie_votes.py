"""In each of t test cases (1 to 10), n guests (1 to 100000) vote for a pie each, a number a_i (-10^9 to 10^9). The pie with the most votes
wins; of several, the one with the smallest number.

Input: t; for each test case n, and the a_i. Output: for each test case the pie that wins and its votes.
"""


def one(g):
    n = g.size(1, 100000)
    if g.flag():
        pies = g.nums(g.size(1, 3), -10**9, 10**9)
        return [str(n), " ".join(str(g.pick(pies)) for _ in range(n))]
    return [str(n), " ".join(map(str, g.nums(n, -10**9, 10**9)))]


def case(g):
    return g.cases(one, most=10)


def valid(text):
    try:
        t, *rest = map(int, text.split())
    except ValueError:
        return False
    if not 1 <= t <= 10:
        return False
    for _ in range(t):
        if not rest or not 1 <= rest[0] <= 100000 or len(rest) <= rest[0]:
            return False
        if any(abs(a) > 10**9 for a in rest[1:rest[0] + 1]):
            return False
        rest = rest[rest[0] + 1:]
    return not rest


def solve(text):
    t, *rest = map(int, text.split())
    answers = []
    for _ in range(t):
        votes, rest = rest[1:rest[0] + 1], rest[rest[0] + 1:]
        count, pie = max((votes.count(a), -a) for a in votes)
        answers.append(f"{-pie} {count}")
    return "\n".join(answers)


SAMPLES = [
    ("1\n5\n3 1 3 2 3\n", "3 3\n"),
    ("2\n2\n4 4\n3\n7 7 7\n", "4 2\n7 3\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int t;
    scanf("%d", &t);
    while (t--) {
        int n;
        scanf("%d", &n);
        map<int, int> votes;
        while (n--) { int a; scanf("%d", &a); votes[a]++; }
        pair<int, int> best{0, 0};
        for (auto& v : votes) if (v.second > best.second) best = {v.first, v.second};
        printf("%d %d\n", best.first, best.second);
    }
}
"""

FAULTY = {
    "votes-stay": r"""#include <bits/stdc++.h>
using namespace std;
map<int, int> votes;
int main() {
    int t, n, a;
    cin >> t;
    while (t--) {
        cin >> n;
        while (n--) { cin >> a; votes[a]++; }
        int best = 0, most = 0;
        for (auto& v : votes) if (v.second > most) best = v.first, most = v.second;
        cout << best << " " << most << "\n";
    }
}
""",
    "most-stays": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int t, n, a, best = 0, most = 0;
    cin >> t;
    while (t--) {
        cin >> n;
        map<int, int> votes;
        while (n--) { cin >> a; votes[a]++; }
        for (auto& v : votes) if (v.second > most) best = v.first, most = v.second;
        cout << best << " " << most << "\n";
    }
}
""",
    "greatest-of-several": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int t, n, a;
    cin >> t;
    while (t--) {
        cin >> n;
        map<int, int> votes;
        while (n--) { cin >> a; votes[a]++; }
        int best = 0, most = 0;
        for (auto& v : votes) if (v.second >= most) best = v.first, most = v.second;
        cout << best << " " << most << "\n";
    }
}
""",
    "first-of-several": """from collections import Counter
for _ in range(int(input())):
    input()
    pie, votes = Counter(map(int, input().split())).most_common(1)[0]
    print(pie, votes)
""",
    "small-numbers": r"""#include <bits/stdc++.h>
using namespace std;
int votes[1000005];
int main() {
    int t, n, a;
    cin >> t;
    while (t--) {
        cin >> n;
        vector<int> pies(n);
        int best = 0, most = 0;
        for (auto& p : pies) { cin >> p; votes[p]++; }
        for (int p : pies) if (votes[p] > most || (votes[p] == most && p < best)) best = p, most = votes[p];
        for (int p : pies) votes[p] = 0;
        cout << best << " " << most << "\n";
    }
}
""",
}
