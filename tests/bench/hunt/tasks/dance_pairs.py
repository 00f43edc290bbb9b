"""n dancers (1 to 100000) have the heights a_i (0 to 10^9). Two different dancers match if their heights sum up to s (0 to 2 * 10^9).

Input: n and s; the a_i. Output: the number of pairs that match; a pair in the other order is the same.
"""


def case(g):
    n = g.size(1, 100000)
    heights = g.nums(n, 0, 10**9)
    if n > 1 and g.flag():
        s = g.pick(heights) + g.pick(heights)
    else:
        s = g.num(0, 2 * 10**9)
    return [f"{n} {s}", " ".join(map(str, heights))]


def valid(text):
    try:
        n, s, *heights = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and 0 <= s <= 2 * 10**9 and len(heights) == n and all(0 <= a <= 10**9 for a in heights)


def solve(text):
    n, s, *heights = map(int, text.split())
    return str(sum(heights[i] + heights[j] == s for i in range(n) for j in range(i)))


SAMPLES = [
    ("4 10\n3 7 1 9\n", "2\n"),
    ("5 4\n1 3 8 3 0\n", "2\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, s, pairs = 0;
    cin >> n >> s;
    map<long long, long long> seen;
    while (n--) { long long a; cin >> a; auto it = seen.find(s - a); if (it != seen.end()) pairs += it->second; seen[a]++; }
    cout << pairs << endl;
}
"""

FAULTY = {
    "with-oneself": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, s, pairs = 0;
    cin >> n >> s;
    map<long long, long long> count;
    vector<long long> a(n);
    for (auto& x : a) { cin >> x; count[x]++; }
    for (auto x : a) pairs += count[s - x];
    cout << pairs / 2 << endl;
}
""",
    "different-heights": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, s, pairs = 0;
    cin >> n >> s;
    map<long long, long long> count;
    while (n--) { long long a; cin >> a; count[a]++; }
    for (auto& c : count) if (c.first < s - c.first && count.count(s - c.first)) pairs += c.second * count[s - c.first];
    cout << pairs << endl;
}
""",
    "two-fingers": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, s, pairs = 0;
    cin >> n >> s;
    vector<long long> a(n);
    for (auto& x : a) cin >> x;
    sort(a.begin(), a.end());
    int l = 0, r = n - 1;
    while (l < r) {
        if (a[l] + a[r] == s) { pairs++; if (a[l + 1] == a[l]) l++; else r--; }
        else if (a[l] + a[r] < s) l++;
        else r--;
    }
    cout << pairs << endl;
}
""",
}
